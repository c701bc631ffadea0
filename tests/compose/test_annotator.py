"""The people of the journey, against one process: they come in by links, and what they do arrives."""

from pathlib import Path

from app.settings import Settings
from ml.data.blocks import write_blocks
from tests.compose.annotator import Annotator, true_points
from tests.worker.running import serving


def test_a_manager_imports_and_an_annotator_who_was_invited_labels(settings: Settings, tmp_path: Path):
    blocks = tmp_path / "blocks"
    write_blocks(blocks, train=5, validation=0, test=0, seed=5)
    images = sorted((blocks / "images").iterdir())
    given = settings.model_copy(update={"accounts": "required", "auto_train": False})

    with serving(given) as served:
        assert served.process.stdout is not None
        link = served.process.stdout.readline().split()[-1]
        people = Annotator(
            served.address, true_points(blocks / "landmarks.csv"), first=link.rpartition("/")[2]
        )
        people.make_project("Blocks", images[:2])
        people.import_archive(images[2:])
        for _ in range(4):
            people.label_next()
        lost = people.lost()
        who = people.get("/me")
        people.close()

    assert who["name"] == "annotator"
    assert (len(people.acknowledged), lost) == (4, [])
