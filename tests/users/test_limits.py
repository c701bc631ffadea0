"""How often a password may be tried."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import Database
from app.users import limits
from app.users.limits import TooManySignIns
from app.users.tables import SignInAttempt
from tests.accounts import at_once
from tests.factories import NOW, later


class TestLimits:
    def test_case_084_guessing_is_stopped_for_that_address_alone(self, any_session: Session) -> None:
        for second in range(5):
            _try(any_session, "ann", "10.0.0.1", later(second))

        with pytest.raises(TooManySignIns) as refusal:
            _try(any_session, "ann", "10.0.0.1", later(5))

        assert refusal.value.context == {"retry_after_seconds": 895}
        _try(any_session, "ann", "10.0.0.2", later(5))
        _try(any_session, "bob", "10.0.0.1", later(5))
        _try(any_session, "ann", "10.0.0.1", later(901))

    def test_a_success_begins_the_count_anew(self, any_session: Session) -> None:
        for _ in range(4):
            _try(any_session, "ann", "10.0.0.1", NOW)
        limits.succeeded(any_session, _try(any_session, "ann", "10.0.0.1", NOW))

        for _ in range(5):
            _try(any_session, "ann", "10.0.0.1", later(1))

        with pytest.raises(TooManySignIns):
            _try(any_session, "ann", "10.0.0.1", later(1))

    def test_case_084_one_address_may_not_try_many_accounts(self, any_session: Session) -> None:
        for number in range(limits.OF_ADDRESS):
            _try(any_session, f"person {number}", "10.0.0.1", NOW)

        with pytest.raises(TooManySignIns):
            _try(any_session, "another", "10.0.0.1", NOW)

    def test_case_084_many_addresses_do_not_lock_a_person_out(self, any_session: Session) -> None:
        limits.succeeded(any_session, _try(any_session, "ann", "192.0.2.1", NOW))
        for number in range(limits.OF_ACCOUNT):
            _try(any_session, "ann", f"10.0.{number}.1", later(1))

        with pytest.raises(TooManySignIns):
            _try(any_session, "ann", "10.1.1.1", later(2))

        _try(any_session, "ann", "192.0.2.1", later(2))

    def test_a_household_of_the_new_protocol_is_one_address(self) -> None:
        assert limits.network_of("2001:db8:1:2:3:4:5:6") == limits.network_of("2001:db8:1:2::9")
        assert limits.network_of("2001:db8:1:2::1") != limits.network_of("2001:db8:1:3::1")
        assert limits.network_of("unknown") == "unknown"

    def test_of_many_tries_at_one_moment_no_more_pass(self, any_database: Database) -> None:
        def attempt() -> None:
            with any_database.unit_of_work() as session:
                _try(session, "ann", "10.0.0.1", NOW)

        refusals = at_once(*[attempt] * 9)

        assert [type(each) for each in refusals] == [TooManySignIns] * 4

    def test_upkeep_forgets_what_nothing_counts(self, any_session: Session) -> None:
        _try(any_session, "ann", "10.0.0.1", NOW)
        limits.succeeded(any_session, _try(any_session, "ann", "10.0.0.1", NOW))

        ages = (timedelta(hours=1), timedelta(days=31))
        forgotten = [limits.forget_old(any_session, now=NOW + age) for age in ages]

        assert forgotten == [1, 1]
        assert any_session.scalars(select(SignInAttempt)).all() == []


def _try(session: Session, account: str, address: str, now: datetime) -> int:
    return limits.begin(session, account=account, address=address, now=now)
