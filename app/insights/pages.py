"""The page about annotators' time: what each kind takes, and what predictions save."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.access import MANAGE, SEE, Permission
from app.annotations import repository as labels
from app.annotations.tables import Tally
from app.http.access import Guarded, needs
from app.http.deps import NowDep, ReadDep, RowId, UserIdDep, WriteDep
from app.http.pages import Page, may, project_nav, render
from app.insights.assistance import ENOUGH, Assistance, Difference, assistance_of
from app.language import _, msgid, number
from app.projects import service as projects

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, route_class=Guarded)

SECONDS_AN_HOUR = 3600
EFFECTS = {  # by whether it saves time, and whether it is known how far it draws points
    (True, False): msgid("Assistance saves {time} an image."),
    (False, False): msgid("Assistance costs {time} an image."),
    (True, True): msgid(
        "Assistance saves {time} an image and moves points by {distance} towards the prediction."
    ),
    (False, True): msgid(
        "Assistance costs {time} an image and moves points by {distance} towards the prediction."
    ),
}


@dataclass(frozen=True)
class KindTime:
    """Measured active time of one kind of label."""

    kind: str
    answers: int
    seconds_each: float | None
    total: str


@dataclass(frozen=True, kw_only=True)
class TimePage(Page):
    """What templates/insights/time.html may use."""

    template: ClassVar[str] = "insights/time.html"
    project_id: int
    project_name: str
    kinds: Sequence[KindTime]
    assistance: Assistance
    sentence: str
    control_percent: float
    may_manage: bool


@router.get("/projects/{project_id}/time")
@needs(SEE)
def time_page(project_id: RowId, session: ReadDep) -> HTMLResponse:
    """Active time by kind, and the control arm."""
    project = projects.get_project(session, project_id)
    assistance = assistance_of(session, project_id, control_share=project.control_share)
    tallies = labels.tallies_of(session, project_id)
    page = TimePage(
        page_title=f"{_('Time')} · {project.name}",
        nav=project_nav(project_id, "Time"),
        project_id=project_id,
        project_name=project.name,
        kinds=[
            _kind_time(kind, tallies[kind]) for kind in projects.schema_of(project).kinds if kind in tallies
        ],
        assistance=assistance,
        sentence=sentence(assistance),
        control_percent=100 * project.control_share,
        may_manage=may(Permission.MANAGE),
    )
    return render(page)


@router.post("/projects/{project_id}/time")
@needs(MANAGE)
def change_control_share(
    project_id: RowId,
    session: WriteDep,
    user_id: UserIdDep,
    now: NowDep,
    control_percent: Annotated[float, Form(ge=0, le=100)],
) -> Response:
    """Hide the prediction on another share of the images, from the next ask on."""
    projects.set_control_share(session, project_id, share=control_percent / 100, by=user_id, now=now)
    return RedirectResponse(f"/projects/{project_id}/time", status_code=303)


def sentence(assistance: Assistance) -> str:
    """E.g. "Assistance saves 31 ± 4 s an image and moves points by 0.2 ± 0.1 px towards the prediction."."""
    if assistance.saved_seconds is None:
        return _(
            "Not known yet: it takes {enough} images with the prediction shown and {enough} with it hidden; "
            "so far there are {shown} and {hidden}.",
            enough=ENOUGH,
            shown=assistance.shown.answers,
            hidden=assistance.hidden.answers,
        )
    is_saved, is_drawn = assistance.saved_seconds.mean >= 0, assistance.drawn_px is not None
    return _(
        EFFECTS[is_saved, is_drawn],
        time=_words(assistance.saved_seconds, "s").lstrip("-"),
        distance=_words(assistance.drawn_px, "px") if assistance.drawn_px else "",
    )


def _words(difference: Difference, unit: str) -> str:
    return f"{number(difference.mean, 1)} ± {number(difference.margin, 1)} {unit}"


def _time_words(seconds: float) -> str:
    """In hours; below one, in minutes."""
    if seconds < SECONDS_AN_HOUR:
        return _("{minutes} min", minutes=number(seconds / 60, 1))
    return _("{hours} h", hours=number(seconds / SECONDS_AN_HOUR, 2))


def _kind_time(kind: str, tally: Tally) -> KindTime:
    return KindTime(
        kind=kind,
        answers=tally.timed_count,
        seconds_each=tally.active_seconds / tally.timed_count if tally.timed_count else None,
        total=_time_words(tally.active_seconds),
    )
