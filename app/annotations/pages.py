"""One image with its labels, what the network says of it, and its history."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from app.access import LABEL, REVIEW, SEE, Permission
from app.annotations import notes, repository
from app.annotations.marks import Edge, Mark, edges_between, marks_of
from app.annotations.tables import LANDMARKS, Assist, Note, Revision, SettledFlag
from app.http.access import Guarded, needs
from app.http.deps import NowDep, ReadDep, RowId, UserIdDep, WriteDep
from app.http.pages import Page, may, project_nav, render
from app.images import service as images
from app.images.errors import ImageNotFound
from app.insights import browse
from app.insights.skipped import Skip, skips_of
from app.insights.wanted import ListQuery
from app.language import _, digits, msgid, ngettext
from app.predictions import repository as predictions
from app.predictions.tables import Prediction
from app.projects import service as projects
from app.queue import service as queue
from app.users.tables import User

HELP = {
    Assist.NONE: msgid("none"),
    Assist.PREDICTION: msgid("prediction"),
    Assist.PREVIOUS_IMAGE: msgid("previous image"),
}
MARKS_ACROSS = 70  # so many marks side by side are as wide as the longer side of the image

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, route_class=Guarded)


@dataclass(frozen=True)
class KindRow:
    """One kind of label: the answer that stands, or the network's where there is none."""

    kind: str
    answer: str | None
    predicted: str | None


@dataclass(frozen=True)
class HistoryRow:
    """One answer of the image's history, in words."""

    kind: str
    number: int
    answer: str
    author: str
    created_at: datetime
    seconds: float | None
    help: str


@dataclass(frozen=True)
class NoteRow:
    """What somebody said about the image; of a flag, who has seen to it and when."""

    id: uuid.UUID
    author: str
    created_at: datetime
    text: str
    is_flagged: bool
    settled_by: str | None
    settled_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class ImagePage(Page):
    """What templates/images/image.html may use."""

    template: ClassVar[str] = "images/image.html"
    project_id: int
    image_id: int
    name: str
    file_url: str
    original_url: str
    width_px: int
    height_px: int
    side: str
    byte_count: int
    is_archived: bool
    is_broken: bool
    list_query: str
    earlier_id: int | None
    later_id: int | None
    may_label: bool
    may_review: bool
    marks: Sequence[Mark]
    edges: Sequence[Edge]
    mark_px: float
    kinds: Sequence[KindRow]
    notes: Sequence[NoteRow]
    skips: Sequence[Skip]
    history: Sequence[HistoryRow]


@router.get("/projects/{project_id}/images/{image_id}")
@needs(SEE)
def image_page(
    project_id: RowId, image_id: RowId, session: ReadDep, asked: Annotated[ListQuery, Query()]
) -> HTMLResponse:
    """The picture with all that was ever answered, between its neighbours in the list one came from."""
    project = projects.get_project(session, project_id)
    image = images.get_image(session, image_id)
    _check_within(image.project_id, project_id, image_id)
    schema = projects.schema_of(project)
    history = repository.history(session, image_id)
    current = {revision.kind: revision.body for revision in history}  # oldest first, so the newest stays
    said = (predictions.find_current_prediction(session, image_id) or (None,))[0]
    earlier_id, later_id = browse.neighbours(session, project, schema, asked.wanted(schema), image)
    marks = marks_of(current.get(LANDMARKS), said.points if said else [], schema)
    page = ImagePage(
        page_title=f"{image.name} · {project.name}",
        nav=project_nav(project_id, "Images"),
        project_id=project_id,
        image_id=image_id,
        name=image.name,
        file_url=f"/api/v1/images/{image_id}/file",
        original_url=f"/api/v1/images/{image_id}/original",
        width_px=image.width_px,
        height_px=image.height_px,
        side=image.side,
        byte_count=image.byte_count,
        is_archived=image.archived_at is not None,
        is_broken=image.problem is not None,
        list_query=asked.address(),
        earlier_id=earlier_id,
        later_id=later_id,
        may_label=may(Permission.LABEL),
        marks=marks,
        edges=edges_between(marks, schema),
        mark_px=max(image.width_px, image.height_px) / MARKS_ACROSS / 2,
        kinds=[_kind_row(kind, current, _said_words(said)) for kind in schema.kinds],
        may_review=may(Permission.REVIEW),
        notes=_note_rows(session, image_id),
        skips=skips_of(session, project_id, image_id),
        history=[_history_row(session, revision) for revision in reversed(history)],
    )
    return render(page)


@router.post("/projects/{project_id}/images/{image_id}/ask")
@needs(LABEL)
def ask_about_image(
    project_id: RowId,
    image_id: RowId,
    kind: Annotated[str, Form(max_length=64)],
    session: WriteDep,
    user_id: UserIdDep,
    now: NowDep,
) -> RedirectResponse:
    """Have one question about this image asked next, and go where it is asked."""
    _check_within(images.get_image(session, image_id).project_id, project_id, image_id)
    queue.ask_first(session, image_id=image_id, kind=kind, by=user_id, now=now)
    return RedirectResponse(f"/projects/{project_id}/label", status_code=303)


@router.post("/projects/{project_id}/images/{image_id}/notes/{note_id}/settle")
@needs(REVIEW)
def settle_flag(
    project_id: RowId,
    image_id: RowId,
    note_id: uuid.UUID,
    session: WriteDep,
    user_id: UserIdDep,
    now: NowDep,
    asked: Annotated[ListQuery, Query()],
) -> RedirectResponse:
    """Somebody has seen to what a note flags."""
    _check_within(images.get_image(session, image_id).project_id, project_id, image_id)
    notes.settle(session, image_id=image_id, note_id=note_id, by=user_id, now=now)
    url = f"/projects/{project_id}/images/{image_id}{asked.address()}#notes"
    return RedirectResponse(url, status_code=303)


def _check_within(project_of_image: int, project_id: int, image_id: int) -> None:
    if project_of_image != project_id:
        raise ImageNotFound(image=image_id)


def _kind_row(kind: str, current: Mapping[str, Any], said: Mapping[str, str]) -> KindRow:
    return KindRow(
        kind=kind,
        answer=_answer_words(current[kind]) if kind in current else None,
        predicted=said.get(kind),
    )


def _note_rows(session: Session, image_id: int) -> list[NoteRow]:
    """The newest first."""
    settled = repository.settled_flags(session, image_id)
    return [
        _note_row(session, note, settled.get(note.id))
        for note in reversed(repository.notes(session, image_id))
    ]


def _note_row(session: Session, note: Note, settled: SettledFlag | None) -> NoteRow:
    return NoteRow(
        id=note.id,
        author=session.get_one(User, note.author_id).name,
        created_at=note.created_at,
        text=note.text,
        is_flagged=note.is_flagged,
        settled_by=session.get_one(User, settled.by_user_id).name if settled else None,
        settled_at=settled.at if settled else None,
    )


def _history_row(session: Session, revision: Revision) -> HistoryRow:
    return HistoryRow(
        kind=revision.kind,
        number=revision.number,
        answer=_answer_words(revision.body),
        author=session.get_one(User, revision.author_id).name,
        created_at=revision.created_at,
        seconds=revision.active_seconds,
        help=_("import") if revision.origin == "import" else _(HELP[Assist(revision.assist)]),
    )


def _answer_words(body: Mapping[str, Any]) -> str:
    if "points" in body:
        placed = sum("x" in point for point in body["points"])
        absent = len(body["points"]) - placed
        return (
            _("{placed} placed, {absent} absent", placed=placed, absent=absent) if absent else _placed(placed)
        )
    value = body["value"]
    if value is None:
        return _("cannot tell")
    return value if isinstance(value, str) else digits(value)


def _placed(count: int) -> str:
    return ngettext("{count} placed", "{count} placed", count)


def _said_words(said: Prediction | None) -> dict[str, str]:
    """What the network says, by kind."""
    if said is None:
        return {}
    words = {name: _predicted_words(value) for name, value in said.attributes.items()}
    return words | ({LANDMARKS: _placed(len(said.points))} if said.points else {})


def _predicted_words(said: Mapping[str, float] | float) -> str:
    if not isinstance(said, Mapping):
        return digits(said, 3)
    best = max(said, key=lambda name: said[name])
    return f"{best} ({100 * said[best]:.0f} %)"
