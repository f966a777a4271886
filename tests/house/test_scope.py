# SPDX-License-Identifier: Apache-2.0
"""Every row of the founding documents stands in docs/scope.md once: here with a test, out with a reason, or not yet."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
SCOPE = (ROOT / "docs" / "scope.md").read_text(encoding="utf-8")
CLASSES = {"core": 65, "integrate": 31, "report": 49, "out": 5}  # of the founding documents
STANDINGS = ("here", "out", "not yet")
_PATH = re.compile(r"`([^`]+)`(?:, without .+)?")
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
_WAITS_FOR = ("outside", "ours")


class Row(NamedTuple):
    """A line of one of the tables."""

    id: str
    name: str
    kind: str
    standing: str
    where: str
    shown_by: str


def rows(text: str) -> list[Row]:
    """Every line that begins with an id; one with more or fewer cells than six is an error of the page."""
    lines = [line for line in text.splitlines() if re.match(r"\|\s*S\d+", line)]
    return [Row(*(cell.strip() for cell in line.strip().strip("|").split("|"))) for line in lines]


@cache
def _tests(file: Path) -> frozenset[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def fault(row: Row) -> str | None:
    """What is wrong with a row; None when it is in order."""
    if not row.name or row.kind not in CLASSES or row.standing not in STANDINGS:
        return "no name, or a class or a standing that there is not"
    if (row.kind == "out") is not (row.standing == "out"):
        return "the class out and the standing out go together"
    if row.standing == "here":
        return _fault_of_what_is_here(row)
    if len(row.where) < len("a reason"):
        return "no reason, or nothing that is missing"
    if row.standing == "not yet" and row.shown_by not in _WAITS_FOR:
        return "not said what it waits for"
    return None


def _fault_of_what_is_here(row: Row) -> str | None:
    place, test = _PATH.fullmatch(row.where), _TEST.fullmatch(row.shown_by)
    if place is None or not (ROOT / place[1]).exists():
        return "no path of the repository"
    if test is None or not (ROOT / test[1]).is_file() or test[2] not in _tests(ROOT / test[1]):
        return "no test that there is"
    return None


def test_every_row_stands_once_and_in_its_order() -> None:
    assert [row.id for row in rows(SCOPE)] == [f"S{number:03}" for number in range(1, 151)]


def test_every_row_is_here_with_a_test_or_out_or_not_yet_with_what_is_missing() -> None:
    assert {row.id: wrong for row in rows(SCOPE) if (wrong := fault(row))} == {}


def test_the_classes_are_those_of_the_founding_documents() -> None:
    assert Counter(row.kind for row in rows(SCOPE)) == CLASSES
    told = dict(re.findall(r"^\| (core|integrate|report|out) \| (\d+) \|", SCOPE, re.MULTILINE))
    assert {kind: int(number) for kind, number in told.items()} == CLASSES


def test_the_page_says_how_many_are_not_yet() -> None:
    counted = Counter(row.standing for row in rows(SCOPE))
    said = f"{counted['here']} rows are *here*, {counted['out']} are *out* and {counted['not yet']} are *not yet*."
    assert said in SCOPE


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("| S001 | a | core | here | `fleet` | |", "no test that there is"),
        (
            "| S001 | a | core | here | `fleet` | `tests/house/test_scope.py::test_that_is_gone` |",
            "no test that there is",
        ),
        (
            "| S001 | a | core | here | `fleet/gone.py` | `tests/house/test_scope.py::test_x` |",
            "no path of the repository",
        ),
        ("| S001 | a | core | soon | | |", "no name, or a class or a standing that there is not"),
        (
            "| S001 | a | core | out | somebody else does it | nothing |",
            "the class out and the standing out go together",
        ),
        ("| S001 | a | out | here | `fleet` | |", "the class out and the standing out go together"),
        ("| S001 | a | out | out | | nothing |", "no reason, or nothing that is missing"),
        ("| S001 | a | core | not yet | the adapter is missing | |", "not said what it waits for"),
    ],
)
def test_a_row_that_has_neither_is_found(line: str, wrong: str) -> None:
    (row,) = rows(line)
    assert fault(row) == wrong
