# SPDX-License-Identifier: Apache-2.0
"""Any order and any split in files gives the same figures in force; any undo gives back what was."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select

from fleet.people import entries, proposals
from fleet.people.entries import Stage
from fleet.people.imports import DENOMINATORS, Attribution, Upload
from fleet.people.proposals import Person
from fleet.store.every_table import metadata
from fleet.store.scope import NATION
from fleet.store.tables import denominator
from tests.fleet.books import NOW_MS
from wire.provinces import PROVINCES

if TYPE_CHECKING:
    from sqlalchemy import Connection

Figures: TypeAlias = dict[tuple[int, str], tuple[int | None, int | None]]

ONE, OTHER = (Person(name, name, NATION, NOW_MS) for name in ("somsri", "malee"))
count = st.one_of(st.none(), st.integers(0, 50))
files = st.dictionaries(
    st.tuples(st.integers(2569, 2570), st.sampled_from(list(PROVINCES)[:6])),
    st.tuples(count, count),
    min_size=1,
    max_size=8,
)


def bring(connection: Connection, rows: Figures) -> int:
    lines = [
        f"{year},{province},{'' if b1 is None else b1},{'' if b2 is None else b2}"
        for (year, province), (b1, b2) in rows.items()
    ]
    content = "\n".join(("fiscal_year,province,b1,b2", *lines)).encode()
    who = Attribution(source="s", by=ONE.name, made_up=False, imported_ms=NOW_MS)
    shown = proposals.propose(connection, DENOMINATORS, Upload("b.csv", content), who, ONE)
    batch = proposals.approve(connection, shown.entry.number, shown.seen, OTHER).batch
    assert batch is not None
    return batch


def undo(connection: Connection, batch: int) -> None:
    shown = proposals.propose_undo(connection, batch, "a mistake", ONE)
    assert proposals.approve(connection, shown.entry.number, shown.seen, OTHER).stage is Stage.IMPORTED


def in_force(connection: Connection) -> dict[tuple[int, str], tuple[int | None, int | None, int]]:
    rows = connection.execute(select(denominator))
    return {(row.fiscal_year, row.province): (row.b1, row.b2, row.batch) for row in rows}


def figures(connection: Connection) -> Figures:
    return {key: (b1, b2) for key, (b1, b2, _) in in_force(connection).items()}


@settings(max_examples=20)
@given(files, st.data())
def test_rows_split_in_any_files_in_any_order_are_the_same_figures(rows: Figures, data: st.DataObject) -> None:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    order = data.draw(st.permutations(list(rows)))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(order)), max_size=3)) | {0, len(order)})
    with engine.begin() as connection:
        for begin, end in pairwise(cuts):
            bring(connection, {key: rows[key] for key in order[begin:end]})
        assert figures(connection) == rows
    engine.dispose()


@settings(max_examples=20)
@given(st.lists(files, min_size=1, max_size=4), st.data())
def test_undone_from_the_last_to_any_everything_is_as_it_was(given_files: list[Figures], data: st.DataObject) -> None:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as connection:
        states, batches = [in_force(connection)], []
        for each in given_files:
            batches.append(bring(connection, each))
            states.append(in_force(connection))
        for n in range(data.draw(st.integers(1, len(batches)))):
            undo(connection, batches[-1 - n])
            assert in_force(connection) == states[-2 - n]
        assert len(entries.entries(connection, NATION, NOW_MS)) >= len(batches)
    engine.dispose()
