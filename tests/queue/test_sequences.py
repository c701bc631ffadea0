"""Whatever several people do in whatever order: the rows are those that a plain model of the project says.

Hypothesis makes up the order, the same each time; no two steps run at one time (tests/faults/history does
that). Forty sequences of up to thirty steps a database; EQUIMARK_SEQUENCES is another number of them.
"""

import os
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from sqlalchemy.orm import Session

from app.annotations import notes
from app.annotations.schemas import AttributeAnswer, LandmarksAnswer, NoteText
from app.annotations.service import StaleRevision, SubmissionIdReused
from app.annotations.tables import LANDMARKS
from app.db import Database
from app.errors import DomainError
from app.images import service as images
from app.images.errors import ImageArchived
from app.projects import service as projects
from app.projects.schemas import Schema
from app.projects.service import SchemaInUse
from app.queue import grid, grown, handing, ranking
from app.queue import service as queue
from app.queue.handing import Asker, Handed
from app.queue.service import LeaseLost, LeaseNotFound, Taken
from tests.factories import NOW, attribute_body, landmarks_body, make_image, make_project, make_user, point
from tests.queue.lab_model import Given, InHands, Lab
from tests.queue.lab_rows import check_rows

SEQUENCES = int(os.environ.get("EQUIMARK_SEQUENCES", "40"))
STEPS = 30
LEASE_SECONDS = 600
POSE, MOOD = "pose", "mood"
SCHEMA: dict[str, Any] = {
    "landmarks": ["a", "b"],
    "attributes": [{"name": POSE, "question": "Which?", "kind": "classes", "classes": ["front", "side"]}],
}
MORE_LANDMARKS = ("c", "d")
PEOPLE, IMAGES = 3, 4

who = st.integers(0, PEOPLE - 1)
which = st.integers(0, 99)  # one of what there is then
some_kinds = st.sampled_from([None, [LANDMARKS], [POSE], [LANDMARKS, POSE], [POSE, MOOD]])
next_kinds = st.one_of(st.just([]), some_kinds)
seconds = st.one_of(st.none(), st.integers(0, 700 * 64).map(lambda each: each / 64))
base_moved = st.sampled_from([0, 0, 0, 0, -1, 1])


class Labelling(RuleBasedStateMachine):
    """People label the images of one project; every step is one transaction, as a request is."""

    database: ClassVar[Database]

    @initialize()
    def begin(self) -> None:
        self.now = NOW
        with self.database.unit_of_work() as session:
            project = make_project(session, schema=SCHEMA)
            made = [make_image(session, project).id for _ in range(IMAGES)]
            self.project_id, self.people = project.id, [make_user(session).id for _ in range(PEOPLE)]
            queue.open_asks(session, project=project, image_ids=made)
        self.schema = Schema.model_validate(SCHEMA)
        self.lab = Lab(made, list(self.schema.kinds))
        self.lab.open_all()

    # -- what people do

    @rule(who=who, kinds=some_kinds)
    def ask(self, who: int, kinds: list[str] | None) -> None:
        asker = self._asker(who, kinds)
        handed = self._do(lambda session: handing.next_ask(session, project_id=self.project_id, asker=asker))
        self._check_handed(handed, asker, after_id=None)

    @rule(who=who, count=st.integers(1, 3))
    def ask_for_a_grid(self, who: int, count: int) -> None:
        asker, free = self._asker(who, None), self.lab.askable([POSE], self.now)
        tiles = self._do(
            lambda session: grid.next_page(
                session, project_id=self.project_id, attribute=POSE, count=count, asker=asker
            )
        )
        assert len(tiles) == min(count, len(free))
        for tile in tiles:
            assert (tile.image.id, POSE) in free
            assert tile.revision == len(self.lab.chain((tile.image.id, POSE)))
            self.lab.hand(
                Handed(tile.lease, tile.image, 0, None, None, None, 1), by=asker.user_id, after_id=None
            )

    @precondition(lambda self: self.lab.leases)
    @rule(which=which, data=st.data(), moved=base_moved, kinds=next_kinds)
    def answer(self, which: int, data: st.DataObject, moved: int, kinds: list[str] | None) -> None:
        lease = self._pick(list(self.lab.leases.values()), which)
        self._answer(lease.by, lease.image_id, lease.kind, data, moved=moved, kinds=kinds, lease=lease)

    @rule(who=who, which=which, data=st.data(), moved=base_moved, kinds=next_kinds)
    def answer_unasked(
        self, who: int, which: int, data: st.DataObject, moved: int, kinds: list[str] | None
    ) -> None:
        image_id, kind = self._pick(sorted(self.lab.status), which)
        self._answer(self.people[who], image_id, kind, data, moved=moved, kinds=kinds, lease=None)

    @precondition(lambda self: self.lab.given)
    @rule(which=which)
    def send_again(self, which: int) -> None:
        given = self._pick(list(self.lab.given.values()), which)
        asker = self._asker_of(given.by, given.body.next_kinds)
        if given.number is None:
            self._refused(StaleRevision, lambda session: self._submit(session, given, asker))
            return
        taken = self._do(lambda session: self._submit(session, given, asker))
        assert taken.submitted.is_replay
        assert (taken.submitted.revision.id, taken.submitted.revision.number) == (given.body.id, given.number)
        self._check_following(taken.next, asker, after_id=given.body.id, is_replay=True)

    @precondition(lambda self: self.lab.given)
    @rule(which=which)
    def send_another_under_its_id(self, which: int) -> None:
        given = self._pick(list(self.lab.given.values()), which)
        other = given.body.model_copy(update={"active_seconds": 701.0})
        changed = Given(given.image_id, given.kind, given.by, other, None)
        self._refused(
            SubmissionIdReused, lambda session: self._submit(session, changed, self._asker_of(given.by, ()))
        )

    @precondition(lambda self: self.lab.leases)
    @rule(which=which, kinds=next_kinds)
    def skip(self, which: int, kinds: list[str] | None) -> None:
        lease = self._pick(list(self.lab.leases.values()), which)
        asker, is_replay = self._asker_of(lease.by, kinds), lease.has_ended
        following = self._do(
            lambda session: queue.skip(session, lease_id=lease.id, why="blurred", asker=asker)
        )
        if not is_replay:
            self.lab.skip(lease)
        self._check_following(following, asker, after_id=lease.id, is_replay=is_replay)

    @precondition(lambda self: self.lab.leases)
    @rule(which=which)
    def give_back(self, which: int) -> None:
        lease = self._pick(list(self.lab.leases.values()), which)
        self._do(lambda session: queue.release(session, lease_id=lease.id, by=lease.by, now=self.now))
        self.lab.end(lease)

    @precondition(lambda self: self.lab.leases)
    @rule(which=which)
    def renew(self, which: int) -> None:
        lease = self._pick(list(self.lab.leases.values()), which)

        def renewed(session: Session) -> datetime:
            return queue.renew(
                session, lease_id=lease.id, lease_seconds=LEASE_SECONDS, by=lease.by, now=self.now
            )

        if lease.has_ended or self.lab.holds.get(lease.image_id) != lease.id:
            self._refused(LeaseLost, renewed)
            return
        lease.expires_at = self._do(renewed)
        assert lease.expires_at == self.now + timedelta(seconds=LEASE_SECONDS)

    @precondition(lambda self: self.lab.leases)
    @rule(which=which, who=who)
    def touch_anothers_lease(self, which: int, who: int) -> None:
        lease, by = self._pick(list(self.lab.leases.values()), which), self.people[who]
        if by != lease.by:
            self._refused(
                LeaseNotFound,
                lambda session: queue.release(session, lease_id=lease.id, by=by, now=self.now),
            )

    # -- what happens around them

    @rule(passed=st.sampled_from([1, LEASE_SECONDS // 2, LEASE_SECONDS, LEASE_SECONDS + 1]))
    def wait(self, passed: int) -> None:
        self.now += timedelta(seconds=passed)

    @rule()
    def upkeep(self) -> None:
        self._do(lambda session: queue.forget_expired_holds(session, now=self.now))
        an_hour_ago = self.now - timedelta(hours=1)
        ended = [
            each for each, id_ in self.lab.holds.items() if self.lab.leases[id_].expires_at < an_hour_ago
        ]
        for image_id in ended:
            del self.lab.holds[image_id]

    @precondition(lambda self: len(self.lab.archived) < IMAGES - 1)
    @rule(who=who, which=which)
    def archive(self, who: int, which: int) -> None:
        image_id = self._pick(self.lab.image_ids, which)

        def archived(session: Session) -> None:
            images.archive(session, image_id, by=self.people[who], now=self.now)
            queue.withdraw(session, image_id=image_id)

        self._do(archived)
        self.lab.archive(image_id)

    @rule(who=who, which=which)
    def choose_next(self, who: int, which: int) -> None:
        image_id, kind = self._pick(sorted(self.lab.status), which)

        def chosen(session: Session) -> None:
            queue.ask_first(session, image_id=image_id, kind=kind, by=self.people[who], now=self.now)

        if image_id in self.lab.archived:
            self._refused(ImageArchived, chosen)
            return
        self._do(chosen)
        self.lab.choose((image_id, kind))

    @precondition(lambda self: len(self.schema.landmarks) < 2 + len(MORE_LANDMARKS))
    @rule()
    def add_a_landmark(self) -> None:
        name = MORE_LANDMARKS[len(self.schema.landmarks) - 2]
        self._change_schema(landmarks=(*self.schema.landmarks, name))
        self.lab.grown.append([name])

    @precondition(lambda self: MOOD not in self.lab.kinds)
    @rule()
    def add_a_question(self) -> None:
        mood = self.schema.attributes[0].model_copy(update={"name": MOOD})
        self._change_schema(attributes=(*self.schema.attributes, mood))
        self.lab.kinds.append(MOOD)

    @rule()
    def remove_a_landmark(self) -> None:
        smaller = self.schema.model_copy(update={"landmarks": self.schema.landmarks[:-1]})
        self._refused(SchemaInUse, lambda session: self._change(session, smaller))

    @precondition(lambda self: self.lab.grown)
    @rule()
    def work(self) -> None:
        grown.ask_again(database=self.database, project_id=self.project_id, landmarks=self.lab.grown[0])
        ranking.rank_project(database=self.database, project_id=self.project_id, now=self.now)
        self.lab.work()

    @rule(who=who, which=which)
    def flag(self, who: int, which: int) -> None:
        image_id, note_id = self._pick(self.lab.image_ids, which), uuid.uuid4()
        said = NoteText(text="look", is_flagged=True)

        def flagged(session: Session) -> None:
            notes.add(
                session, image_id=image_id, note_id=note_id, said=said, by=self.people[who], now=self.now
            )

        if image_id in self.lab.archived:
            self._refused(ImageArchived, flagged)
            return
        self._do(flagged)
        self.lab.notes[note_id, image_id] = False

    @precondition(lambda self: self.lab.notes)
    @rule(who=who, which=which)
    def review(self, who: int, which: int) -> None:
        note_id, image_id = self._pick(list(self.lab.notes), which)
        self._do(
            lambda session: notes.settle(
                session, image_id=image_id, note_id=note_id, by=self.people[who], now=self.now
            )
        )
        self.lab.notes[note_id, image_id] = True

    @invariant()
    def rows_are_as_the_model_says(self) -> None:
        with self.database.reading() as session:
            check_rows(session, self.project_id, self.lab, now=self.now)

    # -- how it is done and compared

    def _do(self, call: Callable[[Session], Any]) -> Any:
        with self.database.unit_of_work() as session:
            return call(session)

    def _refused(self, expected: type[DomainError], call: Callable[[Session], Any]) -> None:
        """As a request ends that is refused: what the error keeps is committed, all else is not."""
        session = self.database.writing_session()
        with pytest.raises(expected) as refused:
            call(session)
        if refused.value.keeps_changes:
            session.commit()
        session.close()

    @staticmethod
    def _pick(things: Sequence[Any], which: int) -> Any:
        return things[which % len(things)]

    def _asker(self, who: int, kinds: Sequence[str] | None) -> Asker:
        return self._asker_of(self.people[who], kinds)

    def _asker_of(self, user_id: int, kinds: Sequence[str] | None) -> Asker:
        return Asker(user_id, kinds, LEASE_SECONDS, self.now)

    def _submit(self, session: Session, given: Given, asker: Asker) -> Taken:
        return queue.answer(session, image_id=given.image_id, kind=given.kind, answer=given.body, asker=asker)

    def _answer(
        self, by: int, image_id: int, kind: str, data: st.DataObject, *, moved: int,
        kinds: list[str] | None, lease: InHands | None,
    ) -> None:  # fmt: skip
        number = len(self.lab.chain((image_id, kind)))
        body = self._body(kind, data, base=max(0, number + moved), kinds=kinds, lease=lease)
        given, asker = Given(image_id, kind, by, body, None), self._asker_of(by, kinds)
        if image_id in self.lab.archived:
            self._refused(ImageArchived, lambda session: self._submit(session, given, asker))
            return
        self.lab.given[body.id] = given
        if body.base_revision != number:
            self._refused(StaleRevision, lambda session: self._submit(session, given, asker))
            return
        given.number = number + 1
        given.is_late = lease is not None and self.lab.holder(image_id, self.now) is not lease
        taken = self._do(lambda session: self._submit(session, given, asker))
        assert not taken.submitted.is_replay
        self.lab.status[image_id, kind] = "answered"
        if lease is not None:
            self.lab.end(lease)
        self._check_following(taken.next, asker, after_id=body.id, is_replay=False)

    def _body(
        self, kind: str, data: st.DataObject, *, base: int, kinds: list[str] | None, lease: InHands | None
    ) -> LandmarksAnswer | AttributeAnswer:
        said = {
            "answer_id": uuid.uuid4(),  # new in the database, which holds the projects of all sequences
            "base_revision": base,
            "next_kinds": kinds,
            "lease_id": lease and str(lease.id),
            "active_seconds": data.draw(seconds),
        }
        if kind != LANDMARKS:
            value = data.draw(st.sampled_from(["front", "side", None]))
            return AttributeAnswer.model_validate(attribute_body(value, **said))
        count = data.draw(st.integers(1, len(self.schema.landmarks)))
        points = [point(name, 1, 1) for name in self.schema.landmarks[:count]]
        return LandmarksAnswer.model_validate(landmarks_body(points, **said))

    def _check_following(
        self, following: Handed | None, asker: Asker, *, after_id: uuid.UUID, is_replay: bool
    ) -> None:
        """A repetition brings what the first time brought, while that may be given; else something else."""
        if asker.kinds is not None and not asker.kinds:
            assert following is None
            return
        brought = [each for each in self.lab.leases.values() if each.after_id == after_id]
        if is_replay and (given := [each for each in brought if self.lab.runs(each, self.now)]):
            assert following is not None
            assert following.lease.id in {each.id for each in given}
            return
        self._check_handed(following, asker, after_id=after_id)

    def _check_handed(self, handed: Handed | None, asker: Asker, *, after_id: uuid.UUID | None) -> None:
        """Something free is handed out, with the label that stands; nothing only where nothing is free."""
        askable = self.lab.askable(asker.kinds and list(asker.kinds), self.now)
        if handed is None:
            assert not askable
            return
        assert (handed.image.id, handed.lease.kind) in askable
        chain = self.lab.chain((handed.image.id, handed.lease.kind))
        assert handed.revision == len(chain)
        assert handed.body == (chain[-1].body.body if chain else None)
        self.lab.hand(handed, by=asker.user_id, after_id=after_id)

    def _change_schema(self, **changes: Any) -> None:
        self.schema = self.schema.model_copy(update=changes)
        self._do(lambda session: self._change(session, self.schema))

    def _change(self, session: Session, schema: Schema) -> None:
        projects.change(
            session, self.project_id, name=None, schema=schema, base_schema_version=None, has_labels=True,
            by=self.people[0], now=self.now,
        )  # fmt: skip


def test_case_009_whatever_people_do_in_whatever_order_the_rows_are_as_they_must_be(
    any_database: Database,
) -> None:
    class OnThis(Labelling):
        database = any_database

    run_machine(
        OnThis,
        settings=settings(
            max_examples=SEQUENCES,
            stateful_step_count=STEPS,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
