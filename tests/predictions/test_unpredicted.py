"""The list of what is not predicted: whole, whoever adds, predicts and promotes at the same time."""

import threading
from collections.abc import Callable
from functools import partial
from itertools import count

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import Database
from app.images import service as images
from app.images.tables import Image
from app.predictions import service, unpredicted
from app.predictions.tables import Network, Prediction, Unpredicted
from app.projects.tables import Project
from tests.factories import NOW, make_image, make_project, make_user
from tests.predictions.test_predictions_service import make_network, row_for
from tests.statements import plan_of, sent


@pytest.fixture
def project(any_session: Session) -> Project:
    return make_project(any_session)


def promoted(session: Session, project: Project) -> Network:
    network = make_network(session, project)
    service.promote(session, network.id, by=None, now=NOW)
    return network


def bring_up_to_date(session: Session, network: Network) -> int:
    """How many transactions a worker would need."""
    rounds = 1
    while unpredicted.extend(session, network):
        rounds += 1
    return rounds


def listed(session: Session) -> set[tuple[int, int]]:
    return {tuple(row) for row in session.execute(select(Unpredicted.network_id, Unpredicted.image_id))}


def test_what_is_missing_is_listed_and_struck_when_it_is_predicted(any_session, project):
    made = [make_image(any_session, project) for _ in range(4)]
    make_image(any_session, make_project(any_session))
    images.archive(any_session, made[3].id, by=make_user(any_session).id, now=NOW)
    network = promoted(any_session, project)
    service.store_predictions(any_session, network, [row_for(made[0].id, 1.0)])

    bring_up_to_date(any_session, network)
    before = listed(any_session)
    service.store_predictions(any_session, network, [row_for(made[1].id, 1.0)])

    assert before == {(network.id, made[1].id), (network.id, made[2].id)}
    assert listed(any_session) == {(network.id, made[2].id)}
    assert unpredicted.find_through_id(any_session, project.id, network.id) == made[3].id


def test_a_large_project_is_listed_in_short_transactions(any_session, project, monkeypatch):
    monkeypatch.setattr(unpredicted, "ROWS_AT_ONCE", 2)
    made = [make_image(any_session, project) for _ in range(5)]
    network = promoted(any_session, project)

    through = []
    while unpredicted.extend(any_session, network):
        through.append(unpredicted.find_through_id(any_session, project.id, network.id))

    assert through == [made[1].id, made[3].id, made[4].id]
    assert listed(any_session) == {(network.id, each.id) for each in made}


def test_images_that_come_later_are_taken_up_with_the_next_round(any_session, project):
    network = promoted(any_session, project)
    first = make_image(any_session, project)
    bring_up_to_date(any_session, network)
    second = make_image(any_session, project)

    through = unpredicted.find_through_id(any_session, project.id, network.id)
    bring_up_to_date(any_session, network)

    assert through == first.id
    assert listed(any_session) == {(network.id, first.id), (network.id, second.id)}


def test_another_network_begins_a_list_of_its_own_and_the_old_one_goes(any_session, project, monkeypatch):
    monkeypatch.setattr(unpredicted, "ROWS_AT_ONCE", 2)
    made = [make_image(any_session, project) for _ in range(5)]
    old = promoted(any_session, project)
    bring_up_to_date(any_session, old)
    new = promoted(any_session, project)

    bring_up_to_date(any_session, new)
    of_new = listed(any_session)
    service.promote(any_session, old.id, by=None, now=NOW)
    refused = unpredicted.extend(any_session, new)
    bring_up_to_date(any_session, old)

    assert of_new == {(new.id, each.id) for each in made}
    assert not refused
    assert listed(any_session) == {(old.id, each.id) for each in made}
    assert unpredicted.find_through_id(any_session, project.id, new.id) is None


def test_a_network_that_is_not_the_current_one_strikes_nothing_of_the_other(any_session, project):
    image = make_image(any_session, project)
    old, new = promoted(any_session, project), promoted(any_session, project)
    bring_up_to_date(any_session, new)

    service.store_predictions(any_session, old, [row_for(image.id, 1.0)])

    assert listed(any_session) == {(new.id, image.id)}


@pytest.mark.postgres
def test_listing_goes_by_indexes(postgres_database: Database):
    """A round reads the images that it takes up, not the pool."""
    with postgres_database.unit_of_work() as session:
        project = make_project(session)
        make_image(session, project)
        network = promoted(session, project)
        with sent(session) as statements:
            unpredicted.extend(session, network)
        session.connection().exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = plan_of(session, *next(each for each in statements if "INSERT INTO unpredicted (" in each[0]))

    assert "ix_images_project_id_id" in plan
    assert "Seq Scan" not in plan


def left_out(session: Session, project_id: int) -> list[str]:
    """What a reader would miss, in one instant."""
    current = service.get_current_network(session, project_id)
    through_id = unpredicted.find_through_id(session, project_id, current.id)
    said = select(Prediction.image_id).where(Prediction.network_id == current.id)
    there = select(Unpredicted.image_id).where(Unpredicted.network_id == current.id)
    missing = select(Image.id).where(Image.id <= (through_id or 0), Image.id.not_in(said))
    found = session.scalars(missing.where(Image.id.not_in(there)))
    return [f"{each} of {through_id} by {current.id}" for each in found]


def add_some(database: Database, project_id: int, number: int) -> None:
    with database.unit_of_work() as session:
        assert images.repository.lock_for_adding(session, project_id)
        for _ in range(1 + number % 3):
            make_image(session, session.get_one(Project, project_id))


def work(database: Database, network: Network, number: int) -> None:
    """What a worker does with one network: list, then predict some."""
    with database.unit_of_work() as session:
        unpredicted.extend(session, network)
    with database.unit_of_work() as session:
        ids = session.scalars(select(Image.id).where(Image.id % 3 != number % 3).limit(20)).all()
        service.store_predictions(session, network, [row_for(each, 1.0) for each in sorted(ids)])


@pytest.mark.postgres
def test_nothing_that_is_missing_is_left_out_while_all_work_at_once(postgres_database: Database):
    """Imports, two workers with different networks, promotions and rollbacks, each in threads of its own."""
    with postgres_database.unit_of_work() as session:
        project = make_project(session)
        project_id = project.id
        old, new = promoted(session, project), promoted(session, project)
    is_over = threading.Event()
    missed: list[str] = []

    def promote(number: int) -> None:
        with postgres_database.unit_of_work() as session:
            service.promote(session, (old, new)[number % 2].id, by=None, now=NOW)

    def watch(_number: int) -> None:
        with postgres_database.snapshot() as session:
            missed.extend(left_out(session, project_id))

    def until_over(do: Callable[[int], None]) -> None:
        for number in count():
            if is_over.is_set():
                return
            do(number)

    add = partial(add_some, postgres_database, project_id)
    works = (add, add, *(partial(work, postgres_database, network) for network in (old, new)), promote, watch)
    threads = [threading.Thread(target=until_over, args=(do,)) for do in works]
    for thread in threads:
        thread.start()
    is_over.wait(3)
    is_over.set()
    for thread in threads:
        thread.join()

    with postgres_database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Prediction))
    assert missed == []
