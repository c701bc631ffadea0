"""How often passwords may be tried. Counted in the database, so that all web processes count together.

Per account and address: whoever guesses one account is stopped, and nobody else with it.
Per address: whoever tries many accounts is stopped.
Per account: many addresses against one account are stopped, but not those from which its person signed in.
"""

import ipaddress
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from app.db import changed_rows
from app.errors import TooMany
from app.users.secret import digest
from app.users.tables import SignInAttempt

WINDOW = timedelta(minutes=15)
KNOWN_FOR = timedelta(days=30)
OF_ACCOUNT_AND_ADDRESS = 5
OF_ADDRESS = 50
OF_ACCOUNT = 100
LOCK = 7_261_004  # any number, the same in every process: first half of PostgreSQL's advisory lock


class TooManySignIns(TooMany):
    """A limit is reached; nothing was tried."""

    message = "Too many wrong passwords. Try again in {retry_after_seconds} s."


def begin(session: Session, *, account: str, address: str, now: datetime) -> int:
    """Count an attempt before its password is looked at; it is a failure until it has succeeded.

    Raises:
        TooManySignIns: it is refused, and not counted.

    """
    name, address = digest(account), network_of(address)
    _wait_for_others(session, name, address)
    recent = (SignInAttempt.at > now - WINDOW, SignInAttempt.has_succeeded.is_(False))
    here, of_account = SignInAttempt.address == address, SignInAttempt.account_sha256 == name
    _check(session, OF_ACCOUNT_AND_ADDRESS, *recent, here, of_account, _since_success(name, address), now=now)
    _check(session, OF_ADDRESS, *recent, here, now=now)
    if not _is_known(session, name, address, now=now):
        _check(session, OF_ACCOUNT, *recent, of_account, now=now)
    attempt = SignInAttempt(at=now, account_sha256=name, address=address, has_succeeded=False)
    session.add(attempt)
    session.flush()
    return attempt.id


def network_of(address: str) -> str:
    """What is counted as one address: of IPv6 the /64, since a single household has all of it."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ip) if ip.version == 4 else str(ipaddress.ip_network((ip, 64), strict=False))


def succeeded(session: Session, attempt_id: int) -> None:
    """The password was right."""
    session.execute(update(SignInAttempt).where(SignInAttempt.id == attempt_id).values(has_succeeded=True))


def forget_old(session: Session, *, now: datetime) -> int:
    """Upkeep: delete what no limit counts any more; returns how many."""
    stale = (SignInAttempt.at < now - WINDOW) & SignInAttempt.has_succeeded.is_(False)
    old = stale | (SignInAttempt.at < now - KNOWN_FOR)
    return changed_rows(session.execute(delete(SignInAttempt).where(old)))


def _check(session: Session, limit: int, *counted: ColumnElement[bool], now: datetime) -> None:
    times = session.scalars(
        select(SignInAttempt.at).where(*counted).order_by(SignInAttempt.at.desc()).limit(limit)
    ).all()
    if len(times) >= limit:
        raise TooManySignIns(retry_after_seconds=max(1, round((times[-1] + WINDOW - now).total_seconds())))


def _since_success(name: str, address: str) -> ColumnElement[bool]:
    last = select(func.coalesce(func.max(SignInAttempt.id), 0)).where(
        SignInAttempt.account_sha256 == name,
        SignInAttempt.address == address,
        SignInAttempt.has_succeeded.is_(True),
    )
    return SignInAttempt.id > last.scalar_subquery()


def _is_known(session: Session, name: str, address: str, *, now: datetime) -> bool:
    known = select(SignInAttempt.id).where(
        SignInAttempt.account_sha256 == name,
        SignInAttempt.address == address,
        SignInAttempt.has_succeeded.is_(True),
        SignInAttempt.at > now - KNOWN_FOR,
    )
    return session.scalar(known.limit(1)) is not None


def _wait_for_others(session: Session, *what: str) -> None:
    """Many attempts at one moment would all see the same count. SQLite has one writer anyway."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for number in sorted(int(digest(each)[:7], 16) for each in what):
        session.execute(select(func.pg_advisory_xact_lock(LOCK, number)))
