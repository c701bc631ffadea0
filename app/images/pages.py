"""The data page: a project's images with what is known of them, and what became of an upload."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, File, Query, UploadFile
from fastapi.responses import HTMLResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from app.access import MANAGE, SEE, Permission
from app.annotations import repository as labels
from app.http.access import Guarded, needs
from app.http.admission import Work
from app.http.deps import NowDep, ReadDep, RowId, SettingsDep, State, StateDep, UserIdDep
from app.http.errors import words_of_code
from app.http.pages import Page, may, project_nav, render
from app.images.routes import take_upload
from app.images.schemas import UploadOut
from app.insights import browse
from app.insights.browse import Listed, Listing
from app.insights.noted import Noted
from app.insights.walk import Sort
from app.insights.wanted import ListQuery
from app.language import _, msgid, ngettext
from app.projects import service as projects
from app.projects.schemas import LANDMARKS, Schema

IMAGES_A_PAGE = 60
NAMED_KINDS = 3  # labelled kinds that a tile names; more of them are counted
SIDES = {
    "": msgid("Every side"),
    "train": msgid("Training"),
    "validation": msgid("Validation"),
    "test": msgid("Test"),
}
NOTES = {
    "": msgid("With or without"),
    Noted.ANY.value: msgid("With a note"),
    Noted.FLAGGED.value: msgid("Flagged for review"),
}
SORTS = {
    Sort.OLDEST: msgid("Oldest first"),
    Sort.NEWEST: msgid("Newest first"),
    Sort.NAME: msgid("Name, A to Z"),
    Sort.NAME_BACK: msgid("Name, Z to A"),
}

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, route_class=Guarded)
uploads = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, route_class=Guarded)
KnownId = Annotated[int, Field(ge=1, le=2**63 - 1)]


class ImagesQuery(ListQuery):
    """What the page's address says; `after` and `before` are images where a page begins or ends."""

    after: KnownId | None = None
    before: KnownId | None = None


@dataclass(frozen=True)
class Choice:
    """One option of a filter."""

    value: str
    text: str
    is_chosen: bool


@dataclass(frozen=True)
class Tile:
    """One image in the list. `labelled` and `noted` say in words which labels and how many notes it has.

    is_skipped   a question was skipped and has no answer yet; `why_skipped` is empty where nobody said why
    thumb_url    None where the image does not open
    """

    id: int
    name: str
    thumb_url: str | None
    side: str
    labelled: str
    is_predicted: bool
    noted: str
    is_flagged: bool
    is_skipped: bool
    why_skipped: str


@dataclass(frozen=True)
class Tallied:
    """How many images have a label of one kind."""

    kind: str
    count: int


@dataclass(frozen=True, kw_only=True)
class ImagesPage(Page):
    """What templates/images/list.html may use."""

    template: ClassVar[str] = "images/list.html"
    project_id: int
    project_name: str
    image_count: int
    tallies: Sequence[Tallied]
    states: Sequence[Choice]
    sides: Sequence[Choice]
    notes: Sequence[Choice]
    sorts: Sequence[Choice]
    name: str
    is_filtered: bool
    tiles: Sequence[Tile]
    list_query: str
    earlier_url: str | None
    later_url: str | None
    image_limit_megabytes: int
    may_manage: bool


@dataclass(frozen=True, kw_only=True)
class UploadedPage(Page):
    """What templates/images/uploaded.html may use: the outcome of a form that was sent without JavaScript."""

    template: ClassVar[str] = "images/uploaded.html"
    project_id: int
    project_name: str
    outcome: UploadOut


@router.get("/projects/{project_id}/images")
@needs(SEE)
def images_page(
    project_id: RowId, session: ReadDep, settings: SettingsDep, asked: Annotated[ImagesQuery, Query()]
) -> HTMLResponse:
    """Thumbnails with their state; every filter is in the address, so a view can be kept and shared."""
    project = projects.get_project(session, project_id)
    schema = projects.schema_of(project)
    wanted = asked.wanted(schema)
    listing = browse.list_images(
        session,
        project,
        schema,
        wanted,
        after_id=asked.after,
        before_id=asked.before,
        limit=IMAGES_A_PAGE,
    )
    tallies = labels.tallies_of(session, project_id)
    page = ImagesPage(
        page_title=f"{_('Images')} · {project.name}",
        nav=project_nav(project_id, "Images"),
        project_id=project_id,
        project_name=project.name,
        image_count=project.image_count,
        tallies=[Tallied(kind, tallies[kind].labelled_count) for kind in schema.kinds if kind in tallies],
        states=_choices(_states(schema), asked.state),
        sides=_choices({key: _(text) for key, text in SIDES.items()}, asked.side),
        notes=_choices({key: _(text) for key, text in NOTES.items()}, asked.notes),
        sorts=_choices({key.value: _(text) for key, text in SORTS.items()}, asked.sort),
        name=wanted.name,
        is_filtered=bool(asked.state or asked.side or asked.notes or wanted.name),
        tiles=[_tile(row, schema) for row in listing.rows],
        image_limit_megabytes=settings.image_limit_bytes // 2**20,
        may_manage=may(Permission.MANAGE),
        list_query=asked.address(),
        **_links(listing, asked),
    )
    return render(page)


@uploads.post("/projects/{project_id}/images")
@needs(MANAGE, work=Work.HEAVY)
async def upload_page(
    project_id: RowId,
    files: Annotated[list[UploadFile], File()],
    state: StateDep,
    user_id: UserIdDep,
    now: NowDep,
) -> HTMLResponse:
    """Take the files of the plain form and say what became of each."""
    outcome = await take_upload(state, project_id=project_id, files=files, user_id=user_id, now=now)
    project_name = await run_in_threadpool(_name_of, state, project_id)
    items = [
        item.model_copy(update={"detail": words_of_code(item.code or "", item.detail)})
        if item.detail
        else item
        for item in outcome.items
    ]
    page = UploadedPage(
        page_title=f"{_('Upload')} · {project_name}",
        nav=project_nav(project_id, "Images"),
        project_id=project_id,
        project_name=project_name,
        outcome=outcome.model_copy(update={"items": items}),
    )
    return render(page)


def _name_of(state: State, project_id: int) -> str:
    with state.database.reading() as session:
        return projects.get_project(session, project_id).name


def _states(schema: Schema) -> dict[str, str]:
    words = {"": _("Every state"), "labelled": _("With any label"), "open": _("Without a label")}
    for kind in schema.kinds:
        words[f"labelled:{kind}"] = _("With {kind}", kind=_kind_words(kind))
        words[f"open:{kind}"] = _("Without {kind}", kind=_kind_words(kind))
    return words | {
        "predicted": _("Predicted by the network"),
        "unpredicted": _("Not predicted"),
        "skipped": _("Skipped"),
    }


def _kind_words(kind: str) -> str:
    return _("landmarks") if kind == LANDMARKS else _("“{name}”", name=kind)


def _choices(words: dict[str, str], chosen: str) -> list[Choice]:
    return [Choice(value, text, value == chosen) for value, text in words.items()]


def _tile(row: Listed, schema: Schema) -> Tile:
    labelled = ", ".join(_("landmarks") if kind == LANDMARKS else kind for kind in row.labelled)
    if len(row.labelled) > NAMED_KINDS:
        labelled = _("{some} of {all} kinds", some=len(row.labelled), all=len(schema.kinds))
    return Tile(
        id=row.image.id,
        name=row.image.name,
        thumb_url=None if row.image.problem else f"/api/v1/images/{row.image.id}/thumb",
        side=row.image.side,
        labelled=labelled,
        is_predicted=row.is_predicted,
        noted=ngettext("{count} note", "{count} notes", row.note_count) if row.note_count else "",
        is_flagged=row.is_flagged,
        is_skipped=row.skipped is not None,
        why_skipped=row.skipped or "",
    )


def _links(listing: Listing, asked: ImagesQuery) -> dict[str, str | None]:
    rows = listing.rows
    return {
        "earlier_url": asked.address(before=rows[0].image.id) if rows and listing.has_earlier else None,
        "later_url": asked.address(after=rows[-1].image.id) if rows and listing.has_later else None,
    }
