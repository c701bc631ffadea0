"""The search for images that fit: whichever way it takes, it finds what a look at every image finds."""

import random
import uuid
from itertools import product

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.annotations import notes
from app.annotations import service as annotations
from app.annotations.schemas import AttributeAnswer, LandmarksAnswer, NoteText
from app.images import service as images
from app.images.tables import Image, Side
from app.insights import browse, candidates, search
from app.insights.browse import Listed
from app.insights.noted import Noted
from app.insights.walk import Sort
from app.insights.wanted import State, Wanted
from app.predictions import service as predictions
from app.predictions import unpredicted
from app.predictions.tables import Network, Unpredicted, UnpredictedList
from app.projects import service as projects
from app.projects.tables import Project
from app.queue import service as queue
from app.queue.tables import Ask
from tests.factories import NOW, attribute_body, landmarks_body, make_image, make_project, make_user
from tests.predictions.test_predictions_service import make_network, row_for
from tests.statements import plan_of, sent

NAMES = ("hand_d", "foot_b", "hand_a", "HAND_b", "hand_e", "foot_a", "hand_a", "hand_c", "foot_%", "hand_z")
STATES: tuple[tuple[State | None, str | None], ...] = (
    (None, None), (State.LABELLED, None), (State.LABELLED, "pose"), (State.LABELLED, "landmarks"),
    (State.OPEN, None), (State.OPEN, "pose"), (State.OPEN, "landmarks"), (State.PREDICTED, None),
    (State.UNPREDICTED, None), (State.SKIPPED, None),
)  # fmt: skip
FILTERS = [
    Wanted(state=state, kind=kind, side=side, noted=noted, name=name)
    for (state, kind), side, noted, name in product(
        STATES, (None, Side.TEST, Side.TRAIN), (None, Noted.ANY, Noted.FLAGGED), ("", "and_", "T_%")
    )
]


def _fits(row: Listed, wanted: Wanted) -> bool:
    is_labelled = wanted.kind in row.labelled if wanted.kind else bool(row.labelled)
    is_in_state = {
        None: True,
        State.LABELLED: is_labelled,
        State.OPEN: not is_labelled,
        State.PREDICTED: row.is_predicted,
        State.UNPREDICTED: not row.is_predicted,
        State.SKIPPED: row.skipped is not None,
    }[wanted.state]
    is_noted = {None: True, Noted.ANY: row.note_count > 0, Noted.FLAGGED: row.is_flagged}[wanted.noted]
    is_on_side = wanted.side is None or row.image.side == wanted.side
    return is_in_state and is_noted and is_on_side and wanted.name.casefold() in row.image.name.casefold()


def _answer(session: Session, image: Image, kind: str, by: int) -> None:
    body = landmarks_body() if kind == "landmarks" else attribute_body("front")
    answer = (LandmarksAnswer if kind == "landmarks" else AttributeAnswer).model_validate(body)
    annotations.submit(session, image_id=image.id, kind=kind, answer=answer, by=by, is_late=False, now=NOW)
    queue.close_asks(session, image_id=image.id, kind=kind)


def _filled(session: Session, dice: random.Random) -> tuple[Project, Network]:
    """A project with images of every kind, one of them archived, among those of another project."""
    project, other = make_project(session), make_project(session)
    by = make_user(session).id
    made = []
    for name in NAMES:
        make_image(session, other, name=name)
        made.append(make_image(session, project, name=name, side=dice.choice([Side.TEST, Side.TRAIN])))
    queue.open_asks(session, project=project, image_ids=[each.id for each in made])
    for image in made:
        for kind in ("landmarks", "pose"):
            if dice.random() < 0.4:
                _answer(session, image, kind, by)
        if dice.random() < 0.4:
            said = NoteText(text="look", is_flagged=dice.random() < 0.5)
            notes.add(session, image_id=image.id, note_id=uuid.uuid4(), said=said, by=by, now=NOW)
    asked = select(Ask).where(Ask.project_id == project.id).order_by(Ask.id)
    for ask in session.scalars(asked):
        ask.skip_count = dice.choice([0, 0, 1])  # of answered ones, too: those are no longer listed
    network = make_network(session, project)
    predictions.promote(session, network.id, by=None, now=NOW)
    said = [row_for(each.id, 1.0) for each in made if dice.random() < 0.5]
    predictions.store_predictions(session, network, said)
    images.archive(session, dice.choice(made).id, by=by, now=NOW)
    return project, network


def _no_list(_session: Session, _network: Network, _dice: random.Random) -> None:
    """The worker has not come to it."""


def _whole_list(session: Session, network: Network, _dice: random.Random) -> None:
    while unpredicted.extend(session, network):
        pass


def _half_list(session: Session, network: Network, dice: random.Random) -> None:
    """Images came after it; of those on it, one has been predicted by a second worker at the same time."""
    there = session.scalars(select(Image).where(Image.project_id == network.project_id).order_by(Image.id))
    some = there.all()[: dice.randrange(2, 8)]
    _whole_list(session, network, dice)
    session.get_one(UnpredictedList, network.project_id).through_id = some[-1].id
    session.flush()
    session.execute(Unpredicted.__table__.delete().where(Unpredicted.image_id > some[-1].id))
    on_it = set(session.scalars(select(Unpredicted.image_id)))
    doubled = next((each for each in some if each.id not in on_it), some[0])
    session.merge(Unpredicted(network_id=network.id, image_id=doubled.id, name=doubled.name))
    session.flush()


def _list_of_another(session: Session, network: Network, dice: random.Random) -> None:
    """Another network was promoted, the worker listed what it lacks, and then the old one came back."""
    other = make_network(session, session.get_one(Project, network.project_id))
    predictions.promote(session, other.id, by=None, now=NOW)
    _whole_list(session, other, dice)
    predictions.promote(session, network.id, by=None, now=NOW)


@pytest.mark.parametrize("few", [0, 5000])
@pytest.mark.parametrize("near", [1, 4])
@pytest.mark.parametrize("listed", [_no_list, _whole_list, _half_list, _list_of_another])
def test_each_way_finds_the_same_images_in_the_same_order(any_session, monkeypatch, few, near, listed):
    monkeypatch.setattr(candidates, "FEW", few)
    monkeypatch.setattr(search, "NEAR", near)
    dice = random.Random(f"{few} {near} {listed.__name__}")
    project, network = _filled(any_session, dice)
    listed(any_session, network, dice)
    schema = projects.schema_of(project)

    wrong = []
    for sort in Sort:
        whole = browse.list_images(any_session, project, schema, Wanted(sort=sort), limit=100).rows
        for each in dice.sample(FILTERS, 6):
            wanted = Wanted(**{**vars(each), "sort": sort})
            fit = [row for row in whole if _fits(row, wanted)]
            at, limit = dice.randrange(len(whole)), dice.choice([1, 2, 3, 100])
            here = whole[at].image.id
            past = [row.image.id for row in fit if whole.index(row) > at]
            before = [row.image.id for row in fit if whole.index(row) < at]
            for place, expected, is_back in (({}, [row.image.id for row in fit], False),
                                             ({"after_id": here}, past, False),
                                             ({"before_id": here}, before, True)):  # fmt: skip
                listing = browse.list_images(any_session, project, schema, wanted, **place, limit=limit)
                found = [row.image.id for row in listing.rows]
                cut = expected[-limit:] if is_back else expected[:limit]
                has_more = listing.has_earlier if is_back else listing.has_later
                if found != cut or has_more != (len(expected) > limit):
                    wrong.append((wanted, place, limit, found, cut))
    assert not wrong, wrong[:3]


@pytest.mark.postgres
def test_a_part_of_a_name_is_looked_up_by_its_runs_and_compared_whole(postgres_database, monkeypatch):
    monkeypatch.setattr(search, "NEAR", 1)
    with postgres_database.unit_of_work() as session:
        project = make_project(session)
        for name in ("a hand_07.jpg", "b hand-07.jpg", "c Hand_07x.jpg", "d hand_7.jpg"):
            make_image(session, project, name=name)
        schema = projects.schema_of(project)
        with sent(session) as statements:
            rows = browse.list_images(session, project, schema, Wanted(name="hand_07"), limit=9).rows

    assert [row.image.name for row in rows] == ["a hand_07.jpg", "c Hand_07x.jpg"]
    assert any("WITH" in statement and "hand" in given.values() for statement, given in statements), (
        statements
    )


@pytest.mark.parametrize(
    ("part", "runs"),
    [("_0210000", ["0210000"]), ("hand_00a", ["hand", "00a"]), ("_c_02", []), ("Maß 2é3", ["Maß", "2é3"])],
)
def test_runs_of_letters_and_digits(part, runs):
    assert candidates.RUN.findall(part) == runs


@pytest.mark.postgres
@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("is_back", [False, True])
def test_what_is_not_predicted_is_read_from_its_list_in_both_orders(
    postgres_database, monkeypatch, sort, is_back
):
    monkeypatch.setattr(search, "NEAR", 1)
    with postgres_database.unit_of_work() as session:
        project, network = _filled(session, random.Random(1))
        _whole_list(session, network, random.Random(1))
        session.execute(text("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off"))
        place = session.scalar(select(Image.id).where(Image.project_id == project.id, Image.name == "hand_c"))
        with sent(session) as statements:
            browse.list_images(
                session,
                project,
                projects.schema_of(project),
                Wanted(state=State.UNPREDICTED, sort=sort),
                **{"before_id" if is_back else "after_id": place},
                limit=2,
            )
        plan = plan_of(session, *next(each for each in statements if "FROM unpredicted," in each[0]
                                      or "JOIN unpredicted ON" in each[0]))  # fmt: skip

    by_name = sort in {Sort.NAME, Sort.NAME_BACK}
    assert ("ix_unpredicted_network_id_name" if by_name else "pk_unpredicted") in plan, plan
