"""The common layout: there and back, and a clear answer to every fault."""

import csv
import json
from pathlib import Path

import pytest
from PIL import Image

from ml.data.folder import Folder, read_folder, write_folder
from ml.errors import FolderRejected
from ml.types import AttributeSpec, Normaliser, Sample

HANDS = Path(__file__).parents[3] / "shared" / "data" / "hands"


@pytest.fixture
def folder(tmp_path):
    """Three images, two landmarks, one attribute of classes and one on a scale."""
    (tmp_path / "images").mkdir()
    names = ("a.png", "b.png", "c.png")
    for name in names:
        Image.new("RGB", (8, 6)).save(tmp_path / "images" / name)
    paths = [tmp_path / "images" / name for name in names]
    content = Folder(
        name="trial",
        landmarks=("nose", "tail"),
        edges=(("nose", "tail"),),
        mirror_pairs=(),
        attributes=(
            AttributeSpec(name="mood", classes=("calm", "wild")),
            AttributeSpec(name="age", minimum=0.0, maximum=9.0),
        ),
        normaliser=Normaliser(kind="landmarks", between=("nose", "tail")),
        splits={
            "train": (
                Sample(
                    image=paths[0],
                    landmarks={"nose": (0.5, 0.5), "tail": (-2.25, 7.125)},
                    attributes={"mood": "wild", "age": 2.5},
                ),
            ),
            "valid": (Sample(image=paths[1], landmarks={"tail": (3.0, 4.0)}),),
            "test": (Sample(image=paths[2]),),
        },
    )
    write_folder(tmp_path, content)
    return tmp_path, content


def edit(path, change):
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(change(rows))


def without_column(name):
    def change(rows):
        index = rows[0].index(name)
        return [row[:index] + row[index + 1 :] for row in rows]

    return change


def with_cell(column, value):
    def change(rows):
        rows[1][rows[0].index(column)] = value
        return rows

    return change


def test_what_was_written_is_read_back(folder):
    path, content = folder

    again = read_folder(path)

    assert again.splits == content.splits
    assert (again.landmarks, again.edges, again.attributes) == (
        content.landmarks,
        content.edges,
        content.attributes,
    )
    assert again.normaliser == content.normaliser


def test_the_file_counts_from_pixel_centres_and_we_from_corners(folder):
    path, _ = folder

    with (path / "landmarks.csv").open(newline="") as file:
        row = next(csv.DictReader(file))

    assert (float(row["nose_x"]), float(row["nose_y"])) == (0.0, 0.0)
    assert read_folder(path).splits["train"][0].landmarks["nose"] == (0.5, 0.5)


def test_landmarks_outside_the_image_are_legal(folder):
    path, _ = folder

    assert read_folder(path).splits["train"][0].landmarks["tail"] == (-2.25, 7.125)


@pytest.mark.parametrize("name", ["meta.json", "landmarks.csv", "attributes.csv", "splits.csv"])
def test_a_missing_file_is_named(folder, name):
    path, _ = folder
    (path / name).unlink()

    with pytest.raises(FolderRejected, match=name) as caught:
        read_folder(path)

    assert caught.value.code == "folder_file_missing"


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("landmarks.csv", "tail_y"),
        ("attributes.csv", "mood"),
        ("splits.csv", "split"),
        ("splits.csv", "image"),
    ],
)
def test_missing_columns_are_named(folder, table, column):
    path, _ = folder
    edit(path / table, without_column(column))

    with pytest.raises(FolderRejected, match=column) as caught:
        read_folder(path)

    assert caught.value.code == "folder_columns_missing"


@pytest.mark.parametrize(
    ("table", "column", "value", "code"),
    [
        ("landmarks.csv", "nose_x", "left", "folder_number_invalid"),
        ("landmarks.csv", "nose_y", "nan", "folder_number_invalid"),
        ("landmarks.csv", "nose_y", "", "folder_number_invalid"),
        ("attributes.csv", "mood", "angry", "folder_attribute_unknown"),
        ("landmarks.csv", "nose_x", "1e30", "folder_number_invalid"),
        ("attributes.csv", "age", "inf", "folder_number_invalid"),
        ("attributes.csv", "age", "9.5", "folder_number_invalid"),
        ("splits.csv", "split", "training", "folder_split_unknown"),
        ("splits.csv", "image", "b.png", "folder_image_repeated"),
        ("splits.csv", "image", "../a.png", "folder_image_repeated"),
        ("splits.csv", "image", "..", "folder_image_repeated"),
        ("splits.csv", "image", "", "folder_image_repeated"),
        ("splits.csv", "image", "a" * 300, "folder_image_repeated"),
    ],
)
def test_a_bad_cell_is_refused_with_its_place(folder, table, column, value, code):
    path, _ = folder
    edit(path / table, with_cell(column, value))

    with pytest.raises(FolderRejected, match=table) as caught:
        read_folder(path)

    assert caught.value.code == code


@pytest.mark.parametrize(
    "change",
    [
        {"landmark_names": []},
        {"landmark_names": ["nose", "nose"]},
        {"landmark_names": None},
        {"skeleton_edges": [[0, 9]]},
        {"flip_pairs": [[0]]},
        {"attribute_classes": {"mood": []}},
        {"attribute_classes": ["mood"]},
        {"attribute_scales": {"age": [3]}},
        {"attribute_classes": {"mood": "yes"}},
        {"attribute_classes": {"mood": ["calm", "calm"]}},
        {"attribute_classes": {"age": ["young", "old"]}},
        {"nme": {"indices": [0, 7]}},
        {"nme": {"indices": [-1, 1]}},
        {"nme": {"indices": [1, 1]}},
        {"nme": [0, 1]},
    ],
)
def test_a_meta_file_that_makes_no_sense_is_refused(folder, change):
    path, _ = folder
    meta = json.loads((path / "meta.json").read_text())
    (path / "meta.json").write_text(json.dumps({**meta, **change}))

    with pytest.raises(FolderRejected) as caught:
        read_folder(path)

    assert caught.value.code == "folder_meta_invalid"


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_meta_file_that_is_no_json_object_is_refused(folder, content):
    path, _ = folder
    (path / "meta.json").write_text(content)

    with pytest.raises(FolderRejected) as caught:
        read_folder(path)

    assert caught.value.code == "folder_meta_invalid"


def first_row(change):
    return lambda rows: [rows[0], change(rows[1]), *rows[2:]]


@pytest.mark.parametrize("table", ["landmarks.csv", "attributes.csv", "splits.csv"])
@pytest.mark.parametrize("change", [first_row(lambda row: row[:-1]), first_row(lambda row: [*row, "1"])])
def test_a_line_with_too_few_or_too_many_columns_is_refused_with_its_place(folder, table, change):
    path, _ = folder
    edit(path / table, change)

    with pytest.raises(FolderRejected, match=f"{table} line 2") as caught:
        read_folder(path)

    assert caught.value.code == "folder_columns_wrong"


def test_a_column_that_is_there_twice_is_refused(folder):
    path, _ = folder
    edit(path / "attributes.csv", lambda rows: [[*row, row[1]] for row in rows])

    with pytest.raises(FolderRejected, match=r"attributes.csv has the column mood more than once") as caught:
        read_folder(path)

    assert caught.value.code == "folder_columns_wrong"


@pytest.mark.parametrize("table", ["landmarks.csv", "attributes.csv", "splits.csv"])
def test_a_table_that_is_no_text_is_refused_by_its_name(folder, table):
    path, _ = folder
    (path / table).write_bytes((path / table).read_bytes() + "h\u00e4nd.png,1".encode("latin-1"))

    with pytest.raises(FolderRejected, match=table) as caught:
        read_folder(path)

    assert caught.value.code == "folder_file_invalid"


def test_other_line_ends_a_byte_order_mark_and_spaces_in_names_do_not_matter(folder):
    path, content = folder
    (path / "images" / "a.png").rename(path / "images" / "a hand.PNG")
    for name in ("meta.json", "landmarks.csv", "attributes.csv", "splits.csv"):
        text = (path / name).read_text().replace("a.png", "a hand.PNG")
        (path / name).write_bytes(b"\xef\xbb\xbf" + "\r\n".join(text.splitlines()).encode())

    (first,) = read_folder(path).splits["train"]

    assert first.image.name == "a hand.PNG"
    assert first.landmarks == content.splits["train"][0].landmarks


def test_images_that_are_not_there_are_left_out_and_named(folder):
    path, _ = folder
    (path / "images" / "b.png").unlink()

    again = read_folder(path)

    assert again.missing_images == ("b.png",)
    assert again.splits["valid"] == ()


def test_a_folder_without_any_of_its_images_is_refused(folder):
    path, _ = folder
    for image in (path / "images").iterdir():
        image.unlink()

    with pytest.raises(FolderRejected) as caught:
        read_folder(path)

    assert caught.value.code == "folder_without_images"


@pytest.mark.skipif(not HANDS.exists(), reason="the real images are not on this machine")
def test_the_real_hands_are_read_whole():
    hands = read_folder(HANDS)

    assert [len(hands.splits[side]) for side in ("train", "valid", "test")] == [403, 60, 120]
    assert len(hands.landmarks) == 21
    assert hands.normaliser.between == ("index_mcp", "pinky_mcp")
    assert [len(spec.classes) for spec in hands.attributes] == [6, 2, 2, 2, 2, 2, 3]
