# SPDX-License-Identifier: Apache-2.0
"""Two people's imports, in both databases: proposed, looked at, approved, undone; nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from fleet import audit
from fleet.errors import ImportRefusedError
from fleet.people import entries, proposals
from fleet.people.entries import OPEN_MS, Effect, Stage
from fleet.people.imports import DENOMINATORS, OFFICIAL, Attribution, Upload, import_at_once
from fleet.people.problems import FileRefusedError
from fleet.people.proposals import Person
from fleet.store import wall
from fleet.store.import_tables import import_proposal, import_row
from fleet.store.schema import upgrade
from fleet.store.scope import NATION, Scope
from fleet.store.session import open_engine, reading, unit_of_work
from fleet.store.tables import denominator, import_batch, official
from tests.fleet.books import NOW_MS, REGION, bring

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from fleet.people.entries import Entry, Preview
    from fleet.people.spreadsheets import Layout

HEADER = "fiscal_year,province,b1,b2\n"
OFFICIAL_HEADER = "fiscal_year,period,province,a1,b1,a2,b2\n"
SOMSRI = Person("somsri", "somsri", NATION, NOW_MS)
MALEE = Person("malee", "malee", NATION, NOW_MS)
UDON, LOEI, REGION_8, DESK = (
    Scope.parse(each) for each in ("province:41", "province:42", "region:8", "facility:41/10670")
)


def propose(
    books: Engine,
    text: str,
    person: Person = SOMSRI,
    layout: Layout = DENOMINATORS,
    **said: Any,  # noqa: ANN401 - of an attribution
) -> Preview:
    values: dict[str, Any] = {"source": "NHSO", "by": person.name, "made_up": False, "imported_ms": person.at_ms}
    values |= said
    with unit_of_work(books) as connection:
        wall.narrow(connection, person.scope)
        return proposals.propose(connection, layout, Upload("x/b.csv", text.encode()), Attribution(**values), person)


def approve(books: Engine, shown: Preview, person: Person = MALEE) -> Entry:
    with unit_of_work(books) as connection:
        wall.narrow(connection, person.scope)
        return proposals.approve(connection, shown.entry.number, shown.seen, person)


def undo(books: Engine, batch: int | None, person: Person = SOMSRI, reason: str = "a mistake") -> Preview:
    assert batch is not None
    with unit_of_work(books) as connection:
        wall.narrow(connection, person.scope)
        return proposals.propose_undo(connection, batch, reason, person)


def look(books: Engine, number: int, scope: Scope = NATION, at_ms: int = NOW_MS) -> Preview:
    with reading(books) as connection:
        wall.narrow(connection, scope)
        return entries.preview(connection, entries.entry_of(connection, number, scope, at_ms), scope)


def listed(books: Engine, scope: Scope = NATION, at_ms: int = NOW_MS) -> list[tuple[int, Stage]]:
    with reading(books) as connection:
        wall.narrow(connection, scope)
        return [(each.number, each.stage) for each in entries.entries(connection, scope, at_ms)]


def in_force(books: Engine) -> list[tuple[Any, ...]]:
    with reading(books) as connection:
        rows = connection.execute(select(denominator).order_by(denominator.c.fiscal_year, denominator.c.province))
        return [tuple(row) for row in rows]


def acts(books: Engine) -> list[tuple[str, str]]:
    with reading(books) as connection:
        return [(entry.who, entry.act) for entry in audit.entries(connection)]


@pytest.fixture
def books(engine: Engine) -> Engine:
    return engine


def test_a_proposal_changes_nothing_until_another_person_approves_it(books: Engine) -> None:
    shown = propose(books, HEADER + "2570,41,1,2\n2570,42,,0\n")
    assert in_force(books) == []
    assert (shown.entry.stage, shown.entry.file_name, shown.count(Effect.NEW)) == (Stage.PROPOSED, "b.csv", 2)
    done = approve(books, shown)
    assert done.stage is Stage.IMPORTED
    assert in_force(books) == [(2570, "41", 1, 2, done.batch), (2570, "42", None, 0, done.batch)]
    with reading(books) as connection:
        batch = connection.execute(select(import_batch)).one()
    assert (batch.imported_by, batch.source, batch.file_sha256) == ("somsri", "NHSO", shown.entry.file_sha256)
    assert acts(books) == [("somsri", "import.proposed"), ("malee", "import.approved")]


def test_the_preview_says_what_is_new_what_changes_and_what_stays(books: Engine) -> None:
    batch = approve(books, propose(books, HEADER + "2570,41,1,2\n2570,42,3,4\n")).batch
    shown = propose(books, HEADER + "2570,42,3,4\n2570,41,1,9\n2570,43,5,6\n")
    told = [(each.line, each.place.province, each.effect) for each in shown.changes]
    assert told == [(2, "42", Effect.SAME), (3, "41", Effect.CHANGED), (4, "43", Effect.NEW)]
    before, after = shown.changes[1].before, shown.changes[1].after
    assert before is not None
    assert after is not None
    assert (before.counts, before.batch, after.counts) == ((1, 2), batch, (1, 9))
    settled = approve(books, shown)
    assert [each.effect for each in look(books, settled.number).changes] == [each.effect for each in shown.changes]


@pytest.mark.parametrize("name", ["somsri", "SOMSRI", " somsri "])
def test_nobody_approves_what_they_proposed(books: Engine, name: str) -> None:
    shown = propose(books, HEADER + "2570,41,1,2\n")
    with pytest.raises(ImportRefusedError, match="Let another person approve"):
        approve(books, shown, replace(MALEE, name=name))
    assert in_force(books) == []
    with pytest.raises(IntegrityError), unit_of_work(books) as connection:
        connection.execute(update(import_proposal).values(approved_by="somsri"))


def test_a_proposal_that_nobody_answered_in_72_hours_is_over(books: Engine) -> None:
    shown = propose(books, HEADER + "2570,41,1,2\n")
    late = replace(MALEE, at_ms=NOW_MS + OPEN_MS + 1)
    assert listed(books, at_ms=late.at_ms) == [(shown.entry.number, Stage.EXPIRED)]
    with pytest.raises(ImportRefusedError, match="is expired"):
        approve(books, shown, late)
    assert approve(books, shown, replace(late, at_ms=NOW_MS + OPEN_MS)).stage is Stage.IMPORTED


def test_who_approves_has_looked_at_what_it_does_now(books: Engine) -> None:
    first, second = propose(books, HEADER + "2570,41,1,2\n"), propose(books, HEADER + "2570,41,3,4\n")
    approve(books, first)
    with pytest.raises(ImportRefusedError, match="not what you looked at"):
        approve(books, second)
    again = look(books, second.entry.number)
    assert again.changes[0].effect is Effect.CHANGED
    assert approve(books, again).stage is Stage.IMPORTED


def test_an_answer_is_given_once(books: Engine) -> None:
    shown = propose(books, HEADER + "2570,41,1,2\n")
    with unit_of_work(books) as connection:
        proposals.reject(connection, shown.entry.number, SOMSRI)
    assert listed(books) == [(shown.entry.number, Stage.REJECTED)]
    with pytest.raises(ImportRefusedError, match="is rejected"):
        approve(books, shown)
    approved = propose(books, HEADER + "2570,41,1,2\n")
    approve(books, approved)
    with pytest.raises(ImportRefusedError, match="is imported"):
        approve(books, approved)
    assert acts(books)[1] == ("somsri", "import.rejected")


def test_figures_of_the_ministry_change_only_with_a_reason(books: Engine) -> None:
    approve(books, propose(books, OFFICIAL_HEADER + "2569,12,41,1,2,3,4\n", layout=OFFICIAL))
    with pytest.raises(ImportRefusedError, match=r"1 figure\(s\) of the ministry are in force and would change"):
        propose(books, OFFICIAL_HEADER + "2569,12,41,1,2,3,5\n", layout=OFFICIAL)
    assert [stage for _, stage in listed(books)] == [Stage.IMPORTED]
    restated = propose(books, OFFICIAL_HEADER + "2569,12,41,1,2,3,5\n", layout=OFFICIAL, reason="the IdP corrected it")
    assert approve(books, restated).reason == "the IdP corrected it"
    (change,) = look(books, restated.entry.number).changes
    assert change.before is not None
    assert change.before.counts == (1, 2, 3, 4)


def test_a_reason_is_needed_too_when_another_import_made_it_a_restatement_meanwhile(books: Engine) -> None:
    waiting = propose(books, OFFICIAL_HEADER + "2569,12,41,1,2,3,4\n", layout=OFFICIAL)
    approve(books, propose(books, OFFICIAL_HEADER + "2569,12,41,1,2,3,9\n", layout=OFFICIAL))
    with pytest.raises(ImportRefusedError, match="--reason"):
        approve(books, look(books, waiting.entry.number))


def test_an_undo_gives_back_exactly_what_was_replaced(books: Engine) -> None:
    first = approve(books, propose(books, HEADER + "2570,41,1,2\n2570,42,3,4\n"))
    before = in_force(books)
    second = approve(books, propose(books, HEADER + "2570,41,,9\n2570,43,5,6\n"))
    shown = undo(books, second.batch)
    assert [each.effect for each in shown.changes] == [Effect.CHANGED, Effect.TAKEN_AWAY]
    with pytest.raises(ImportRefusedError, match="Let another person approve"):
        approve(books, shown, SOMSRI)
    assert approve(books, shown).stage is Stage.IMPORTED
    assert in_force(books) == before
    assert [stage for _, stage in listed(books)] == [Stage.IMPORTED, Stage.UNDONE, Stage.IMPORTED]
    with pytest.raises(ImportRefusedError, match="is undone already"):
        undo(books, second.batch)
    approve(books, undo(books, first.batch))
    assert in_force(books) == []
    assert acts(books)[-1] == ("malee", "import.undone")


def test_an_undo_of_what_a_later_batch_stands_on_is_refused_and_names_it(books: Engine) -> None:
    first = approve(books, propose(books, HEADER + "2570,41,1,2\n2570,42,3,4\n"))
    waiting = undo(books, first.batch)
    second = approve(books, propose(books, HEADER + "2570,42,3,4\n"))
    with pytest.raises(ImportRefusedError, match=f"batch {second.batch} has replaced rows of it"):
        undo(books, first.batch)
    with pytest.raises(ImportRefusedError, match=f"batch {second.batch} has replaced rows of it"):
        approve(books, look(books, waiting.entry.number))
    approve(books, undo(books, second.batch))
    approve(books, look(books, waiting.entry.number))
    assert in_force(books) == []


def test_what_an_earlier_release_imported_cannot_be_undone(books: Engine) -> None:
    with unit_of_work(books) as connection:
        values = {"kind": "official", "file_sha256": "0" * 64, "file_name": "o.csv", "source": "s", "made_up": False}
        batch = connection.execute(
            insert(import_batch).values(**values, imported_ms=1, imported_by="old").returning(import_batch.c.id)
        ).scalar_one()
        connection.execute(
            insert(import_proposal).values(**values, rows=0, reason="", proposed_by="old", proposed_ms=1, batch=batch)
        )
    with pytest.raises(ImportRefusedError, match="is not known"):
        undo(books, batch)
    assert listed(books, UDON) == []


def test_a_file_that_names_a_place_outside_of_the_scope_is_refused_by_row(books: Engine) -> None:
    own = replace(SOMSRI, scope=UDON)
    with pytest.raises(FileRefusedError) as caught:
        propose(books, HEADER + "2570,41,1,2\n2570,42,3,4\n", own)
    (problem,) = caught.value.problems
    assert (problem.row, problem.column) == (3, "province")
    assert "only what province:41 holds: 41" in problem.in_english()
    assert "พื้นที่ของบัญชีนี้: 41" in problem.in_thai()
    assert propose(books, HEADER + "2570,41,1,2\n", own).entry.number
    with pytest.raises(FileRefusedError):
        propose(books, HEADER + "2570,41,1,2\n", replace(SOMSRI, scope=DESK))
    with pytest.raises(FileRefusedError):
        propose(books, "fiscal_year,period,figure,num,den\n2568,12,R8-1,1,2\n", replace(SOMSRI, scope=REGION_8), REGION)


def test_a_stranger_from_another_province_sees_and_answers_nothing(books: Engine) -> None:
    shown = propose(books, HEADER + "2570,41,1,2\n", replace(SOMSRI, scope=UDON))
    for scope in (LOEI, DESK, Scope.parse("region:7")):
        stranger = replace(MALEE, scope=scope)
        assert listed(books, scope) == []
        for act in (
            lambda: look(books, shown.entry.number, scope),  # noqa: B023 - called at once
            lambda: approve(books, shown, stranger),  # noqa: B023 - likewise
        ):
            with pytest.raises(ImportRefusedError, match="There is no import"):
                act()
        with pytest.raises(ImportRefusedError, match="There is no import"), unit_of_work(books) as connection:
            proposals.reject(connection, shown.entry.number, stranger)
    batch = approve(books, shown, replace(MALEE, scope=REGION_8)).batch
    with pytest.raises(ImportRefusedError, match="There is no batch"):
        undo(books, batch, replace(SOMSRI, scope=LOEI))


def test_a_file_of_several_provinces_is_seen_in_part_and_answered_by_whom_it_is_all_of(books: Engine) -> None:
    shown = propose(books, HEADER + "2570,41,1,2\n2570,42,3,4\n")
    part = look(books, shown.entry.number, UDON)
    assert ([each.place.province for each in part.changes], part.complete) == (["41"], False)
    with pytest.raises(ImportRefusedError, match="do not answer for"):
        approve(books, part, replace(MALEE, scope=UDON))
    with pytest.raises(ImportRefusedError, match="do not answer for"), unit_of_work(books) as connection:
        proposals.reject(connection, shown.entry.number, replace(MALEE, scope=UDON))
    whole = approve(books, look(books, shown.entry.number, REGION_8), replace(MALEE, scope=REGION_8))
    with pytest.raises(ImportRefusedError, match="do not answer for"):
        undo(books, whole.batch, replace(SOMSRI, scope=UDON))
    waiting = undo(books, whole.batch)
    assert len(look(books, waiting.entry.number, UDON).changes) == 1


def test_at_once_is_for_a_test_or_for_made_up_figures_that_replace_only_such(books: Engine) -> None:
    def bring_in(text: str, *, made_up: bool) -> None:
        who = Attribution("s", "demo", made_up, NOW_MS)
        import_at_once(books, DENOMINATORS, Upload("b.csv", text.encode()), who, is_test=False)

    with pytest.raises(ImportRefusedError, match="import propose denominators"):
        bring_in(HEADER + "2570,41,1,2\n", made_up=False)
    bring_in(HEADER + "2570,41,1,2\n", made_up=True)
    bring_in(HEADER + "2570,41,1,3\n", made_up=True)
    approve(books, propose(books, HEADER + "2570,41,7,7\n"))
    with pytest.raises(ImportRefusedError, match="would replace real ones"):
        bring_in(HEADER + "2570,41,1,4\n", made_up=True)
    assert [stage for _, stage in listed(books)] == [Stage.IMPORTED, Stage.AT_ONCE, Stage.AT_ONCE]


def test_what_came_in_at_once_is_undone_by_two_people_like_the_rest(books: Engine) -> None:
    first = bring(books, "denominators", HEADER + "2570,41,1,2\n")
    second = bring(books, "denominators", HEADER + "2570,41,3,4\n")
    approve(books, undo(books, second.batch))
    assert in_force(books) == [(2570, "41", 1, 2, first.batch)]


def test_no_name_source_or_reason_and_no_file_name_holds_a_citizen_number(books: Engine) -> None:
    number = "3100600445636"
    cases: list[dict[str, Any]] = [{"source": number}, {"by": number}, {"reason": number}]
    for said in cases:
        with pytest.raises(ImportRefusedError):
            propose(books, HEADER + "2570,41,1,2\n", **said)
    with unit_of_work(books) as connection:
        given = Upload(f"{number}.csv", (HEADER + "2570,41,1,2\n").encode())
        shown = proposals.propose(connection, DENOMINATORS, given, Attribution("s", "me", False, NOW_MS), SOMSRI)  # noqa: FBT003 - as it is declared
    assert shown.entry.file_name == "(withheld)"


def test_official_and_regional_figures_are_undone_in_their_own_tables(books: Engine) -> None:
    approve(books, propose(books, OFFICIAL_HEADER + "2569,6,41,1,2,3,4\n", layout=OFFICIAL))
    restated = propose(books, OFFICIAL_HEADER + "2569,6,41,1,2,3,\n2569,12,41,1,2,3,4\n", layout=OFFICIAL, reason="x")
    done = approve(books, restated)
    approve(books, undo(books, done.batch))
    with reading(books) as connection:
        rows = connection.execute(select(official.c.period, official.c.b2)).all()
        kept = connection.execute(select(import_row.c.replaced).where(import_row.c.replaced.is_not(None))).scalars()
        assert list(kept) == ["[1,2,3,4]"]
    assert [tuple(row) for row in rows] == [(6, 4)]
    region = "fiscal_year,period,figure,num,den\n2568,12,R8-1,1,2\n"
    batch = approve(books, propose(books, region, layout=REGION)).batch
    assert undo(books, batch).count(Effect.TAKEN_AWAY) == 1


def test_batches_from_before_are_in_the_book_after_the_migration(empty_database_url: str) -> None:
    engine = open_engine(empty_database_url)
    upgrade(engine, "0014")
    values = {"kind": "official", "file_sha256": "a" * 64, "file_name": "o.csv", "source": "IdP", "made_up": True}
    with unit_of_work(engine) as connection:
        connection.execute(insert(import_batch).values(**values, imported_ms=7, imported_by="old"))
    upgrade(engine)
    with reading(engine) as connection:
        (entry,) = entries.entries(connection, NATION, NOW_MS)
    assert (entry.stage, entry.batch, entry.proposed_by, entry.proposed_ms) == (Stage.AT_ONCE, 1, "old", 7)
    assert (entry.source, entry.made_up, entry.rows) == ("IdP", True, 0)
    engine.dispose()
