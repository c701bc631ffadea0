"""REST of people, tokens, memberships and invitations. Passwords and sessions are for pages alone."""

from datetime import timedelta

from fastapi import APIRouter, Request

from app.access import ADMIN, MANAGE, OWN_ACCOUNT, SIGNED_IN
from app.http.access import Guarded, invitation_url, needs
from app.http.deps import CallerDep, NowDep, ReadDep, RoleDep, RowId, UserIdDep, WriteDep
from app.http.errors import problems
from app.http.keyset import Cursor, CursorInvalid, Limit, after_id_of, cursor_after
from app.projects import service as projects
from app.projects.service import ProjectNotFound
from app.users import invitations, members, service, tokens
from app.users.invitations import InvitationNotFound
from app.users.members import LastOwner, MemberNotFound, RoleAboveOwn
from app.users.schemas import (
    ChangeRole,
    InvitationList,
    InvitationOut,
    Invite,
    MadeInvitation,
    MadeToken,
    MakeToken,
    Me,
    MemberList,
    MemberOut,
    TokenList,
    TokenOut,
    UserList,
)
from app.users.tokens import TokenNotFound

router = APIRouter(prefix="/api/v1", tags=["people"], route_class=Guarded)


@router.get("/me", responses=problems())
@needs(SIGNED_IN)
def get_me(caller: CallerDep) -> Me:
    """Who this request comes from."""
    scopes = None if caller.scopes is None else sorted(caller.scopes)
    return Me(id=caller.user_id, name=caller.name, is_admin=caller.member_id is None, scopes=scopes)


@router.get("/users", responses=problems(CursorInvalid))
@needs(ADMIN)
def list_users(session: ReadDep, cursor: Cursor = None, limit: Limit = 50) -> UserList:
    """Everybody, in the order of their coming."""
    rows = service.list_users(session, after_id=after_id_of(cursor), limit=limit)
    return UserList.of(list(rows), cursor=cursor_after(rows, limit))


@router.get("/tokens", responses=problems())
@needs(OWN_ACCOUNT)
def list_tokens(session: ReadDep, user_id: UserIdDep) -> TokenList:
    """The caller's tokens, ended ones too, newest first."""
    return TokenList(items=[TokenOut.model_validate(row) for row in tokens.list_of(session, user_id)])


@router.post("/tokens", status_code=201, responses=problems(ProjectNotFound))
@needs(OWN_ACCOUNT)
def make_token(body: MakeToken, session: WriteDep, caller: CallerDep, now: NowDep) -> MadeToken:
    """Make a token for a program; its secret is in this answer and nowhere else."""
    if body.project_id is not None:
        projects.check_seen(session, body.project_id, seen_by=caller)
    row, secret = tokens.make(
        session,
        caller.user_id,
        name=body.name,
        scopes=body.scopes,
        project_id=body.project_id,
        lasts=timedelta(days=body.days),
        now=now,
    )
    return MadeToken.of(row, secret)


@router.delete("/tokens/{token_id}", status_code=204, responses=problems(TokenNotFound))
@needs(OWN_ACCOUNT)
def revoke_token(token_id: RowId, session: WriteDep, user_id: UserIdDep, now: NowDep) -> None:
    """End a token of the caller."""
    tokens.revoke(session, user_id=user_id, token_id=token_id, now=now)


@router.get("/projects/{project_id}/members", responses=problems(ProjectNotFound))
@needs(MANAGE)
def list_members(project_id: RowId, session: ReadDep) -> MemberList:
    """The people of a project and their roles."""
    projects.get_project(session, project_id)
    return MemberList(
        items=[MemberOut.model_validate(each) for each in members.list_members(session, project_id)]
    )


@router.put(
    "/projects/{project_id}/members/{user_id}",
    status_code=204,
    responses=problems(ProjectNotFound, MemberNotFound, RoleAboveOwn, LastOwner),
)
@needs(MANAGE)
def change_member(
    project_id: RowId,
    user_id: RowId,
    body: ChangeRole,
    session: WriteDep,
    caller: CallerDep,
    role: RoleDep,
    now: NowDep,
) -> None:
    """Give a member another role; nobody gives or takes one above the own."""
    members.change(
        session,
        project_id=project_id,
        user_id=user_id,
        role=body.role,
        by=caller.user_id,
        as_role=role,
        now=now,
    )


@router.delete(
    "/projects/{project_id}/members/{user_id}",
    status_code=204,
    responses=problems(ProjectNotFound, MemberNotFound, RoleAboveOwn, LastOwner),
)
@needs(MANAGE)
def remove_member(
    project_id: RowId, user_id: RowId, session: WriteDep, caller: CallerDep, role: RoleDep, now: NowDep
) -> None:
    """Take a person out of the project; the labels stay."""
    members.remove(session, project_id=project_id, user_id=user_id, by=caller.user_id, as_role=role, now=now)


@router.get("/projects/{project_id}/invitations", responses=problems(ProjectNotFound))
@needs(MANAGE)
def list_invitations(project_id: RowId, session: ReadDep, now: NowDep) -> InvitationList:
    """Invitations that can still be used."""
    projects.get_project(session, project_id)
    rows = invitations.list_open(session, project_id, now=now)
    return InvitationList(items=[InvitationOut.model_validate(row) for row in rows])


@router.post(
    "/projects/{project_id}/invitations",
    status_code=201,
    responses=problems(ProjectNotFound, RoleAboveOwn),
)
@needs(MANAGE)
def invite(
    project_id: RowId,
    body: Invite,
    request: Request,
    session: WriteDep,
    user_id: UserIdDep,
    role: RoleDep,
    now: NowDep,
) -> MadeInvitation:
    """Make a link that lets one person in; it works once, for a week, and is in this answer alone."""
    projects.get_project(session, project_id)
    row, secret = invitations.invite(
        session, project_id=project_id, role=body.role, note=body.note, by=user_id, as_role=role, now=now
    )
    return MadeInvitation.of(row, invitation_url(request, secret))


@router.delete(
    "/projects/{project_id}/invitations/{invitation_id}",
    status_code=204,
    responses=problems(ProjectNotFound, InvitationNotFound, RoleAboveOwn),
)
@needs(MANAGE)
def revoke_invitation(
    project_id: RowId, invitation_id: RowId, session: WriteDep, user_id: UserIdDep, role: RoleDep, now: NowDep
) -> None:
    """Take a link back."""
    invitations.revoke(
        session, project_id=project_id, invitation_id=invitation_id, by=user_id, as_role=role, now=now
    )
