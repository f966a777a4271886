# SPDX-License-Identifier: Apache-2.0
"""What operators did, as the console shows it: within a scope, a page at a time, and each line checked."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text, update

from fleet import audit
from fleet.audit import Act
from fleet.operators.accounts import Role
from fleet.store import tables
from fleet.store.scope import NATION, Scope
from fleet.store.session import reading, unit_of_work
from fleet.web.acts import LINES
from tests.fleet.books import NOW_MS, add_kiosk
from tests.fleet.operators.people import somebody
from tests.fleet.web.signed_in import Clock, Visitor, closed

if TYPE_CHECKING:
    from sqlalchemy import Engine

UDON, CHIANG_MAI = (Scope.parse(f"province:{code}") for code in ("41", "50"))


def visitor(books: Engine, scope: Scope = NATION, role: Role = Role.APPROVER) -> Visitor:
    return Visitor.signed_in(closed(books, Clock()), books, "reader", role, scope)


def write(books: Engine, n: int, who: str = "malee", scope: Scope = NATION) -> None:
    with unit_of_work(books) as connection:
        for k in range(n):
            audit.record(connection, Act.HOURS_SET, who=who, subject=f"site-{k}", at_ms=NOW_MS, scope=scope)


def lines(client: Visitor, asked: str = "") -> list[int]:
    return [each["seq"] for each in client.get(f"/api/v1/acts{asked}").json["lines"]]  # type: ignore[index]


def forge(books: Engine, seq: int) -> None:
    """As somebody can who owns the database."""
    with unit_of_work(books) as connection:
        guards = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
        for guard in guards:
            connection.execute(text(f"DROP TRIGGER {guard.name}"))
        connection.execute(update(tables.audit).where(tables.audit.c.seq == seq).values(who="somebody else"))
        for guard in guards:
            connection.execute(text(guard.sql))


def test_lines_are_shown_the_latest_first_and_page_by_page(books: Engine) -> None:
    write(books, LINES + 3)
    client = visitor(books)
    first = client.get("/api/v1/acts").json
    assert first is not None
    assert [each["seq"] for each in first["lines"]] == list(range(LINES + 3, 3, -1))
    assert lines(client, f"?before={first['older']}") == [3, 2, 1]
    page = client.get("/acts?lang=en").text
    assert "Opening hours set" in page
    assert f"before={first['older']}" in page
    assert "Latest" in client.get(f"/acts?lang=en&before={first['older']}").text


def test_lines_of_somebody_or_about_something_are_found(books: Engine) -> None:
    write(books, 2)
    write(books, 1, "kanda")
    client = visitor(books)
    assert lines(client, "?who=kanda") == [3]
    assert lines(client, "?subject=site-0") == [3, 1]
    assert lines(client, "?who=nobody") == []


def test_a_line_stands_where_its_kiosk_or_account_is_otherwise_where_its_actor_may_act(books: Engine) -> None:
    add_kiosk(books, "udon-01", province="41")
    somebody(books, "boss", Role.APPROVER, CHIANG_MAI)
    with unit_of_work(books) as connection:
        for act, subject, scope in (
            (Act.LOSS_REPORTED, "udon-01", NATION),
            (Act.ACCOUNT_CHANGED, "boss", NATION),
            (Act.HOURS_SET, "udon-01", NATION),
            (Act.HOURS_SET, "41/10671", UDON),
            (Act.HOURS_SET, "a region", Scope.parse("region:8")),
        ):
            audit.record(connection, act, who="x", subject=subject, at_ms=NOW_MS, scope=scope)
    assert lines(visitor(books, UDON)) == [4, 1]
    for scope, seen in ((Scope.parse("region:8"), [5, 4, 1]), (CHIANG_MAI, [2]), (NATION, [5, 4, 3, 2, 1])):
        client = Visitor.signed_in(closed(books, Clock()), books, f"a-{scope.level}", Role.APPROVER, scope)
        assert lines(client) == seen, scope


def test_what_an_account_did_before_it_moved_stays_where_it_was_done(books: Engine) -> None:
    write(books, 1, "malee", CHIANG_MAI)
    write(books, 1, "malee", UDON)
    assert lines(visitor(books, UDON)) == [2]


@pytest.mark.parametrize(
    ("scope", "role"), [(UDON, Role.OPERATOR), (UDON, Role.VIEWER), (Scope.parse("facility:41/10671"), Role.APPROVER)]
)
def test_who_does_not_answer_for_people_reads_nothing_of_them(books: Engine, scope: Scope, role: Role) -> None:
    client = visitor(books, scope, role)
    for address in ("/acts", "/acts/check", "/api/v1/acts", "/exports/acts.csv"):
        assert client.get(address).status_code == 403
    assert 'href="/acts"' not in client.get("/morning").text


def test_a_line_that_was_changed_is_marked_and_found(books: Engine) -> None:
    write(books, 4)
    client = visitor(books)
    with reading(books) as connection:
        last = list(audit.entries(connection))[-1]
    head = f"{last.seq}:{last.digest}"
    whole = client.get(f"/acts/check?lang=en&head={head}").text
    assert "Lines 1 to 4: none is missing or changed." in whole
    assert "The head that you gave is in it" in whole
    assert head in whole
    forge(books, 2)
    assert "Line 2 was changed after it was written" in client.get("/acts?lang=en").text
    answer = client.get("/api/v1/acts").json
    assert answer is not None
    assert [each["seq"] for each in answer["lines"] if not each["holds"]] == [2]
    assert "The log is not what was written" in client.get("/acts/check?lang=en").text


@pytest.mark.parametrize("head", ["nonsense", f"9:{'0' * 64}"])
def test_a_head_that_is_not_in_the_log_is_told(books: Engine, head: str) -> None:
    write(books, 2)
    assert "The log is not what was written" in visitor(books).get(f"/acts/check?lang=en&head={head}").text


def test_what_no_row_can_have_finds_nothing_and_breaks_nothing(engine: Engine) -> None:
    client = visitor(engine)
    for asked in ("acts?who=a%00b", "acts?subject=%00", "accounts?after=%00", "acts?who=%FF"):
        assert client.get(f"/{asked}").status_code == client.get(f"/api/v1/{asked}").status_code == 200


def test_an_empty_log_is_told(books: Engine) -> None:
    client = visitor(books)
    assert "The log is empty." in client.get("/acts/check?lang=en").text
    assert "What changes something leaves a line." in client.get("/acts?lang=en").text


def test_the_table_is_taken_along_and_no_cell_of_it_is_run(books: Engine) -> None:
    write(books, 1, "=cmd|' /C calc'!A0")
    answer = visitor(books).get("/exports/acts.csv?lang=en")
    titles, row = csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig")))
    assert titles[:3] == ["Line", "When", "Who"]
    assert row[2].startswith("'=")
    assert visitor_file(books) == b"PK"


def visitor_file(books: Engine) -> bytes:
    client = Visitor.signed_in(closed(books, Clock()), books, "another", Role.APPROVER)
    return client.get("/exports/acts.xlsx").get_data()[:2]


@pytest.mark.parametrize("asked", ["before=0", "before=x", f"who={'x' * 81}", f"subject={'x' * 201}"])
def test_what_is_not_offered_is_refused(books: Engine, asked: str) -> None:
    client = visitor(books)
    for address in ("/acts", "/api/v1/acts", "/exports/acts.csv"):
        assert client.get(f"{address}?{asked}").status_code == 400
