"""AFLW lists: what they say, and a clear answer to every fault."""

import pytest
from PIL import Image

from ml.data.aflw import TEST_LIST, TRAIN_LIST, read_aflw
from tests.ml.list_files import refusal, with_line

POINTS = "10 11 30 12 20 21 12 30 28 31"


def line_of(number, rest=f"{POINTS} 40.5 -95 10 2.5"):
    return f"0/face_{number}.jpg {rest}"


def write_lists(folder, rest):
    (folder / TRAIN_LIST).write_text("\n".join(line_of(number, rest) for number in range(40)))
    (folder / TEST_LIST).write_text(line_of(40, rest) + "\n")


@pytest.fixture
def folder(tmp_path):
    """Forty images for training, one for the test, five points and angles."""
    (tmp_path / "0").mkdir()
    for number in range(41):
        Image.new("RGB", (40, 40)).save(tmp_path / "0" / f"face_{number}.jpg")
    write_lists(tmp_path, f"{POINTS} 40.5 -95 10 2.5")
    return tmp_path


def test_points_are_pairs_and_move_from_pixel_centres_to_corners(folder):
    (sample,) = read_aflw(folder).splits["test"]

    assert sample.landmarks == {
        "left_eye": (10.5, 11.5),
        "right_eye": (30.5, 12.5),
        "nose": (20.5, 21.5),
        "mouth_left": (12.5, 30.5),
        "mouth_right": (28.5, 31.5),
    }


def test_angles_are_numeric_attributes(folder):
    faces = read_aflw(folder)

    assert all(spec.is_numeric for spec in faces.attributes)
    assert faces.splits["test"][0].attributes == {"yaw": -95.0, "pitch": 10.0, "roll": 2.5}


@pytest.mark.parametrize(
    ("count", "angles", "attributes"), [(5, "", 0), (19, "", 0), (5, " 1 2 3", 3), (19, " 1 2 3", 3)]
)
def test_five_or_nineteen_points_with_or_without_angles_are_read(folder, count, angles, attributes):
    write_lists(folder, "1 2 " * count + f"40{angles}")

    faces = read_aflw(folder)

    assert len(faces.landmarks) == len(faces.splits["test"][0].landmarks) == count
    assert len(faces.attributes) == len(faces.splits["test"][0].attributes) == attributes
    assert {name for pair in (*faces.edges, *faces.mirror_pairs) for name in pair} <= set(faces.landmarks)


def test_a_landmark_without_an_answer_is_left_out(folder):
    with_line(folder / TEST_LIST, line_of(40, f"{POINTS} 40 1 2 3".replace("20 21", "- -")), line=1)

    assert set(read_aflw(folder).splits["test"][0].landmarks) == {
        "left_eye", "right_eye", "mouth_left", "mouth_right",
    }  # fmt: skip


def test_a_tenth_of_the_train_side_is_held_out(folder):
    faces = read_aflw(folder)

    assert len(faces.splits["train"]) + len(faces.splits["valid"]) == 40
    assert 0 < len(faces.splits["valid"]) < 12
    assert faces.splits != read_aflw(folder, seed=1).splits


def test_the_error_is_divided_by_the_box_of_the_landmarks(folder):
    assert read_aflw(folder).normaliser.kind == "box"


def test_images_that_are_not_there_are_left_out_and_named(folder):
    (folder / "0" / "face_3.jpg").unlink()

    assert read_aflw(folder).missing_images == ("0/face_3.jpg",)


@pytest.mark.parametrize("name", [TRAIN_LIST, TEST_LIST])
def test_a_missing_list_is_named(folder, name):
    (folder / name).unlink()

    assert refusal(read_aflw, folder, name) == "folder_file_missing"


@pytest.mark.parametrize("rest", [POINTS, f"{POINTS} 40 1", f"{POINTS} 1 2 40"])
def test_a_list_with_a_wrong_number_of_columns_names_its_line(folder, rest):
    with_line(folder / TRAIN_LIST, line_of(2, rest))

    assert refusal(read_aflw, folder, "aflw_train.txt line 3: .* columns") == "folder_columns_wrong"


def test_a_line_with_another_number_of_points_than_the_first_is_refused(folder):
    with_line(folder / TEST_LIST, line_of(40, "1 2 " * 19 + "40 1 2 3"), line=1)

    assert (
        refusal(read_aflw, folder, "aflw_test.txt line 1: 43 columns, the first line has 15")
        == "folder_points_wrong"
    )


@pytest.mark.parametrize(
    ("rest", "match"),
    [
        (POINTS.replace("21", "x") + " 40 1 2 3", "nose: 'x'"),
        (POINTS.replace("20 21", "- 21") + " 40 1 2 3", "nose: '-'"),
        (f"{POINTS} large 1 2 3", "face size: 'large'"),
        (f"{POINTS} 0 1 2 3", "face size must be above 0"),
        (f"{POINTS} 40 nan 2 3", "yaw: 'nan'"),
        (f"{POINTS} 40 1 91 3", "pitch: 91 is not within -90 to 90"),
    ],
)
def test_a_bad_number_is_named_with_its_line(folder, rest, match):
    with_line(folder / TRAIN_LIST, line_of(2, rest))

    assert refusal(read_aflw, folder, f"aflw_train.txt line 3.*{match}") == "folder_number_invalid"


def test_an_image_may_be_listed_once_only(folder):
    with_line(folder / TEST_LIST, line_of(0), line=1)

    assert refusal(read_aflw, folder, "aflw_test.txt line 1.*repeated") == "folder_image_repeated"


def test_a_path_that_leads_out_of_the_folder_is_refused(folder):
    with_line(folder / TRAIN_LIST, f"../{line_of(2)}")

    assert refusal(read_aflw, folder, "aflw_train.txt line 3") == "folder_name_invalid"


def test_a_list_that_is_no_text_is_refused(folder):
    (folder / TRAIN_LIST).write_bytes(b"\xff\xfe\x00\xd8")

    assert refusal(read_aflw, folder, TRAIN_LIST) == "folder_file_invalid"


def test_empty_lists_are_refused(folder):
    for name in (TRAIN_LIST, TEST_LIST):
        (folder / name).write_text("\n")

    assert refusal(read_aflw, folder, "both lists are empty") == "folder_without_images"


def test_a_folder_without_any_of_its_images_is_refused(folder):
    for image in folder.rglob("*.jpg"):
        image.unlink()

    assert refusal(read_aflw, folder, folder.name) == "folder_without_images"
