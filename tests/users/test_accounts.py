"""Verbs about people, sessions, tokens, roles and invitations, with no web around them."""

import threading
from datetime import timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.access import Permission, Role
from app.audit import AuditEntry
from app.db import Database
from app.errors import DomainError
from app.users import invitations, members, passwords, service, sessions, tokens
from app.users.invitations import AlreadySetUp, InvitationEnded, InvitationNotFound
from app.users.members import LastOwner, MemberNotFound, RoleAboveOwn
from app.users.passwords import PasswordRefused
from app.users.service import PasswordChangedMeanwhile, UserNameInvalid, UserNameTaken
from app.users.tables import User
from tests.accounts import PASSWORD, at_once, make_account, make_member
from tests.factories import NOW, later, make_project

IDLE = timedelta(hours=2)
LASTS = timedelta(days=1)
HASH = "not looked at here"


def _begin(session: Session, user: User) -> str:
    return sessions.begin(session, user, address="10.0.0.1", browser="Test", lasts=LASTS, now=NOW)


def _actions(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


class TestPasswords:
    def test_the_right_one_is_right_and_no_other(self) -> None:
        hashed = passwords.hash_password(PASSWORD, name="ann")

        assert hashed.startswith("$argon2id$")
        assert passwords.is_right(PASSWORD, hashed)
        assert not passwords.is_right(PASSWORD + " ", hashed)
        assert not passwords.is_right("", hashed)

    def test_nobody_has_no_password_at_all(self) -> None:
        assert not passwords.is_right("nobody has this password", None)

    def test_it_is_the_same_however_a_keyboard_composes_it(self) -> None:
        hashed = passwords.hash_password("Z\u00fcrich am Abend", name="ann")

        assert passwords.is_right("Zu\u0308rich am Abend", hashed)

    @pytest.mark.parametrize(
        "password", ["short", "aaaaaaaaaaaa", "password123", "1234567890", "annabella1", "x" * 201]
    )
    def test_one_that_would_be_guessed_is_refused(self, password: str) -> None:
        with pytest.raises(PasswordRefused):
            passwords.hash_password(password, name="annabella")


class TestPeople:
    def test_a_name_is_taken_once_whatever_its_capitals(self, any_session: Session) -> None:
        make_account(any_session, "Ann")

        with pytest.raises(UserNameTaken):
            make_account(any_session, " ann ")

    @pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 65, "a\u200bb", "a\u202eb"])
    def test_a_name_that_could_not_be_told_apart_is_refused(self, session: Session, name: str) -> None:
        with pytest.raises(UserNameInvalid):
            make_account(session, name)

    def test_a_new_password_ends_all_other_sessions(self, any_session: Session) -> None:
        user = make_account(any_session, "ann")
        first, second = _begin(any_session, user), _begin(any_session, user)
        kept = sessions.find(any_session, second, idle=IDLE, now=NOW)
        assert kept is not None

        service.set_password(
            any_session,
            user.id,
            was=user.password_hash,
            password_hash=HASH,
            keep=kept[0].id,
            by=user.id,
            now=NOW,
        )

        assert sessions.find(any_session, first, idle=IDLE, now=NOW) is None
        assert sessions.find(any_session, second, idle=IDLE, now=NOW) is not None

    def test_of_two_changes_of_a_password_the_second_is_told(self, any_session: Session) -> None:
        user = make_account(any_session, "ann")
        was = user.password_hash
        service.set_password(any_session, user.id, was=was, password_hash=HASH, by=user.id, now=NOW)

        with pytest.raises(PasswordChangedMeanwhile):
            service.set_password(any_session, user.id, was=was, password_hash="x", by=user.id, now=NOW)

    def test_whoever_is_disabled_is_outat_once(self, any_session: Session) -> None:
        user = make_account(any_session, "ann")
        cookie = _begin(any_session, user)
        _, token = _token(any_session, user)

        service.disable(any_session, user, by=None, now=NOW)
        service.enable(any_session, user, by=None, now=NOW)

        assert sessions.find(any_session, cookie, idle=IDLE, now=NOW) is None
        assert tokens.find(any_session, token, now=NOW) is None


def _token(session: Session, user: User) -> tuple[object, str]:
    return tokens.make(
        session, user.id, name="t", scopes={Permission.SEE}, project_id=None, lasts=LASTS, now=NOW
    )


class TestSessions:
    def test_one_ends_by_disuse_and_by_age(self, any_session: Session) -> None:
        user = make_account(any_session, "ann")
        secret = _begin(any_session, user)
        row, found = sessions.find(any_session, secret, idle=IDLE, now=later(7199)) or (None, None)
        assert (found, row is not None and sessions.is_stale(row, now=later(7199))) == (user, True)
        assert sessions.find(any_session, secret, idle=IDLE, now=later(7200)) is None

        assert row is not None
        sessions.touch(any_session, row.id, now=later(86_000))

        assert sessions.find(any_session, secret, idle=IDLE, now=later(86_399)) is not None
        assert sessions.find(any_session, secret, idle=IDLE, now=later(86_400)) is None

    def test_the_database_does_not_hold_what_opens_the_door(self, any_session: Session) -> None:
        user = make_account(any_session, "ann")
        secrets = [_begin(any_session, user), _token(any_session, user)[1], PASSWORD]

        rows = [
            str(any_session.execute(text(f"SELECT * FROM {table}")).all())
            for table in ("users", "sign_ins", "api_tokens", "audit_entries")
        ]

        assert [secret for secret in secrets for row in rows if secret in row] == []

    def test_nobody_ends_the_session_of_somebody_else(self, any_session: Session) -> None:
        ann, bob = make_account(any_session, "ann"), make_account(any_session, "bob")
        known = sessions.find(any_session, _begin(any_session, ann), idle=IDLE, now=NOW)
        assert known is not None

        with pytest.raises(sessions.SignInNotFound):
            sessions.end(any_session, user_id=bob.id, sign_in_id=known[0].id, now=NOW)

    def test_signing_in_and_out_is_written_down_once(self, any_session: Session) -> None:
        user = make_account(any_session, "ann")
        known = sessions.find(any_session, _begin(any_session, user), idle=IDLE, now=NOW)
        assert known is not None

        for _ in range(2):
            sessions.end(any_session, user_id=user.id, sign_in_id=known[0].id, now=NOW)

        assert _actions(any_session) == ["person.added", "person.signed_in", "person.signed_out"]


class TestTokens:
    def test_one_ends_in_time_and_by_revoking(self, any_session: Session) -> None:
        user = make_account(any_session, "ann")
        (_, first), (row, second) = _token(any_session, user), _token(any_session, user)
        assert tokens.find(any_session, first, now=later(86_399)) is not None
        assert tokens.find(any_session, first, now=later(86_400)) is None

        tokens.revoke(any_session, user_id=user.id, token_id=row.id, now=NOW)  # type: ignore[attr-defined]

        assert tokens.find(any_session, second, now=NOW) is None
        assert first.startswith("eqm_")


class TestRoles:
    def test_the_ladder(self) -> None:
        order = ["viewer", "annotator", "reviewer", "manager", "owner"]

        assert sorted(Role, key=lambda role: role.rank) == order
        assert [len(Role(name).permissions) for name in order] == [1, 2, 3, 4, 4]

    def test_whoever_makes_a_project_owns_it(self, any_session: Session) -> None:
        ann = make_account(any_session, "ann")
        project = make_project(any_session, by=ann)

        assert members.find_role(any_session, project_id=project.id, user_id=ann.id) is Role.OWNER

    def test_nobody_gives_or_takes_a_role_above_the_own(self, any_session: Session) -> None:
        ann, bob = make_account(any_session, "ann"), make_account(any_session, "bob")
        project = make_project(any_session, by=ann)
        make_member(any_session, project, bob, Role.VIEWER)
        who = {"project_id": project.id, "by": bob.id, "as_role": Role.MANAGER, "now": NOW}

        for attempt in (
            lambda: members.change(any_session, user_id=bob.id, role=Role.OWNER, **who),
            lambda: members.change(any_session, user_id=ann.id, role=Role.VIEWER, **who),
            lambda: members.remove(any_session, user_id=ann.id, **who),
            lambda: invitations.invite(any_session, role=Role.OWNER, note="", **who),
        ):
            with pytest.raises(RoleAboveOwn):
                attempt()

    def test_the_last_owner_stays(self, any_session: Session) -> None:
        ann = make_account(any_session, "ann")
        project = make_project(any_session, by=ann)
        who = {"project_id": project.id, "user_id": ann.id, "by": ann.id, "as_role": Role.OWNER, "now": NOW}

        with pytest.raises(LastOwner):
            members.change(any_session, role=Role.MANAGER, **who)
        with pytest.raises(LastOwner):
            members.remove(any_session, **who)

    def test_people_come_in_by_invitation_not_by_number(self, any_session: Session) -> None:
        ann, bob = make_account(any_session, "ann"), make_account(any_session, "bob")
        project = make_project(any_session, by=ann)

        with pytest.raises(MemberNotFound):
            members.change(
                any_session,
                project_id=project.id,
                user_id=bob.id,
                role=Role.VIEWER,
                by=ann.id,
                as_role=Role.OWNER,
                now=NOW,
            )

    def test_two_owners_who_leave_at_once_leave_one(self, any_database: Database) -> None:
        with any_database.unit_of_work() as session:
            ann, bob = make_account(session, "ann"), make_account(session, "bob")
            project = make_project(session, by=ann)
            make_member(session, project, bob, Role.OWNER)

        def leave(user_id: int) -> None:
            with any_database.unit_of_work() as session:
                members.remove(
                    session, project_id=project.id, user_id=user_id, by=user_id, as_role=Role.OWNER, now=NOW
                )

        second: list[DomainError] = []
        with any_database.unit_of_work() as session:
            members.remove(
                session, project_id=project.id, user_id=ann.id, by=ann.id, as_role=Role.OWNER, now=NOW
            )
            thread = threading.Thread(target=lambda: second.extend(at_once(lambda: leave(bob.id))))
            thread.start()
            thread.join(0.5)  # as long as the first is not committed, the second must wait
            assert thread.is_alive()
        thread.join()

        assert [type(each) for each in second] == [LastOwner]


class TestInvitations:
    def test_case_091_one_works_once(self, any_session: Session) -> None:
        ann = make_account(any_session, "ann")
        project = make_project(any_session, by=ann)
        secret = _invite(any_session, project.id, ann, Role.ANNOTATOR)

        bob = invitations.accept_new(any_session, secret, name="bob", password_hash=HASH, now=NOW)

        assert members.find_role(any_session, project_id=project.id, user_id=bob.id) is Role.ANNOTATOR
        with pytest.raises(InvitationEnded):
            invitations.accept_new(any_session, secret, name="eve", password_hash=HASH, now=NOW)
        with pytest.raises(InvitationNotFound):
            invitations.look_at(any_session, secret[:-1], now=NOW)

    def test_case_091_one_ends_at_its_instant_whatever_the_time_zone(self, any_session: Session) -> None:
        ann = make_account(any_session, "ann")
        secret = _invite(any_session, make_project(any_session, by=ann).id, ann, Role.VIEWER)
        kolkata = timezone(timedelta(hours=5, minutes=30))
        before, after = (
            (NOW + timedelta(days=7, seconds=seconds)).astimezone(kolkata) for seconds in (-1, 0)
        )

        invitations.look_at(any_session, secret, now=before)

        with pytest.raises(InvitationEnded):
            invitations.look_at(any_session, secret, now=after)
        with pytest.raises(DomainError):
            invitations.accept_as(any_session, secret, ann, now=after)

    def test_one_that_was_taken_back_does_nothing(self, any_session: Session) -> None:
        ann = make_account(any_session, "ann")
        project = make_project(any_session, by=ann)
        secret = _invite(any_session, project.id, ann, Role.VIEWER)
        row = invitations.list_open(any_session, project.id, now=NOW)[0]

        invitations.revoke(
            any_session,
            project_id=project.id,
            invitation_id=row.id,
            by=ann.id,
            as_role=Role.OWNER,
            now=NOW,
        )

        assert invitations.list_open(any_session, project.id, now=NOW) == []
        with pytest.raises(InvitationEnded):
            invitations.look_at(any_session, secret, now=NOW)

    def test_a_higher_role_stays(self, any_session: Session) -> None:
        ann = make_account(any_session, "ann")
        project = make_project(any_session, by=ann)

        invitations.accept_as(any_session, _invite(any_session, project.id, ann, Role.VIEWER), ann, now=NOW)

        assert members.find_role(any_session, project_id=project.id, user_id=ann.id) is Role.OWNER

    def test_of_many_who_use_one_at_once_one_is_let_in(self, any_database: Database) -> None:
        with any_database.unit_of_work() as session:
            ann = make_account(session, "ann")
            secret = _invite(session, make_project(session, by=ann).id, ann, Role.VIEWER)

        def accept(name: str) -> None:
            with any_database.unit_of_work() as session:
                invitations.accept_new(session, secret, name=name, password_hash=HASH, now=NOW)

        refusals = at_once(*(lambda name=f"p{n}": accept(name) for n in range(4)))

        assert [type(each) for each in refusals] == [InvitationEnded] * 3

    def test_of_many_people_who_use_one_at_once_one_joins(self, any_database: Database) -> None:
        with any_database.unit_of_work() as session:
            ann = make_account(session, "ann")
            people = [make_account(session, f"p{n}") for n in range(4)]
            project = make_project(session, by=ann)
            secret = _invite(session, project.id, ann, Role.VIEWER)

        def accept(person: User) -> None:
            with any_database.unit_of_work() as session:
                invitations.accept_as(session, secret, person, now=NOW)

        refusals = at_once(*(lambda person=person: accept(person) for person in people))

        assert [type(each) for each in refusals] == [InvitationEnded] * 3
        with any_database.reading() as session:
            assert len(members.list_members(session, project.id)) == 2

    def test_case_092_of_many_first_accounts_at_once_one_is_made(self, any_database: Database) -> None:
        with any_database.unit_of_work() as session:
            secrets = [invitations.invite_first(session, now=NOW) for _ in range(3)]

        def accept(secret: str, name: str) -> None:
            with any_database.unit_of_work() as session:
                invitations.accept_new(session, secret, name=name, password_hash=HASH, now=NOW)

        refusals = at_once(*(lambda s=s, n=f"p{n}": accept(s, n) for n, s in enumerate(secrets)))

        assert [type(each) for each in refusals] == [AlreadySetUp] * 2
        with any_database.reading() as session:
            assert [user.is_admin for user in service.list_users(session)] == [True]


def _invite(session: Session, project_id: int, by: User, role: Role) -> str:
    _, secret = invitations.invite(
        session, project_id=project_id, role=role, note="", by=by.id, as_role=Role.OWNER, now=NOW
    )
    return secret
