"""The people of a project: roles and invitations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from app.access import MANAGE, Caller, Role
from app.errors import DomainError
from app.http.access import Guarded, invitation_url, needs
from app.http.deps import CallerDep, NowDep, ReadDep, RoleDep, RowId, UserIdDep, WriteDep
from app.http.errors import status_of, words_of
from app.http.pages import Page, project_nav, render
from app.language import _, msgid
from app.projects import service as projects
from app.users import invitations, members
from app.users.members import LastOwner, Member, MemberNotFound, RoleAboveOwn
from app.users.tables import Invitation

router = APIRouter(
    prefix="/projects/{project_id}/people",
    include_in_schema=False,
    default_response_class=HTMLResponse,
    route_class=Guarded,
)
MEANINGS = {
    Role.VIEWER: msgid("sees everything, changes nothing"),
    Role.ANNOTATOR: msgid("sees and labels"),
    Role.REVIEWER: msgid("looks through what others answered, too"),
    Role.MANAGER: msgid("images, schema, training, exports, people"),
    Role.OWNER: msgid("may appoint managers and owners, too"),
}


@dataclass(frozen=True, kw_only=True)
class PeoplePage(Page):
    """What templates/users/people.html may use."""

    template: ClassVar[str] = "users/people.html"
    project_id: int
    project_name: str
    own_id: int
    members: Sequence[Member]
    invitations: Sequence[Invitation]
    roles: dict[Role, str]
    new_url: str | None = None
    error: str = ""


@router.get("")
@needs(MANAGE)
def people_page(
    project_id: RowId, session: ReadDep, caller: CallerDep, role: RoleDep, now: NowDep
) -> HTMLResponse:
    """Who is here, and who has been invited."""
    return render(_page(session, project_id, caller, role, now))


@router.post("/invite")
@needs(MANAGE)
def invite(
    project_id: RowId,
    request: Request,
    session: WriteDep,
    caller: CallerDep,
    role: RoleDep,
    now: NowDep,
    offered: Annotated[Role, Form(alias="role")],
    note: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Make a link and show it, this once."""
    try:
        _invitation, secret = invitations.invite(
            session,
            project_id=project_id,
            role=offered,
            note=note.strip(),
            by=caller.user_id,
            as_role=role,
            now=now,
        )
    except RoleAboveOwn as error:
        return _refused(session, project_id, caller, role, now, error)
    return render(_page(session, project_id, caller, role, now, new_url=invitation_url(request, secret)))


@router.post("/invitations/{invitation_id}/revoke")
@needs(MANAGE)
def revoke_invitation(
    project_id: RowId, invitation_id: RowId, session: WriteDep, user_id: UserIdDep, role: RoleDep, now: NowDep
) -> Response:
    """Take a link back."""
    invitations.revoke(
        session, project_id=project_id, invitation_id=invitation_id, by=user_id, as_role=role, now=now
    )
    return RedirectResponse(f"/projects/{project_id}/people", status_code=303)


@router.post("/{user_id}/role")
@needs(MANAGE)
def change_role(
    project_id: RowId,
    user_id: RowId,
    session: WriteDep,
    caller: CallerDep,
    role: RoleDep,
    now: NowDep,
    wanted: Annotated[Role, Form(alias="role")],
) -> Response:
    """Give a member another role."""
    try:
        members.change(
            session,
            project_id=project_id,
            user_id=user_id,
            role=wanted,
            by=caller.user_id,
            as_role=role,
            now=now,
        )
    except (MemberNotFound, RoleAboveOwn, LastOwner) as error:
        return _refused(session, project_id, caller, role, now, error)
    return RedirectResponse(f"/projects/{project_id}/people", status_code=303)


@router.post("/{user_id}/remove")
@needs(MANAGE)
def remove(
    project_id: RowId, user_id: RowId, session: WriteDep, caller: CallerDep, role: RoleDep, now: NowDep
) -> Response:
    """Take a person out of the project."""
    try:
        members.remove(
            session, project_id=project_id, user_id=user_id, by=caller.user_id, as_role=role, now=now
        )
    except (MemberNotFound, RoleAboveOwn, LastOwner) as error:
        return _refused(session, project_id, caller, role, now, error)
    is_self = user_id == caller.user_id
    return RedirectResponse("/" if is_self else f"/projects/{project_id}/people", status_code=303)


def _refused(
    session: Session, project_id: int, caller: Caller, role: Role, now: datetime, error: DomainError
) -> HTMLResponse:
    page = _page(session, project_id, caller, role, now, error=words_of(error))
    return render(page, status=status_of(error))


def _page(
    session: Session,
    project_id: int,
    caller: Caller,
    role: Role,
    now: datetime,
    *,
    new_url: str | None = None,
    error: str = "",
) -> PeoplePage:
    project = projects.get_project(session, project_id)
    return PeoplePage(
        page_title=f"{_('People')} · {project.name}",
        nav=project_nav(project_id, "People"),
        project_id=project_id,
        project_name=project.name,
        own_id=caller.user_id,
        members=members.list_members(session, project_id),
        invitations=invitations.list_open(session, project_id, now=now),
        roles={each: words for each, words in MEANINGS.items() if each.rank <= role.rank},
        new_url=new_url,
        error=error,
    )
