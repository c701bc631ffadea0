"""MTFL lists: what they say, and a clear answer to every fault."""

import pytest
from PIL import Image

from ml.data.mtfl import TEST_LIST, TRAIN_LIST, read_mtfl
from tests.ml.list_files import refusal, with_line

POINTS = "10 30 20.25 12 28 11 12 21 30 31"


def line_of(number, rest=f"{POINTS} 1 2 2 3", folder="lfw_5590"):
    return rf"{folder}\face_{number}.jpg {rest}"


@pytest.fixture
def folder(tmp_path):
    """Forty images for training, one for the test."""
    for name in ("lfw_5590", "AFLW"):
        (tmp_path / name).mkdir()
    for number in range(40):
        Image.new("RGB", (40, 40)).save(tmp_path / "lfw_5590" / f"face_{number}.jpg")
    Image.new("RGB", (40, 40)).save(tmp_path / "AFLW" / "face_0.jpg")
    # as published: all lines but the first begin with a space, and the last is blank
    (tmp_path / TRAIN_LIST).write_text("\n ".join(line_of(number) for number in range(40)) + "\n \n")
    (tmp_path / TEST_LIST).write_text(line_of(0, rest=f"{POINTS} 2 1 1 5", folder="AFLW"))
    return tmp_path


def test_all_x_come_before_all_y_and_move_from_pixel_centres_to_corners(folder):
    (sample,) = read_mtfl(folder).splits["test"]

    assert sample.landmarks == {
        "left_eye": (10.5, 11.5),
        "right_eye": (30.5, 12.5),
        "nose": (20.75, 21.5),
        "mouth_left": (12.5, 30.5),
        "mouth_right": (28.5, 31.5),
    }


def test_the_numbers_of_the_classes_become_words(folder):
    faces = read_mtfl(folder)

    assert faces.splits["train"][0].attributes == {
        "gender": "male",
        "smile": "not_smiling",
        "glasses": "no_glasses",
        "pose": "frontal",
    }
    assert faces.splits["test"][0].attributes == {
        "gender": "female",
        "smile": "smiling",
        "glasses": "glasses",
        "pose": "right_profile",
    }


def test_a_tenth_of_the_train_side_is_held_out_the_same_every_time(folder):
    faces, again = read_mtfl(folder), read_mtfl(folder)

    assert len(faces.splits["train"]) + len(faces.splits["valid"]) == 40
    assert 0 < len(faces.splits["valid"]) < 12
    assert faces.splits == again.splits
    assert faces.splits != read_mtfl(folder, seed=1).splits


def test_the_error_is_divided_by_the_eye_distance(folder):
    assert read_mtfl(folder).normaliser.between == ("left_eye", "right_eye")


def test_images_that_are_not_there_are_left_out_and_named(folder):
    (folder / "lfw_5590" / "face_3.jpg").unlink()

    faces = read_mtfl(folder)

    assert faces.missing_images == ("lfw_5590/face_3.jpg",)
    assert len(faces.splits["train"]) + len(faces.splits["valid"]) == 39


@pytest.mark.parametrize("name", [TRAIN_LIST, TEST_LIST])
def test_a_missing_list_is_named(folder, name):
    (folder / name).unlink()

    assert refusal(read_mtfl, folder, name) == "folder_file_missing"


@pytest.mark.parametrize("rest", [f"{POINTS} 1 2 2", f"{POINTS} 1 2 2 3 1", ""])
def test_a_list_with_a_wrong_number_of_columns_names_its_line(folder, rest):
    with_line(folder / TRAIN_LIST, line_of(2, rest=rest))

    assert refusal(read_mtfl, folder, "training.txt line 3: .* columns") == "folder_columns_wrong"


@pytest.mark.parametrize("text", ["left", "nan", "inf"])
def test_what_is_no_number_is_named_with_its_line(folder, text):
    with_line(folder / TRAIN_LIST, line_of(2, rest=f"{POINTS} 1 2 2 3".replace("20.25", text)))

    assert refusal(read_mtfl, folder, f"training.txt line 3: '{text}'") == "folder_number_invalid"


@pytest.mark.parametrize(
    ("answers", "attribute"),
    [("0 1 1 1", "gender"), ("1 3 1 1", "smile"), ("1 1 x 1", "glasses"), ("1 1 1 6", "pose")],
)
def test_an_unknown_class_is_named_with_its_line(folder, answers, attribute):
    with_line(folder / TRAIN_LIST, line_of(2, rest=f"{POINTS} {answers}"))

    assert refusal(read_mtfl, folder, f"training.txt line 3, {attribute}") == "folder_attribute_unknown"


def test_an_image_may_be_listed_once_only(folder):
    with_line(folder / TRAIN_LIST, line_of(0))

    assert refusal(read_mtfl, folder, "training.txt line 3.*repeated") == "folder_image_repeated"


def test_an_image_of_the_train_list_may_not_stand_in_the_test_list(folder):
    with_line(folder / TEST_LIST, line_of(0).replace("\\", "/"), line=1)

    assert refusal(read_mtfl, folder, "testing.txt line 1.*repeated") == "folder_image_repeated"


@pytest.mark.parametrize(
    "path",
    [r"..\face.jpg", "/face.jpg", r"C:\face.jpg", "lfw_5590/../../face.jpg", "a" * 300 + ".jpg", "a\0.jpg"],
)
def test_a_path_that_leads_out_of_the_folder_or_can_be_none_is_refused(folder, path):
    with_line(folder / TRAIN_LIST, f"{path} {POINTS} 1 2 2 3")

    assert refusal(read_mtfl, folder, "training.txt line 3") == "folder_name_invalid"


def test_a_list_that_is_no_text_is_refused(folder):
    (folder / TRAIN_LIST).write_bytes(b"\xff\xfe\x00\xd8")

    assert refusal(read_mtfl, folder, TRAIN_LIST) == "folder_file_invalid"


def test_a_folder_without_any_of_its_images_is_refused(folder):
    for image in folder.rglob("*.jpg"):
        image.unlink()

    assert refusal(read_mtfl, folder, folder.name) == "folder_without_images"
