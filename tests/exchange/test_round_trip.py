"""What was exported and imported again is what it was."""

import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.annotations.bulk import GivenLabel, import_labels
from app.exchange import service
from app.exchange.exporting import Exporting
from app.exchange.file_names import FileNames
from app.images import service as images
from app.images.ingest import prepare
from app.images.names import clean_name
from app.projects import service as projects
from app.projects.schemas import Schema
from tests.exchange.sources import Bench
from tests.factories import FACE, NOW, jpeg_bytes, png_bytes

ANY = {"suppress_health_check": [HealthCheck.function_scoped_fixture], "deadline": None, "derandomize": True}
ODD = FACE | {
    "attributes": [
        {"name": "=pose", "kind": "classes", "classes": ["front, left", "'+1", 'a"b', "-", "\N{SNOWMAN}"]},
        {"name": "yaw", "kind": "scale", "minimum": -90, "maximum": 90, "unit": "deg"},
    ]
}
WIDTH_PX, HEIGHT_PX = 64, 48
names = st.one_of(
    st.sampled_from(
        ["a.jpg", "A.JPG", "a.png", "../../x", "con.jpg", "=1.jpg", "-x.jpg", "a/b.jpg", "a\nb", " "]
    ),
    st.text(max_size=30),
)
sides = st.sampled_from(["train", "validation", "test"])


def points(schema_names=FACE["landmarks"]):
    def one(name):
        at = {"x": st.floats(0, WIDTH_PX), "y": st.floats(0, HEIGHT_PX)}
        placed = st.fixed_dictionaries(
            {"name": st.just(name), "state": st.sampled_from(["visible", "hidden"]), **at}
        )
        return st.one_of(st.none(), st.just({"name": name, "state": "absent"}), placed)

    return st.tuples(*(one(name) for name in schema_names)).map(lambda some: [each for each in some if each])


labels = st.fixed_dictionaries(
    {},
    optional={
        "landmarks": points().filter(bool).map(lambda some: {"points": some}),
        "=pose": st.sampled_from([*ODD["attributes"][0]["classes"], None]).map(
            lambda value: {"value": value}
        ),
        "yaw": st.one_of(st.none(), st.floats(-90, 90)).map(lambda value: {"value": value}),
    },
)
contents = st.lists(st.tuples(names, sides, labels, st.booleans()), max_size=6)


def fill(bench: Bench, content) -> None:
    """Put images with labels into the project."""
    with bench.database.unit_of_work() as session:
        schema = projects.schema_of(projects.get_project(session, bench.project_id))
        files = [(png_bytes if is_png else jpeg_bytes)(seed=n) for n, (_, _, _, is_png) in enumerate(content)]
        prepared = [
            prepare(file, name, bench.settings) for file, (name, *_) in zip(files, content, strict=True)
        ]
        for file, each in zip(files, prepared, strict=True):
            images.store_blobs(bench.storage, file, each)
        added = images.add_images(
            session, project_id=bench.project_id, prepared=prepared,
            sides=[side for _, side, *_ in content], by=bench.owner_id, now=NOW,
        )  # fmt: skip
        given_labels = [
            GivenLabel(one.image, kind, body)
            for one, (_, _, kinds, _) in zip(added, content, strict=True)
            for kind, body in kinds.items()
        ]
        results = import_labels(
            session, given_labels, by=bench.owner_id, now=NOW, schema=schema, schema_version=1
        )
        assert results == [True] * len(given_labels)


def everything(bench: Bench):
    """Content hash -> name, side and current labels."""
    labels_of = bench.labels_by_id()
    return {
        image.sha256: (image.name, image.side, labels_of.get(image.id, {}))
        for image in bench.images_by_id().values()
    }


def exported(bench: Bench, format_name: str, out: Path) -> Path:
    exporting = Exporting(
        bench.database, bench.storage, bench.settings.work_dir, bench.project_id, format_name, NOW
    )
    service.export_to_path(exporting, out, lambda *_: True)
    return out


@pytest.mark.parametrize(("format_name", "suffix"), [("folder", ""), ("folder", ".zip"), ("coco", ".zip")])
def test_case_111_what_was_exported_comes_back_the_same(
    database, storage, settings, tmp_path_factory, format_name, suffix
):
    @given(contents)
    @hypothesis_settings(max_examples=15, **ANY)
    def check(content):
        bench = Bench(database, storage, settings, schema=ODD)
        fill(bench, content)
        out = exported(bench, format_name, tmp_path_factory.mktemp("out") / f"export{suffix}")

        schema = service.schema_from(out, settings=settings)
        other = bench.another(schema)
        row = other.take(out) if content else None

        assert schema == Schema.model_validate(ODD)
        assert everything(other) == everything(bench)
        assert row is None or set(row.outcome_counts) == {"added"}

    check()


@pytest.mark.parametrize("format_name", ["folder", "coco"])
def test_case_113_an_export_imported_into_its_own_project_changes_nothing(
    database, storage, settings, tmp_path, format_name
):
    bench = Bench(database, storage, settings, schema=ODD)
    fill(bench, [("a.jpg", "train", {"landmarks": {"points": [
        {"name": "eye_l", "state": "visible", "x": 0.1, "y": 47.9}, {"name": "mouth", "state": "absent"},
    ]}, "yaw": {"value": None}}, False)])  # fmt: skip

    row = bench.take(exported(bench, format_name, tmp_path / "export.zip"))

    assert row.outcome_counts == {"known": 1}
    assert bench.revision_count() == 2


@given(st.lists(st.tuples(names, st.sampled_from(["JPEG", "PNG", "TIFF"])), max_size=20))
@hypothesis_settings(**ANY)
def test_case_059_file_names_of_an_export_are_safe_and_distinct(given_names):
    taken = FileNames()

    made = [
        taken.take(clean_name(name), sha256=f"{number:064x}"[::-1], image_format=image_format)
        for number, (name, image_format) in enumerate(given_names)
    ]

    assert len({name.casefold() for name in made}) == len(made)
    assert all(
        name.isascii() and "/" not in name and "\\" not in name and name[0] not in "-.= @+" for name in made
    )


def test_case_112_coco_has_pixel_centres_at_whole_numbers_and_boxes_at_corners(
    database, storage, settings, tmp_path
):
    bench = Bench(database, storage, settings)
    fill(bench, [("a.jpg", "train", {"landmarks": {"points": [
        {"name": "eye_l", "state": "visible", "x": 10.5, "y": 20.5},
        {"name": "eye_r", "state": "hidden", "x": 30.75, "y": 24.5},
        {"name": "mouth", "state": "absent"},
    ]}}, False)])  # fmt: skip

    with zipfile.ZipFile(exported(bench, "coco", tmp_path / "export.zip")) as archive:
        coco = json.loads(archive.read("annotations/keypoints.json"))

    [annotation], [category], [image] = coco["annotations"], coco["categories"], coco["images"]
    assert annotation["keypoints"] == [10.0, 20.0, 2, 30.25, 24.0, 1, 0, 0, 0]
    assert (annotation["bbox"], annotation["area"]) == ([10.5, 20.5, 20.25, 4.0], 81.0)
    assert (annotation["num_keypoints"], annotation["iscrowd"]) == (2, 0)
    assert (category["keypoints"], category["skeleton"]) == (FACE["landmarks"], [[1, 3], [2, 3]])
    assert (image["width"], image["height"], image["file_name"]) == (WIDTH_PX, HEIGHT_PX, "a.jpg")
    assert annotation["image_id"] == image["id"]


def test_the_common_layout_is_as_the_readme_of_the_data_sets_says(database, storage, settings, tmp_path):
    bench = Bench(database, storage, settings)
    fill(bench, [("a.jpg", "validation", {
        "landmarks": {"points": [
            {"name": "eye_l", "state": "visible", "x": 10.5, "y": 20.75},
            {"name": "mouth", "state": "hidden", "x": 1.5, "y": 2.5},
        ]},
        "pose": {"value": "side"}, "yaw": {"value": 3.25},
    }, False)])  # fmt: skip

    root = exported(bench, "folder", tmp_path / "export")

    assert (root / "landmarks.csv").read_text().splitlines()[1] == "a.jpg,10.0,20.25,1,,,,1.0,2.0,0"
    assert (root / "attributes.csv").read_text().splitlines() == ["image,pose,yaw", "a.jpg,side,3.25"]
    assert (root / "splits.csv").read_text().splitlines()[1] == "a.jpg,valid"
    meta = json.loads((root / "meta.json").read_text())
    assert meta["landmark_names"] == FACE["landmarks"]
    assert (meta["skeleton_edges"], meta["flip_pairs"], meta["nme"]["indices"]) == (
        [[0, 2], [1, 2]],
        [[0, 1]],
        [0, 1],
    )
    assert meta["attribute_classes"] == {"pose": ["front", "side"]}
    assert (root / "images" / "a.jpg").read_bytes() == jpeg_bytes(seed=0)
