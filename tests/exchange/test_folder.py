"""Reading the common layout, and everything that can be wrong with it."""

import json

import pytest

from app.exchange.errors import ColumnsMissing, MetaInvalid, TableInvalid
from app.exchange.folder import FolderSource
from app.exchange.source import labels_of, pulled_in
from app.images.tables import Side
from app.projects.schemas import Schema
from tests.exchange.sources import COLUMNS, META, POINTS, write_folder, write_table
from tests.factories import FACE, jpeg_bytes


def read(root, **parts):
    return FolderSource(write_folder(root / "set", **parts), is_confined=True)


def codes(image):
    return [problem.code for problem in image.problems]


def test_pixel_centres_become_pixel_corners(tmp_path):
    image = read(tmp_path).image("0.jpg")

    assert image.points == (
        {"name": "eye_l", "state": "visible", "x": 10.5, "y": 12.0},
        {"name": "eye_r", "state": "hidden", "x": 20.75, "y": 11.5},
    )


def test_only_the_columns_that_meta_names_are_attributes(tmp_path):
    assert read(tmp_path).image("0.jpg").values == {"pose": "front", "yaw": "12.5"}


def test_the_schema_comes_from_meta(tmp_path):
    schema = read(tmp_path).find_schema()

    assert schema.landmarks == ("eye_l", "eye_r", "mouth")
    assert schema.edges == (("eye_l", "mouth"), ("eye_r", "mouth"))
    assert schema.mirror_pairs == (("eye_l", "eye_r"),)
    assert schema.normaliser.between == ("eye_l", "eye_r")
    assert [(each.name, each.kind, each.question) for each in schema.attributes] == [
        ("pose", "classes", "Pose?"),
        ("yaw", "scale", "Yaw?"),
    ]


@pytest.mark.parametrize(
    ("changes", "normaliser"),
    [({"nme": None}, "box"), ({"nme": {"type": "pixels"}}, "pixels"), ({"nme": {"type": "hand box"}}, "box")],
)
def test_without_two_landmarks_the_normaliser_is_the_box_or_the_pixel(tmp_path, changes, normaliser):
    assert read(tmp_path, meta=META | changes).find_schema().normaliser.kind == normaliser


def test_an_edge_from_a_landmark_to_itself_and_an_attribute_of_one_class_are_left_out(tmp_path):
    meta = META | {
        "skeleton_edges": [[0, 0], [0, 1]],
        "attribute_classes": {"same": ["only"]},
        "attribute_scales": {},
    }
    rows = [["image", "same"], ["0.jpg", "only"]]

    schema = read(tmp_path, meta=meta, attributes=rows).find_schema()

    assert schema.edges == (("eye_l", "eye_r"),)
    assert schema.attributes == ()


def test_numbers_as_classes_are_texts(tmp_path):
    meta = META | {"attribute_classes": {"fingers": [0, 1, 2]}, "attribute_scales": {}}

    source = read(tmp_path, meta=meta, attributes=[["image", "fingers"], ["0.jpg", "2"]])

    assert source.find_schema().attributes[0].classes == ("0", "1", "2")
    assert source.image("0.jpg").values == {"fingers": "2"}


def test_without_meta_the_landmarks_are_those_of_the_columns(tmp_path):
    source = read(tmp_path, meta=None)

    assert source.find_schema().landmarks == ("eye_l", "eye_r", "mouth")
    assert len(source.image("0.jpg").points) == 2


def test_without_any_table_the_images_are_still_there(tmp_path):
    root = write_folder(tmp_path / "set")
    for name in ("landmarks.csv", "attributes.csv", "splits.csv"):
        (root / name).unlink()

    image = FolderSource(root, is_confined=True).image("0.jpg")

    assert (image.points, image.values, image.side) == ((), {}, None)


@pytest.mark.parametrize(
    ("split", "side"), [("train", Side.TRAIN), ("valid", Side.VALIDATION), ("test", Side.TEST)]
)
def test_splits_become_sides(tmp_path, split, side):
    assert read(tmp_path, splits=[["image", "split"], ["0.jpg", split]]).image("0.jpg").side is side


@pytest.mark.parametrize("split", ["", "val", "TRAIN", "training"])
def test_an_unknown_split_refuses_the_image(tmp_path, split):
    image = read(tmp_path, splits=[["image", "split"], ["0.jpg", split]]).image("0.jpg")

    assert image.refusal.code == "split_unknown"


def test_an_image_that_only_a_table_names_is_refused(tmp_path):
    source = read(tmp_path, landmarks=[COLUMNS, ["gone.jpg", *POINTS]])

    assert source.names == ("0.jpg", "1.jpg", "gone.jpg")
    assert source.image("gone.jpg").refusal.code == "file_missing"


@pytest.mark.parametrize("name", ["../secret.jpg", "/etc/passwd", "a/../../x.jpg", "a\\b.jpg"])
def test_case_118_a_name_that_leads_out_of_the_folder_is_refused(tmp_path, name):
    (tmp_path / "secret.jpg").write_bytes(jpeg_bytes())

    source = read(tmp_path, landmarks=[COLUMNS, [name, *POINTS]])

    assert source.image(name).refusal.code == "file_outside_folder"


def test_case_118_a_link_that_leads_out_of_the_folder_is_refused_only_where_confined(tmp_path):
    (tmp_path / "secret.jpg").write_bytes(jpeg_bytes())
    root = write_folder(tmp_path / "set")
    (root / "images" / "link.jpg").symlink_to(tmp_path / "secret.jpg")

    confined, free = (FolderSource(root, is_confined=is_confined) for is_confined in (True, False))

    assert confined.image("link.jpg").refusal.code == "file_outside_folder"
    assert free.image("link.jpg").refusal is None


@pytest.mark.parametrize("cell", ["nan", "inf", "x", "1e999", "1,5"])
def test_a_cell_that_is_no_number_loses_the_landmarks_and_says_where(tmp_path, cell):
    image = read(tmp_path, landmarks=[COLUMNS, ["0.jpg", "10", cell, *POINTS[2:]]]).image("0.jpg")

    assert (image.points, codes(image)) == ((), ["number_invalid"])
    assert "eye_l_y" in image.problems[0].detail
    assert image.values == {"pose": "front", "yaw": "12.5"}


@pytest.mark.parametrize("cell", ["2", "yes", "-1"])
def test_an_unknown_visibility_loses_the_landmarks(tmp_path, cell):
    image = read(tmp_path, landmarks=[COLUMNS, ["0.jpg", "10", "11", cell, *POINTS[3:]]]).image("0.jpg")

    assert codes(image) == ["number_invalid"]


def test_half_a_position_loses_the_landmarks(tmp_path):
    image = read(tmp_path, landmarks=[COLUMNS, ["0.jpg", "10", "", "1", *POINTS[3:]]]).image("0.jpg")

    assert codes(image) == ["number_invalid"]


def test_two_rows_for_one_image_are_both_left_out(tmp_path):
    image = read(tmp_path, landmarks=[COLUMNS, ["0.jpg", *POINTS], ["0.jpg", *POINTS]]).image("0.jpg")

    assert (image.points, codes(image), image.refusal) == ((), ["row_repeated"], None)


@pytest.mark.parametrize(
    ("table", "rows", "missing"),
    [
        ("landmarks.csv", [["image", "eye_l_x"], ["0.jpg", "1"]], "eye_l_y, eye_r_x"),
        ("landmarks.csv", [["name", *COLUMNS[1:]]], "image"),
        ("attributes.csv", [["image", "pose"]], "yaw"),
        ("splits.csv", [["image", "side"]], "split"),
        ("splits.csv", [], "image, split"),
    ],
)
def test_missing_columns_are_named(tmp_path, table, rows, missing):
    root = write_folder(tmp_path / "set")
    write_table(root / table, rows)

    with pytest.raises(ColumnsMissing) as refused:
        FolderSource(root, is_confined=True)

    assert refused.value.context["file"] == table
    assert missing in str(refused.value)


@pytest.mark.parametrize(
    "content",
    [b"image,split\n0.jpg\n", b"image,split\n0.jpg,train,more\n", b"image,split\n\xff\xfe,train\n",
     b'image,split\n"0.jpg,train\n', b"image,split\n0\x00.jpg,train\n", b"image,split\n" + b"x" * 200_000],
)  # fmt: skip
def test_a_table_that_cannot_be_read_says_its_line(tmp_path, content):
    root = write_folder(tmp_path / "set")
    (root / "splits.csv").write_bytes(content)

    with pytest.raises(TableInvalid) as refused:
        FolderSource(root, is_confined=True)

    assert refused.value.context["file"] == "splits.csv"


@pytest.mark.parametrize(
    "meta",
    ["", "[]", "{", '"text"', "[" * 100_000, json.dumps({"landmark_names": "eye"}),
     json.dumps({"landmark_names": [1]}), json.dumps({"attribute_classes": ["a"]}),
     json.dumps({"equimark": {"titles": 3}})],
)  # fmt: skip
def test_a_meta_file_of_another_shape_is_refused(tmp_path, meta):
    with pytest.raises(MetaInvalid):
        read(tmp_path, meta=meta)


@pytest.mark.parametrize(
    "changes",
    [
        {"skeleton_edges": [[0, 9]]},
        {"skeleton_edges": [[0, -1]]},
        {"skeleton_edges": [[0]]},
        {"skeleton_edges": 5},
        {"flip_pairs": [["a", "b"]]},
        {"flip_pairs": [[0, 1], [0, 2]]},
        {"nme": {"indices": [0]}},
        {"nme": {"indices": [0, 7]}},
        {"nme": "eyes"},
        {"attribute_classes": {"pose": 3}},
        {"attribute_classes": {"pose": ["a", "a"]}},
        {"attribute_scales": {"yaw": [5, 1]}},
        {"attribute_scales": {"yaw": [1]}},
        {"attribute_classes": {"landmarks": ["a", "b"]}},
        {"landmark_names": ["eye_l", "eye_l", "mouth"]},
        {"equimark": {"landmark_schema": {"landmarks": 7}}},
    ],
)
def test_a_schema_that_makes_no_sense_is_refused(tmp_path, changes):
    meta = META | {"attribute_classes": {}, "attribute_scales": {}} | changes
    columns = ["image", *meta["attribute_classes"], *meta["attribute_scales"]]
    with pytest.raises(MetaInvalid):
        read(tmp_path, meta=meta, attributes=[columns]).find_schema()


SCHEMA = Schema.model_validate(FACE)


def test_a_point_just_outside_moves_to_the_edge_and_one_far_outside_is_left_out():
    points = [
        {"name": "eye_l", "state": "visible", "x": -1.5, "y": 20.0},
        {"name": "eye_r", "state": "hidden", "x": 50.0, "y": 102.1},
        {"name": "mouth", "state": "absent"},
    ]

    kept, problems = pulled_in(points, width_px=100, height_px=100)

    assert kept == [
        {"name": "eye_l", "state": "visible", "x": 0.0, "y": 20.0},
        {"name": "mouth", "state": "absent"},
    ]
    assert [problem.code for problem in problems] == ["landmark_outside_image"]
    assert problems[0].detail == "Outside the image, left out: eye_r; moved to the edge: eye_l."


def test_labels_become_bodies_of_the_kinds_that_are_asked(tmp_path):
    labels, problems = labels_of(read(tmp_path).image("0.jpg"), schema=SCHEMA, width_px=64, height_px=48)

    assert dict(labels) == {
        "landmarks": {"points": list(read(tmp_path / "again").image("0.jpg").points)},
        "pose": {"value": "front"},
        "yaw": {"value": 12.5},
    }
    assert problems == []


def test_a_scale_that_is_no_number_is_left_out_and_said(tmp_path):
    image = read(tmp_path, attributes=[["image", "pose", "yaw"], ["0.jpg", "side", "left"]]).image("0.jpg")

    labels, problems = labels_of(image, schema=SCHEMA, width_px=64, height_px=48)

    assert [kind for kind, _ in labels] == ["landmarks", "pose"]
    assert [problem.code for problem in problems] == ["number_invalid"]
