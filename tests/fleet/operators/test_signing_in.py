# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from fleet import audit
from fleet.operators import accounts, api_tokens, passwords, pauses, sessions
from fleet.operators.accounts import AccountRefusedError, Wanted
from fleet.operators.one_time_codes import OperatorKey, SealError, new_secret, step_of
from fleet.operators.passwords import PasswordRefusedError
from fleet.operators.signing_in import Attempt, Refused, sign_in
from fleet.store.operator_tables import api_token, operator, operator_session, sign_in_pause
from fleet.store.scope import NATION, Scope
from fleet.store.session import reading, unit_of_work
from fleet.store.tables import metadata
from tests.fleet.books import NOW_MS
from tests.fleet.operators.people import HERE, KEY, PASSWORD, STEP_MS, Person, somebody

if TYPE_CHECKING:
    from sqlalchemy import Engine

DAY_MS = 24 * 60 * 60 * 1000


def begun(engine: Engine, person: Person, at_ms: int = NOW_MS) -> str:
    session = sign_in(engine, person.attempt(at_ms), KEY, at_ms)
    assert isinstance(session, str)
    return session


def is_open(engine: Engine, session: str, at_ms: int = NOW_MS) -> bool:
    with reading(engine) as connection:
        return sessions.find(connection, session, at_ms) is not None


def test_the_right_three_open_a_session_of_that_account(engine: Engine) -> None:
    session = begun(engine, somebody(engine))
    with reading(engine) as connection:
        found = sessions.find(connection, session, NOW_MS)
        acts = [(entry.act, entry.who) for entry in audit.entries(connection)]
    assert found is not None
    assert (found[0].name, found[1].address) == ("somsri", HERE)
    assert acts == [("account.signed_in", "somsri")]


@pytest.mark.parametrize("wrong", ["name", "password", "code", "no code", "other digits"])
def test_one_of_three_wrong_opens_nothing_and_says_not_which(engine: Engine, wrong: str) -> None:
    person = somebody(engine)
    attempt = {
        "name": Attempt("nobody", PASSWORD, person.code(), HERE),
        "password": person.attempt(password=PASSWORD + "x"),
        "code": person.attempt(code=person.code(NOW_MS + 9 * STEP_MS)),
        "no code": Attempt(person.name, PASSWORD, "", HERE),
        "other digits": person.attempt(code="๑๒๓๔๕๖"),
    }[wrong]
    assert sign_in(engine, attempt, KEY, NOW_MS) == Refused()


@pytest.mark.parametrize("name", ["", "somsri\x00", "\ud800", "x" * 4000, "'; DROP TABLE operator; --"])
def test_a_name_that_could_be_none_is_refused_like_any_other(engine: Engine, name: str) -> None:
    person = somebody(engine)
    name = name.encode(errors="replace").decode()
    assert sign_in(engine, Attempt(name, PASSWORD, person.code(), HERE), KEY, NOW_MS) == Refused()


def test_an_account_that_is_reset_while_its_old_password_is_judged_stays_closed(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = somebody(engine)
    real = passwords.fits

    def fits(password: str, stored: str | None) -> bool:
        is_right = real(password, stored)
        with unit_of_work(engine) as connection:
            accounts.reset(connection, person.name, PASSWORD + " anew", KEY)
        return is_right

    monkeypatch.setattr(passwords, "fits", fits)  # between the judging and the session there is nothing else to wait at
    assert sign_in(engine, person.attempt(), KEY, NOW_MS) == Refused()


def test_a_code_is_taken_once_and_none_before_it_later(engine: Engine) -> None:
    person = somebody(engine)
    begun(engine, person)
    assert sign_in(engine, person.attempt(), KEY, NOW_MS) == Refused()
    earlier = person.code(NOW_MS - STEP_MS)
    assert sign_in(engine, person.attempt(code=earlier), KEY, NOW_MS) == Refused()
    begun(engine, person, NOW_MS + STEP_MS)


def test_one_code_typed_eight_times_at_once_opens_one_session(engine: Engine) -> None:
    person = somebody(engine)
    opened: list[str | Refused] = []
    tries = [
        threading.Thread(target=lambda: opened.append(sign_in(engine, person.attempt(), KEY, NOW_MS))) for _ in range(8)
    ]
    for each in tries:
        each.start()
    for each in tries:
        each.join()
    assert len(opened) == 8
    assert len([each for each in opened if isinstance(each, str)]) == 1


def test_a_clock_may_be_half_a_minute_wrong_and_not_more() -> None:
    person = Person("somsri", new_secret())
    steps = [step_of(person.code(NOW_MS + n * STEP_MS), person.secret, NOW_MS) is not None for n in (-2, -1, 0, 1, 2)]
    assert steps == [False, True, True, True, False]


@pytest.mark.parametrize("name", ["somsri", "nobody"])
def test_wrong_attempts_make_one_wait_longer_each_time_but_never_for_ever(engine: Engine, name: str) -> None:
    somebody(engine)
    now_ms = NOW_MS
    waited: list[int] = []
    for _ in range(16):
        found = sign_in(engine, Attempt(name, "wrong", "000000", f"10.0.0.{len(waited)}"), KEY, now_ms)
        assert isinstance(found, Refused)
        waited.append(found.wait_ms)
        if found.wait_ms:
            now_ms += found.wait_ms
            again = sign_in(engine, Attempt(name, "wrong", "000000", "10.1.1.1"), KEY, now_ms)
            assert again == Refused()
    assert waited[:3] == [0, 0, 0]
    assert waited[3:8] == [1000, 2000, 4000, 8000, 16000]
    assert max(waited) == 15 * 60 * 1000


def test_nothing_is_judged_while_one_waits_and_the_right_three_end_the_waiting(engine: Engine) -> None:
    person = somebody(engine)
    for _ in range(3):
        sign_in(engine, person.attempt(password="wrong"), KEY, NOW_MS)  # noqa: S106 - not one
    found = sign_in(engine, person.attempt(), KEY, NOW_MS)
    assert found == Refused(1000)
    begun(engine, person, NOW_MS + 1000)
    assert sign_in(engine, person.attempt(password="wrong"), KEY, NOW_MS + 1000) == Refused()  # noqa: S106


def test_one_address_that_tries_many_names_waits(engine: Engine) -> None:
    waits = [sign_in(engine, Attempt(f"name{n}", "wrong", "", HERE), KEY, NOW_MS) for n in range(21)]
    assert waits == [Refused()] * 20 + [Refused(1000)]
    assert sign_in(engine, Attempt("name99", "wrong", "", "10.9.9.9"), KEY, NOW_MS) == Refused()


def test_a_right_attempt_does_not_wash_an_address_clean(engine: Engine) -> None:
    person = somebody(engine)
    for n in range(19):
        sign_in(engine, Attempt(f"name{n}", "wrong", "", HERE), KEY, NOW_MS)
    begun(engine, person)
    sign_in(engine, Attempt("name20", "wrong", "", HERE), KEY, NOW_MS)
    assert sign_in(engine, Attempt("name21", "wrong", "", HERE), KEY, NOW_MS) == Refused(1000)


def test_attempts_are_forgotten_after_a_day(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        pauses.claim(connection, "a", "b", NOW_MS)
        pauses.claim(connection, "c", "d", NOW_MS + DAY_MS + 1)
        assert set(connection.execute(select(sign_in_pause.c.who)).scalars()) == {"c", "d"}


@pytest.mark.usefixtures("strongly_hashed")
def test_a_name_that_is_none_takes_as_long_as_one_that_is(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    person = somebody(engine)
    judged: list[str] = []
    real = PasswordHasher.verify

    def counted(hasher: PasswordHasher, stored: str, given: str) -> bool:
        judged.append(stored.rpartition("$")[0].rpartition("$")[0])  # parameters, without salt and hash
        return real(hasher, stored, given)

    monkeypatch.setattr(PasswordHasher, "verify", counted)  # the work is what takes the time: it is counted
    for attempt in (person.attempt(password="wrong"), Attempt("nobody", "wrong", "1", HERE)):  # noqa: S106
        sign_in(engine, attempt, KEY, NOW_MS)
    assert judged == ["$argon2id$v=19$m=19456,t=2,p=1"] * 2


def test_a_session_ends_after_idleness_and_after_a_working_day(engine: Engine) -> None:
    session = begun(engine, somebody(engine))
    assert is_open(engine, session, NOW_MS + sessions.IDLE_MS - 1)
    assert not is_open(engine, session, NOW_MS + sessions.IDLE_MS)
    now_ms = NOW_MS
    while now_ms < NOW_MS + sessions.LONGEST_MS - 1:
        now_ms = min(now_ms + 10 * 60_000, NOW_MS + sessions.LONGEST_MS - 1)
        with unit_of_work(engine) as connection:
            found = sessions.find(connection, session, now_ms)
            assert found is not None
            assert sessions.is_to_be_written(found[1], now_ms)
            sessions.seen(connection, found[1], now_ms)
    assert not is_open(engine, session, now_ms + 1)


def test_a_disabled_account_is_out_at_once_and_a_reset_one_starts_anew(engine: Engine) -> None:
    person = somebody(engine)
    session = begun(engine, person)
    with unit_of_work(engine) as connection:
        token = api_tokens.make(connection, accounts.named(connection, person.name), "a program", 1, NOW_MS)
        assert api_tokens.find(connection, token, NOW_MS) is not None
        accounts.disable(connection, person.name, NOW_MS)
        assert api_tokens.find(connection, token, NOW_MS) is None
    assert not is_open(engine, session)
    later_ms = NOW_MS + STEP_MS
    assert sign_in(engine, person.attempt(later_ms), KEY, later_ms) == Refused()
    with unit_of_work(engine) as connection:
        secret = accounts.reset(connection, person.name, PASSWORD, KEY)
    assert sign_in(engine, person.attempt(later_ms), KEY, later_ms) == Refused()  # the lost phone's code
    begun(engine, Person(person.name, secret), later_ms)


def test_a_session_or_token_of_another_account_cannot_be_ended(engine: Engine) -> None:
    session = begun(engine, somebody(engine))
    somebody(engine, "malee")
    with unit_of_work(engine) as connection:
        mine, other = (accounts.named(connection, name) for name in ("malee", "somsri"))
        (theirs,) = sessions.read_all(connection, other, NOW_MS)
        api_tokens.make(connection, other, "a program", 1, NOW_MS)
        (token,) = api_tokens.read_all(connection, other)
        assert sessions.end(connection, mine, theirs.number) == 0
        assert api_tokens.end(connection, mine, token.number) == 0
    assert is_open(engine, session)


def test_a_token_is_over_after_its_days(engine: Engine) -> None:
    somebody(engine)
    with unit_of_work(engine) as connection:
        token = api_tokens.make(connection, accounts.named(connection, "somsri"), "a program", 2, NOW_MS)
        assert api_tokens.find(connection, token, NOW_MS + 2 * DAY_MS - 1) is not None
        assert api_tokens.find(connection, token, NOW_MS + 2 * DAY_MS) is None
        assert api_tokens.find(connection, token + "x", NOW_MS) is None


def test_no_password_secret_session_or_token_stands_in_the_database(engine: Engine) -> None:
    person = somebody(engine)
    session = begun(engine, person)
    sign_in(engine, Attempt("typed a passw0rd here", "wrong", "1", HERE), KEY, NOW_MS)
    with unit_of_work(engine) as connection:
        token = api_tokens.make(connection, accounts.named(connection, person.name), "a program", 2, NOW_MS)
    with reading(engine) as connection:
        tables = (operator, operator_session, api_token, sign_in_pause, metadata.tables["audit"])
        held = repr([tuple(row) for table in tables for row in connection.execute(select(table))])
    for secret in (PASSWORD, person.secret, session, token, "passw0rd"):
        assert secret not in held
    assert PASSWORD not in repr(person.attempt())


def test_a_secret_opens_with_its_key_and_for_its_account_only() -> None:
    sealed = KEY.seal("SECRET", "somsri")
    assert KEY.open(sealed, "somsri") == "SECRET"
    for key, name in ((OperatorKey(b"o" * 32), "somsri"), (KEY, "malee")):
        with pytest.raises(SealError, match="account reset"):
            key.open(sealed, name)
    with pytest.raises(SealError):
        KEY.open(b"", "somsri")


def test_another_key_signs_nobody_in_and_says_no_more_than_a_wrong_password(engine: Engine) -> None:
    person = somebody(engine)
    assert sign_in(engine, person.attempt(), OperatorKey(b"o" * 32), NOW_MS) == Refused()


@pytest.mark.parametrize("password", ["", "short", "x" * 129, "somsri somsri", "aaaaaaaaaaaaaaaa"])
def test_a_poor_password_is_refused_and_not_repeated(password: str) -> None:
    with pytest.raises(PasswordRefusedError) as refused:
        passwords.hashed(password, "somsri")
    assert not password or password not in str(refused.value)


def test_a_password_is_the_same_however_its_marks_were_typed() -> None:
    stored = passwords.hashed("caf\u00e9 au lait noir", "somsri")
    assert passwords.fits("cafe\u0301 au lait noir", stored)


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (("Somsri", "S"), "name: give 3 to 32"),
        (("ab", "S"), "name: give 3 to 32"),
        (("somsri", " "), "display"),
        (("somsri", "a\x1b[31m"), "display"),
    ],
)
def test_an_account_that_cannot_be_is_refused(wanted: tuple[str, str], says: str) -> None:
    with pytest.raises(AccountRefusedError, match=says):
        Wanted(*wanted, accounts.Role.VIEWER, NATION)


def test_each_role_may_also_do_what_those_before_it_may() -> None:
    viewer, operator, approver = accounts.Role
    assert [each.may(operator) for each in accounts.Role] == [False, True, True]
    assert viewer.may(viewer)
    assert not operator.may(approver)


def test_another_scope_ends_what_was_opened_for_the_old_one(engine: Engine) -> None:
    somsri = somebody(engine)
    session = sign_in(engine, somsri.attempt(), KEY, NOW_MS)
    assert isinstance(session, str)
    with unit_of_work(engine) as connection:
        accounts.change(connection, "somsri", Scope.parse("province:41"), accounts.Role.APPROVER)
    with reading(engine) as connection:
        assert sessions.find(connection, session, NOW_MS) is None
        found = accounts.named(connection, "somsri")
    assert (str(found.scope), found.role) == ("province:41", accounts.Role.APPROVER)


def test_a_name_is_given_once(engine: Engine) -> None:
    somebody(engine)
    with unit_of_work(engine) as connection:
        accounts.disable(connection, "somsri", NOW_MS)
    with pytest.raises(AccountRefusedError, match="is or was an account"):
        somebody(engine)


@pytest.mark.parametrize(
    ("role", "acts_as", "days", "says"),
    [
        (accounts.Role.OPERATOR, accounts.Role.APPROVER, 1, "may not act as approver"),
        (accounts.Role.VIEWER, accounts.Role.OPERATOR, 1, "may not act as operator"),
        (accounts.Role.APPROVER, accounts.Role.VIEWER, 1, "a viewer does nothing"),
        (accounts.Role.APPROVER, accounts.Role.OPERATOR, 91, "1 to 90"),
    ],
)
def test_a_token_that_acts_for_longer_or_as_more_than_it_may_is_refused(
    engine: Engine, role: accounts.Role, acts_as: accounts.Role, days: int, says: str
) -> None:
    somebody(engine, role=role)
    with unit_of_work(engine) as connection, pytest.raises(AccountRefusedError, match=says):
        api_tokens.make(connection, accounts.named(connection, "somsri"), "a program", days, NOW_MS, acts_as)


@pytest.mark.parametrize(("purpose", "days"), [("", 1), ("x" * 65, 1), ("a program", 0), ("a program", 366)])
def test_a_token_without_purpose_or_end_is_refused(engine: Engine, purpose: str, days: int) -> None:
    somebody(engine)
    with unit_of_work(engine) as connection, pytest.raises(AccountRefusedError):
        api_tokens.make(connection, accounts.named(connection, "somsri"), purpose, days, NOW_MS)
