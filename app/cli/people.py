"""`equimark user` and `equimark token`: accounts from the machine itself, where no password is asked for."""

import sys
from datetime import timedelta
from typing import Annotated

import typer

from app.access import Permission, Role
from app.cli.output import AsJson, print_json, print_rows
from app.cli.projects import unit_of_work
from app.db import utc_now
from app.projects import service as projects
from app.settings import get_settings
from app.users import identities, invitations, members, passwords, tokens
from app.users import service as users

user_commands = typer.Typer(help="People and their accounts.", no_args_is_help=True)
token_commands = typer.Typer(help="API tokens for programs.", no_args_is_help=True)
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input, for scripts.")
]


def add_to(cli: typer.Typer) -> None:
    """Register both families."""
    cli.add_typer(user_commands, name="user")
    cli.add_typer(token_commands, name="token")


@user_commands.command("list")
def list_users(*, as_json: AsJson = False) -> None:
    """All people."""
    with unit_of_work() as session:
        emails = users.emails_of(session)
        rows = [
            {
                "id": each.id,
                "name": each.name,
                "admin": each.is_admin,
                "signs_in": (each.password_hash is not None or each.id in emails)
                and each.disabled_at is None,
                "email": emails.get(each.id, ""),
            }
            for each in users.list_users(session)
        ]
    print_rows(rows, as_json=as_json, empty="Nobody yet; the local owner is made at the first start.")


@user_commands.command("add")
def add_user(
    name: str,
    *,
    admin: Annotated[
        bool, typer.Option("--admin", help="Of the installation: owner of all projects.")
    ] = False,
    password_stdin: FromStdin = False,
) -> None:
    """Make an account with a password."""
    hashed = passwords.hash_password(_password(password_stdin), name=name)
    with unit_of_work() as session:
        user = users.add_account(
            session, name=name, password_hash=hashed, is_admin=admin, by=None, now=utc_now()
        )
    typer.echo(f"{user.name} can sign in.")


@user_commands.command("password")
def set_password(name: str, *, password_stdin: FromStdin = False) -> None:
    """Give a person a new password, the local owner too; all their browsers are signed out."""
    hashed = passwords.hash_password(_password(password_stdin), name=name)
    with unit_of_work() as session:
        user = users.get_by_name(session, name)
        users.set_password(
            session, user.id, was=user.password_hash, password_hash=hashed, by=None, now=utc_now()
        )
    typer.echo(f"{name} has a new password.")


@user_commands.command("email")
def open_to_email(name: str, email: str) -> None:
    """Let whoever the identity provider says has this address sign in as NAME, who exists already."""
    issuer = get_settings().oidc_issuer
    if not issuer:
        raise typer.BadParameter("EQUIMARK_OIDC_ISSUER is not set: there is no identity provider.")
    with unit_of_work() as session:
        user = users.get_by_name(session, name)
        identities.allow(session, user, issuer=issuer, email=email, by=None, now=utc_now())
    typer.echo(f"{name} can sign in at {issuer} as {email}.")


@user_commands.command("disable")
def disable(name: str) -> None:
    """Let a person in no more: sessions and tokens end, labels stay."""
    with unit_of_work() as session:
        users.disable(session, users.get_by_name(session, name), by=None, now=utc_now())
    typer.echo(f"{name} cannot sign in any more.")


@user_commands.command("enable")
def enable(name: str) -> None:
    """Let a person in again."""
    with unit_of_work() as session:
        users.enable(session, users.get_by_name(session, name), by=None, now=utc_now())
    typer.echo(f"{name} can sign in again.")


@user_commands.command("admin")
def set_admin(
    name: str,
    *,
    is_admin: Annotated[bool, typer.Option("--on/--off", help="Make one, or take it back.")] = True,
) -> None:
    """Make a person an administrator of the installation."""
    with unit_of_work() as session:
        users.set_admin(session, users.get_by_name(session, name), is_admin=is_admin, by=None, now=utc_now())
    typer.echo(f"{name} is {'now' if is_admin else 'no longer'} an administrator.")


@user_commands.command("role")
def set_role(name: str, role: Role, *, project: Annotated[str, typer.Option(help="Name or number.")]) -> None:
    """Give a person a role in a project."""
    now = utc_now()
    with unit_of_work() as session:
        user = users.get_by_name(session, name)
        members.put(
            session,
            project_id=projects.get_project_by_name(session, project).id,
            user_id=user.id,
            role=role,
            by=None,
            as_role=Role.OWNER,
            now=now,
        )
    typer.echo(f"{name} is {role} of {project}.")


@user_commands.command("first")
def first_account() -> None:
    """Print the link that makes the first account; refused once there is one."""
    with unit_of_work() as session:
        secret = invitations.invite_first(session, now=utc_now())
    typer.echo(f"{get_settings().public_url}/invitations/{secret}")


@token_commands.command("create")
def create_token(
    user: str,
    *,
    name: Annotated[str, typer.Option(help="What it is for.")],
    scope: Annotated[list[Permission], typer.Option(help="May be given several times.")],
    project: Annotated[str, typer.Option(help="Name or number of the only project; all by default.")] = "",
    days: Annotated[int, typer.Option(min=1, max=365)] = 90,
    as_json: AsJson = False,
) -> None:
    """Make a token of a person and print its secret, this once."""
    with unit_of_work() as session:
        project_id = projects.get_project_by_name(session, project).id if project else None
        row, secret = tokens.make(
            session,
            users.get_by_name(session, user).id,
            name=name,
            scopes=scope,
            project_id=project_id,
            lasts=timedelta(days=days),
            now=utc_now(),
        )
    if as_json:
        print_json({"id": row.id, "secret": secret, "expires_at": row.expires_at})
    else:
        typer.echo(secret)


def _password(from_stdin: bool) -> str:  # noqa: FBT001  the option itself
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    said: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return said
