"""Reading COCO key points, as others write them and as we do."""

import json
from decimal import Decimal

import pytest

from app.exchange.coco import CocoSource, mirror_pairs_of
from app.exchange.errors import CocoInvalid
from app.images.tables import Side
from tests.factories import jpeg_bytes

CATEGORY = {
    "id": 1,
    "name": "face",
    "keypoints": ["left_eye", "right_eye", "mouth"],
    "skeleton": [[1, 3], [2, 3]],
}
ANNOTATION = {
    "id": 5, "image_id": 7, "category_id": 1, "iscrowd": 0, "num_keypoints": 2, "area": 4.0,
    "bbox": [1, 2, 3, 4], "keypoints": [10, 11.25, 2, 20, 12, 1, 0, 0, 0],
}  # fmt: skip
IMAGE = {"id": 7, "file_name": "a.jpg", "width": 64, "height": 48}
COCO = {"images": [IMAGE], "annotations": [ANNOTATION], "categories": [CATEGORY]}


def read(tmp_path, content, *, where="coco.json", images="images"):
    path = tmp_path / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    (tmp_path / images).mkdir(exist_ok=True)
    (tmp_path / images / "a.jpg").write_bytes(jpeg_bytes())
    return CocoSource(path, is_confined=True, root=tmp_path)


def points(source):
    return [tuple(point.values()) for point in source.image("a.jpg").points]


def test_visibility_0_is_not_answered_1_is_hidden_and_2_is_visible(tmp_path):
    assert points(read(tmp_path, COCO)) == [
        ("left_eye", "visible", 10.5, 11.75),
        ("right_eye", "hidden", 20.5, 12.5),
    ]


def test_the_skeleton_counts_from_one(tmp_path):
    schema = read(tmp_path, COCO).find_schema()

    assert schema.edges == (("left_eye", "mouth"), ("right_eye", "mouth"))
    assert schema.mirror_pairs == (("left_eye", "right_eye"),)


@pytest.mark.parametrize("skeleton", [[[0, 1]], [[1, 4]], [["a", "b"]], [[1]], 3, [[1.5, 2]]])
def test_a_skeleton_that_points_nowhere_is_refused(tmp_path, skeleton):
    source = read(tmp_path, COCO | {"categories": [CATEGORY | {"skeleton": skeleton}]})

    with pytest.raises(CocoInvalid):
        source.find_schema()


def test_digits_beyond_a_double_are_rounded_once(tmp_path):
    text = json.dumps(COCO).replace("11.25", "0.1000000000000000055511151231257827")

    assert points(read(tmp_path, text))[0][3] == float(Decimal("0.6000000000000000055511151231257827"))


@pytest.mark.parametrize(
    ("where", "images"),
    [
        ("coco.json", "."),
        ("coco.json", "images"),
        ("annotations/coco.json", "images"),
        ("annotations/coco.json", "."),
    ],
)
def test_the_images_are_found_beside_the_file_or_in_the_usual_folders(tmp_path, where, images):
    assert read(tmp_path, COCO, where=where, images=images).image("a.jpg").refusal is None


@pytest.mark.parametrize("name", ["gone.jpg", "../a.jpg", "/etc/passwd"])
def test_an_image_that_is_not_there_is_refused(tmp_path, name):
    source = read(tmp_path, COCO | {"images": [IMAGE | {"file_name": name}]})

    assert source.image(name).refusal.code in {"file_missing", "file_outside_folder"}


def test_two_objects_in_one_image_are_both_left_out_and_said(tmp_path):
    image = read(tmp_path, COCO | {"annotations": [ANNOTATION, ANNOTATION | {"id": 6}]}).image("a.jpg")

    assert (image.points, [problem.code for problem in image.problems]) == ((), ["several_instances"])


@pytest.mark.parametrize(
    "keypoints",
    [
        [1, 2],
        [1, 2, 2] * 4,
        "text",
        [1, 2, 3] * 3,
        [None, 2, 2] * 3,
        ["1", 2, 2] * 3,
        [True, 2, 2] * 3,
        {"a": 1},
    ],
)
def test_key_points_of_another_shape_are_left_out_and_said(tmp_path, keypoints):
    image = read(tmp_path, COCO | {"annotations": [ANNOTATION | {"keypoints": keypoints}]}).image("a.jpg")

    assert (image.points, [problem.code for problem in image.problems]) == ((), ["keypoints_malformed"])
    assert image.refusal is None


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_case_072_not_a_number_is_left_out_and_said(tmp_path, number):
    image = read(tmp_path, json.dumps(COCO).replace("11.25", number)).image("a.jpg")

    assert [problem.code for problem in image.problems] == ["keypoints_malformed"]


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", "{", "[" * 100_000, {"images": [], "annotations": []}, COCO | {"images": [3]},
     COCO | {"images": [{"id": 1}]}, COCO | {"annotations": ["x"]}, COCO | {"categories": {}}],
)  # fmt: skip
def test_what_is_not_coco_is_refused(tmp_path, content):
    with pytest.raises(CocoInvalid):
        read(tmp_path, content)


def test_two_kinds_of_object_with_key_points_are_refused(tmp_path):
    other = CATEGORY | {"id": 2, "name": "hand"}
    used = [ANNOTATION, ANNOTATION | {"id": 6, "image_id": 8, "category_id": 2}]

    with pytest.raises(CocoInvalid, match="face, hand"):
        read(tmp_path, COCO | {"categories": [CATEGORY, other], "annotations": used})


def test_a_kind_of_object_that_no_label_uses_does_no_harm(tmp_path):
    other = CATEGORY | {"id": 2, "keypoints": ["tail"]}

    assert len(points(read(tmp_path, COCO | {"categories": [other, CATEGORY]}))) == 2


def test_our_own_fields_say_what_coco_has_no_words_for(tmp_path):
    own = {"name": "../a?.jpg", "split": "test", "attributes": {"pose": None, "yaw": 3.5}}
    annotation = ANNOTATION | {"equimark": {"absent": ["mouth"]}}

    image = read(tmp_path, COCO | {"images": [IMAGE | {"equimark": own}], "annotations": [annotation]}).image(
        "a.jpg"
    )

    assert (image.title, image.side, image.values) == ("../a?.jpg", Side.TEST, {"pose": None, "yaw": 3.5})
    assert image.points[2] == {"name": "mouth", "state": "absent"}


@pytest.mark.parametrize("own", [3, "x", [1], {"split": "other"}, {"name": 7, "attributes": 3}])
def test_own_fields_of_another_shape_do_no_harm(tmp_path, own):
    image = read(tmp_path, COCO | {"images": [IMAGE | {"equimark": own}]}).image("a.jpg")

    assert image.refusal is None or image.refusal.code == "split_unknown"


def test_left_and_right_make_pairs():
    names = ("left_eye", "right_eye", "nose", "LeftHand", "RightHand", "ear_l", "ear_r", "left_foot")

    assert mirror_pairs_of(names) == [
        ("left_eye", "right_eye"),
        ("LeftHand", "RightHand"),
        ("ear_l", "ear_r"),
    ]
