"""300W as published: sides by folder, 68 points, and a clear answer to every fault."""

import pytest
from PIL import Image

from ml.data.pts300w import EDGES, LANDMARKS, MIRROR_PAIRS, TEST_FOLDERS, TRAIN_FOLDERS, read_300w, read_pts
from ml.errors import FolderRejected


def pts_of(rows, count=None):
    return f"version: 1\nn_points:  {count or len(rows)}\n{{\n" + "\n".join(rows) + "\n}\n"


ROWS = [f"{number} {number + 0.25}" for number in range(1, 69)]


def add_image(folder, name, text=None):
    folder.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 6)).save(folder / f"{name}.png")
    (folder / f"{name}.pts").write_text(text or pts_of(ROWS))


@pytest.fixture
def folder(tmp_path):
    """Forty images for training, one in each folder of the test side."""
    for number in range(40):
        add_image(tmp_path / TRAIN_FOLDERS[number % 3], f"image_{number}")
    for subset in TEST_FOLDERS:
        add_image(tmp_path / subset, "image_1")
    return tmp_path


def refusal(folder, match):
    with pytest.raises(FolderRejected, match=match) as caught:
        read_300w(folder)
    return caught.value.code


def names(side):
    return {f"{sample.image.parent.name}/{sample.image.name}" for sample in side}


def test_the_test_side_is_the_full_test_set_and_nothing_is_lost(folder):
    faces = read_300w(folder)

    assert [sample.image.parent for sample in faces.splits["test"]] == [
        folder / name for name in TEST_FOLDERS
    ]
    assert len(faces.splits["train"]) + len(faces.splits["valid"]) == 40
    assert 0 < len(faces.splits["valid"]) < 12


def test_an_image_stays_on_its_side_when_others_go(folder):
    before = names(read_300w(folder).splits["valid"])
    gone = folder / TRAIN_FOLDERS[0] / "image_0"
    gone.with_suffix(".png").unlink()
    gone.with_suffix(".pts").unlink()

    assert names(read_300w(folder).splits["valid"]) == before - {"trainset/image_0.png"}


def test_another_seed_draws_another_validation_side(folder):
    assert names(read_300w(folder, seed=1).splits["valid"]) != names(read_300w(folder).splits["valid"])


def test_one_based_pixel_centres_become_corner_coordinates(folder):
    landmarks = read_300w(folder).splits["test"][0].landmarks

    assert landmarks["point_1"] == (0.5, 0.75)
    assert landmarks["point_68"] == (67.5, 67.75)


def test_the_error_is_divided_by_the_distance_of_the_outer_eye_corners(folder):
    assert read_300w(folder).normaliser.between == ("point_37", "point_46")


def test_mirroring_twice_is_the_identity_and_leaves_the_ridge_alone():
    mirrored = [name for pair in MIRROR_PAIRS for name in pair]

    middle = [name for name in LANDMARKS if name not in mirrored]

    assert len(mirrored) == len(set(mirrored))
    assert middle == [f"point_{number}" for number in (9, 28, 29, 30, 31, 34, 52, 58, 63, 67)]


def test_a_mirrored_edge_is_an_edge():
    swap = {a: b for pair in MIRROR_PAIRS for a, b in (pair, pair[::-1])}
    edges = {frozenset(edge) for edge in EDGES}

    assert {frozenset(swap.get(name, name) for name in edge) for edge in edges} == edges
    assert {name for edge in EDGES for name in edge} == set(LANDMARKS)


@pytest.mark.parametrize("subset", [*TRAIN_FOLDERS, *TEST_FOLDERS])
def test_a_missing_folder_is_named(folder, subset):
    (folder / subset).rename(folder / "elsewhere")

    assert refusal(folder, subset.split("/")[-1]) == "folder_file_missing"


def test_an_image_without_its_points_is_named(folder):
    (folder / "ibug" / "image_1.pts").unlink()

    assert refusal(folder, "image_1.pts") == "folder_points_missing"


def test_point_files_may_end_in_capitals(folder):
    points = folder / "ibug" / "image_1.pts"
    before = read_300w(folder)
    points.rename(points.with_suffix(".PTS"))

    assert read_300w(folder).splits == before.splits
    points.with_suffix(".png").unlink()
    assert read_300w(folder).missing_images == ("ibug/image_1.PTS",)


def test_two_point_files_of_one_image_are_refused(folder):
    (folder / "ibug" / "image_1.PTS").write_text(pts_of(ROWS))

    assert refusal(folder, "ibug: 'image_1'") == "folder_points_repeated"


def test_points_without_their_image_are_named(folder):
    (folder / "ibug" / "image_1.png").unlink()

    assert read_300w(folder).missing_images == ("ibug/image_1.pts",)


@pytest.mark.parametrize(
    ("text", "match", "code"),
    [
        (pts_of(ROWS[:67]), "line 2: 67 points", "folder_points_wrong"),
        (pts_of(ROWS[:67], count=68), "has 67 points", "folder_points_wrong"),
        (pts_of([*ROWS, "1 1"], count=68), "has 69 points", "folder_points_wrong"),
        (pts_of(["1 2 3", *ROWS[1:]]), "line 4: 3 columns", "folder_columns_wrong"),
        (pts_of(["1", *ROWS[1:]]), "line 4: 1 columns", "folder_columns_wrong"),
        (pts_of([*ROWS[:9], "left 2", *ROWS[10:]]), "line 13: 'left'", "folder_number_invalid"),
        (pts_of(["1 inf", *ROWS[1:]]), "line 4: 'inf'", "folder_number_invalid"),
        (pts_of(ROWS, count="many"), "line 2: 'many'", "folder_number_invalid"),
        ("\n".join(ROWS), "between", "folder_file_invalid"),
        (pts_of(ROWS).replace("}", ""), "between", "folder_file_invalid"),
        (" ", "between", "folder_file_invalid"),
    ],
)
def test_a_bad_point_file_is_refused_with_its_place(folder, text, match, code):
    (folder / "afw" / "image_2.pts").write_text(text)

    assert refusal(folder, f"image_2.pts.*{match}") == code


def test_a_point_file_that_is_no_text_is_refused(folder):
    (folder / "afw" / "image_2.pts").write_bytes(b"\xff\xfe\x00\xd8")

    assert refusal(folder, "image_2.pts") == "folder_file_invalid"


def test_blank_lines_and_windows_line_ends_do_not_matter(tmp_path):
    path = tmp_path / "face.pts"
    path.write_bytes(pts_of(ROWS).replace("\n", "\r\n\r\n").encode())

    assert read_pts(path)[0] == (0.5, 0.75)


def test_an_image_that_is_there_in_two_formats_is_refused(folder):
    Image.new("RGB", (8, 6)).save(folder / "afw" / "image_2.jpg")

    assert refusal(folder, "image_2") == "folder_image_repeated"


def test_a_folder_without_images_is_refused(folder):
    for image in folder.rglob("*.png"):
        image.unlink()

    assert refusal(folder, folder.name) == "folder_without_images"
