"""HGR1 as published: read by person, and a clear answer to every fault."""

import pytest
from PIL import Image

from ml.data.hgr1 import read_hgr1
from ml.errors import FolderRejected

NAMES = ("A_P_hgr1_id02_8", "5_A_hgr1_id09_1", "A_P_hgr1_id11_1", "B_P_hgr1_id10_2", "B_P_hgr1_id12_13")


def xml_of(count=25, wrist=(1, 25), x="{n}", y="7.5"):
    points = "".join(
        f'<FeaturePoint category="{"Wrist" if n in wrist else "Tip"}" x="{x.format(n=n)}" y="{y}"/>'
        for n in range(1, count + 1)
    )
    return f'<IMAGE WIDTH="40" HEIGHT="30"><hand>{points}</hand><hand/></IMAGE>'


def add_image(folder, name, xml=None):
    Image.new("RGB", (40, 30)).save(folder / "original_images" / f"{name}.jpg")
    (folder / "feature_pts" / f"{name}.xml").write_text(xml or xml_of())


@pytest.fixture
def folder(tmp_path):
    """Five images of five persons."""
    (tmp_path / "original_images").mkdir()
    (tmp_path / "feature_pts").mkdir()
    for name in NAMES:
        add_image(tmp_path, name)
    return tmp_path


def refusal(folder, match):
    with pytest.raises(FolderRejected, match=match) as caught:
        read_hgr1(folder)
    return caught.value.code


def test_the_sides_are_those_of_the_paper_by_person(folder):
    hands = read_hgr1(folder)

    stems = {split: [sample.image.stem for sample in side] for split, side in hands.splits.items()}
    assert stems == {
        "train": ["A_P_hgr1_id02_8"],
        "valid": ["A_P_hgr1_id11_1", "B_P_hgr1_id12_13"],
        "test": ["5_A_hgr1_id09_1", "B_P_hgr1_id10_2"],
    }


def test_the_gestures_are_the_ones_found_in_the_names(folder):
    hands = read_hgr1(folder)

    assert [(spec.name, spec.classes) for spec in hands.attributes] == [("gesture", ("5_A", "A_P", "B_P"))]
    assert hands.splits["train"][0].attributes == {"gesture": "A_P"}


def test_the_points_are_moved_from_pixel_centres_to_corners(folder):
    landmarks = read_hgr1(folder).splits["train"][0].landmarks

    assert len(landmarks) == 25
    assert landmarks["point_1"] == (1.5, 8.0)
    assert landmarks["point_25"] == (25.5, 8.0)


def test_the_error_is_divided_by_the_wrist_width(folder):
    assert read_hgr1(folder).normaliser.between == ("point_1", "point_25")


def test_the_folders_may_have_the_names_that_the_published_archives_unpack_to(folder):
    (folder / "hgr1_images").mkdir()
    (folder / "hgr1_feature_pts").mkdir()
    (folder / "original_images").rename(folder / "hgr1_images" / "original_images")
    (folder / "feature_pts").rename(folder / "hgr1_feature_pts" / "feature_points")

    assert len(read_hgr1(folder).splits["train"]) == 1


def test_points_without_categories_are_taken_in_their_order(folder):
    (folder / "feature_pts" / f"{NAMES[0]}.xml").write_text(xml_of().replace("category", "name"))

    assert read_hgr1(folder).splits["train"][0].landmarks["point_2"] == (2.5, 8.0)


def test_a_point_file_without_its_image_is_named(folder):
    (folder / "original_images" / f"{NAMES[0]}.jpg").unlink()

    assert read_hgr1(folder).missing_images == (f"{NAMES[0]}.xml",)


def test_point_files_may_end_in_capitals(folder):
    before = read_hgr1(folder)
    points = folder / "feature_pts" / f"{NAMES[0]}.xml"
    points.rename(points.with_suffix(".XML"))

    assert read_hgr1(folder).splits == before.splits


@pytest.mark.parametrize("name", ["original_images", "feature_pts"])
def test_a_missing_folder_is_named(folder, name):
    (folder / name).rename(folder / "elsewhere")

    assert refusal(folder, name) == "folder_file_missing"


def test_an_image_without_its_point_file_is_named(folder):
    (folder / "feature_pts" / f"{NAMES[0]}.xml").unlink()

    assert refusal(folder, f"{NAMES[0]}.xml") == "folder_points_missing"


@pytest.mark.parametrize(
    "name", ["hand", "A_P_hgr1_id2_8", "A_P_hgr1_id13_1", "A_P_hgr1_id00_1", "A_hgr1_id01_1"]
)
def test_a_name_that_says_no_person_from_1_to_12_is_refused(folder, name):
    add_image(folder, name)

    assert refusal(folder, name) == "folder_name_invalid"


@pytest.mark.parametrize(
    ("xml", "match", "code"),
    [
        ("<IMAGE>", "is not XML", "folder_file_invalid"),
        ('<?xml version="1.0" encoding="gb2312"?><IMAGE/>', "is not XML", "folder_file_invalid"),
        (xml_of(count=24, wrist=()), "has 24 points", "folder_points_wrong"),
        (xml_of(count=26), "has 26 points", "folder_points_wrong"),
        ("<IMAGE/>", "has 0 points", "folder_points_wrong"),
        (xml_of(wrist=(1, 2)), r"points \[1, 2\] are the wrist's", "folder_points_wrong"),
        (xml_of(x="left"), "point 1, x: 'left'", "folder_number_invalid"),
        (xml_of(y="nan"), "point 1, y: 'nan'", "folder_number_invalid"),
        (xml_of().replace(' y="7.5"', ""), "point 1, y: ''", "folder_number_invalid"),
    ],
)
def test_a_bad_point_file_is_refused_by_name(folder, xml, match, code):
    (folder / "feature_pts" / f"{NAMES[0]}.xml").write_text(xml)

    assert refusal(folder, f"{NAMES[0]}.xml.*{match}") == code


def test_an_image_that_is_there_in_two_formats_is_refused(folder):
    Image.new("RGB", (4, 3)).save(folder / "original_images" / f"{NAMES[0]}.png")

    assert refusal(folder, NAMES[0]) == "folder_image_repeated"


def test_a_folder_without_images_is_refused(folder):
    for image in (folder / "original_images").iterdir():
        image.unlink()

    assert refusal(folder, folder.name) == "folder_without_images"
