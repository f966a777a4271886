# SPDX-License-Identifier: Apache-2.0
"""The delivery protocol keeps its promises in every state of a hostile world, and which of its rules that takes."""

from __future__ import annotations

import ast
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import wire.chain
from tests.model.rules import Rules
from tests.model.run import run
from tests.model.variants import OFF, WHOLE, Case

if TYPE_CHECKING:
    from tests.model.check import Found

HOUSE = Path(wire.chain.__file__).parents[2]
AT_LEAST = 300_000  # states of one scenario, all of them

pytestmark = pytest.mark.timeout(1200)  # a minute by itself; the machine may be busy


@pytest.fixture(scope="module")
def found() -> dict[str, Found]:
    return run()


def _named(cases: tuple[Case, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


@_named(WHOLE)
def test_the_whole_protocol_loses_nothing_counts_nobody_twice_and_cries_no_wolf(
    case: Case, found: dict[str, Found]
) -> None:
    result = found[case.name]
    assert (result.hole, result.way, result.exhaustive) == (None, (), True)


@_named(OFF)
def test_a_rule_that_is_switched_off_leaves_just_the_hole_that_it_closes(case: Case, found: dict[str, Found]) -> None:
    result = found[case.name]
    assert case.is_met_by(result), (case.hole, result.hole, result.way)


def test_one_scenario_is_exhausted_over_many_states(found: dict[str, Found]) -> None:
    assert max(found[case.name].states for case in WHOLE) >= AT_LEAST


def test_what_is_checked_is_what_the_product_calls() -> None:
    checked = [getattr(Rules(), field.name) for field in fields(Rules)]
    assert all(rule.__module__.startswith("wire.chain.") for rule in checked)
    called = {name for side in ("kiosk", "fleet") for name in _called_of_the_protocol(HOUSE / side)}
    assert {rule.__qualname__.split(".")[0] for rule in checked} <= called


def _called_of_the_protocol(folder: Path) -> set[str]:
    """What the code in a folder takes from `wire.chain`, by name or as `chain.name`."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in folder.rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    imported = {
        name.name
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module == "wire.chain"
        for name in node.names
    }
    return imported | {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "chain"
    }
