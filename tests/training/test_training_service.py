"""When a run is due, what is in its pool, and that there is one at a time."""

import threading

import pytest
from sqlalchemy.orm import Session

from app.annotations import service as annotations
from app.annotations.schemas import AttributeAnswer, LandmarksAnswer
from app.db import Database
from app.images.tables import Image, Side
from app.projects.tables import Project
from app.training import lifecycle, pool, service
from app.training.schemas import RunOptions
from app.training.service import NotEnoughLabels, TrainingAlreadyRunning
from app.training.tables import Run
from tests.factories import NOW, attribute_body, landmarks_body, later, make_image, make_project, make_user


@pytest.fixture
def project(any_session: Session) -> Project:
    """An empty project of faces."""
    return make_project(any_session)


def label(session: Session, image: Image, *, kind: str = "landmarks", base: int = 0) -> None:
    answer = (
        LandmarksAnswer.model_validate(landmarks_body(base_revision=base))
        if kind == "landmarks"
        else AttributeAnswer.model_validate(attribute_body("front", base_revision=base))
    )
    user = make_user(session)
    annotations.submit(
        session, image_id=image.id, kind=kind, answer=answer, by=user.id, is_late=False, now=NOW
    )


def labelled(session: Session, project: Project, count: int, *, side: Side = Side.TRAIN) -> list[Image]:
    images = [make_image(session, project, side=side) for _ in range(count)]
    for image in images:
        label(session, image)
    return images


def request(session: Session, project: Project) -> Run:
    return service.request_run(
        session, project_id=project.id, options=RunOptions(), reason="a test", by=None, now=NOW
    )


def ended(session: Session, project: Project) -> Run:
    """A run that froze what is labelled now, and succeeded."""
    run = request(session, project)
    lifecycle.begin(session, run.id, attempt=1, now=NOW)
    lifecycle.record_pool(session, run.id, pool.freeze(session, project.id))
    lifecycle.succeed(session, run.id, outcome="promoted", now=later(60))
    return run


def test_case_038_a_run_of_nothing_is_refused_before_it_is_queued(any_session: Session, project: Project):
    make_image(any_session, project)

    with pytest.raises(NotEnoughLabels):
        request(any_session, project)


@pytest.mark.parametrize("side", [Side.VALIDATION, Side.TEST])
def test_case_038_labels_that_nothing_may_learn_from_are_not_enough(any_session, project, side):
    labelled(any_session, project, 3, side=side)

    with pytest.raises(NotEnoughLabels):
        request(any_session, project)


def test_case_038_one_label_is_enough_when_a_person_asks(any_session: Session, project: Project):
    labelled(any_session, project, 1)

    assert request(any_session, project).number == 1


def test_a_second_run_is_refused_while_one_waits_or_runs(any_session: Session, project: Project):
    labelled(any_session, project, 1)
    run = request(any_session, project)

    with pytest.raises(TrainingAlreadyRunning) as refused:
        request(any_session, project)

    assert refused.value.context == {"run": run.id}


def test_of_many_requests_at_once_one_is_taken(any_database: Database):
    with any_database.unit_of_work() as session:
        project = make_project(session)
        labelled(session, project, 1)
    barrier, outcomes = threading.Barrier(6), []

    def ask() -> None:
        barrier.wait()
        try:
            with any_database.unit_of_work() as session:
                outcomes.append(request(session, project).number)
        except TrainingAlreadyRunning:
            outcomes.append(None)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes, key=str) == [1, None, None, None, None, None]


def test_the_first_run_is_due_with_five_labelled_training_images(any_session: Session, project: Project):
    labelled(any_session, project, 4)
    labelled(any_session, project, 3, side=Side.VALIDATION)
    before = service.due_runs(any_session)
    labelled(any_session, project, 1)

    assert before == {}
    assert service.due_runs(any_session) == {project.id: "the first 5 training images have landmarks"}


def test_a_run_that_waits_is_not_asked_for_again(any_session: Session, project: Project):
    labelled(any_session, project, 5)

    first = service.consider_runs(any_session, now=NOW)

    assert [run.project_id for run in first] == [project.id]
    assert service.consider_runs(any_session, now=NOW) == []


@pytest.mark.parametrize(("before", "needed"), [(5, 5), (40, 6)])
def test_the_next_run_is_due_with_15_percent_more_landmarks(any_session, project, before, needed):
    labelled(any_session, project, before)
    ended(any_session, project)
    labelled(any_session, project, needed - 1)
    too_early = service.due_runs(any_session)
    labelled(any_session, project, 1)

    assert too_early == {}
    assert service.due_runs(any_session) == {project.id: f"{needed} new landmark answers since run 1"}


def test_fifty_new_attributes_are_worth_a_run_too(any_session: Session, project: Project):
    labelled(any_session, project, 5)
    ended(any_session, project)
    images = [make_image(any_session, project) for _ in range(50)]
    for image in images:
        label(any_session, image, kind="pose")

    assert service.due_runs(any_session) == {project.id: "50 new attribute answers since run 1"}


def test_a_failed_run_is_not_repeated_on_the_same_labels(any_session: Session, project: Project):
    labelled(any_session, project, 5)
    run = request(any_session, project)
    lifecycle.begin(any_session, run.id, attempt=1, now=NOW)
    lifecycle.fail(any_session, run.id, code="diverged", detail="a loss was infinite", now=NOW)

    assert service.due_runs(any_session) == {}


def test_a_run_that_has_ended_never_changes_again(any_session: Session, project: Project):
    labelled(any_session, project, 1)
    run = ended(any_session, project)

    lifecycle.fail(any_session, run.id, code="internal", detail="too late", now=later(99))
    service.cancel(any_session, run.id, by=make_user(any_session).id, now=later(99))

    assert (run.status, run.error_code, run.finished_at) == ("succeeded", None, later(60))


def test_a_pool_holds_training_and_labelled_validation_images_only(any_session: Session, project: Project):
    train = labelled(any_session, project, 2)
    unlabelled = make_image(any_session, project)
    validation = labelled(any_session, project, 1, side=Side.VALIDATION)
    make_image(any_session, project, side=Side.VALIDATION)
    labelled(any_session, project, 1, side=Side.TEST)

    frozen = pool.freeze(any_session, project.id)

    assert frozen.counts["images"] == 4
    assert (frozen.counts["landmarks"], frozen.counts["validation"]) == (3, 1)
    ids = [image.id for image in [*train, unlabelled, *validation]]
    assert sorted(ids) == [image["id"] for image in pool.parse(frozen.content)["images"]]


def test_the_same_labels_give_the_same_pool(any_session: Session, project: Project):
    images = labelled(any_session, project, 3)
    first = pool.freeze(any_session, project.id).sha256
    again = pool.freeze(any_session, project.id).sha256
    label(any_session, images[0], base=1)

    assert first == again
    assert pool.freeze(any_session, project.id).sha256 != first


def test_of_too_many_unlabelled_images_those_with_attributes_come_first(any_session, project, monkeypatch):
    monkeypatch.setattr(pool, "UNPLACED_LIMIT", 3)
    images = [make_image(any_session, project) for _ in range(20)]
    label(any_session, images[17], kind="pose")

    kept = pool.parse(pool.freeze(any_session, project.id).content)["images"]

    by_hash = sorted((image for image in images if image is not images[17]), key=lambda image: image.sha256)
    assert {image["id"] for image in kept} == {images[17].id, by_hash[0].id, by_hash[1].id}
