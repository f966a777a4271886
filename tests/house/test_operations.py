# SPDX-License-Identifier: Apache-2.0
"""The documents name commands, options and units that exist."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest
import typer

HOUSE = Path(__file__).parents[2]
OPERATIONS = (HOUSE / "docs" / "operations.md").read_text()
PROGRAMS = {
    "dipchip-kiosk": "kiosk.entrypoints.cli",
    "dipchip-fleet": "fleet.entrypoints.cli",
    "dipchip-provision": "provisioning.cli",
}
TYPED = re.compile(
    r"(?:^|[ /`])(dipchip-(?:kiosk|fleet|provision)) "
    r"((?:(?:account|alert window|alert|announcement|claim|complaint|help|import|order|doctor|card|models|policy"
    r"|release|rollout|roots|roster) )?"
    r"[a-z][a-z-]*)"
    r"((?: [^`\n]+)?)"
)


def typed() -> list[tuple[str, str, tuple[str, ...]]]:
    """Each command line of the document: program, command (of a group too, as `doctor card`), options."""
    joined = re.sub(r"\\\n\s*", "", OPERATIONS)
    found = TYPED.findall(joined)
    return [(program, command, tuple(re.findall(r"--[a-z-]+", rest))) for program, command, rest in found]


def test_the_document_is_read_at_all() -> None:
    assert {command for _, command, _ in typed()} >= {"fleet", "kiosk", "revoke", "register"}


@pytest.mark.parametrize(("program", "command", "options"), typed())
def test_a_typed_command_exists_with_its_options(program: str, command: str, options: tuple[str, ...]) -> None:
    node = typer.main.get_command(import_module(PROGRAMS[program]).app)
    for word in command.split():
        known = getattr(node, "commands", {})
        assert word in known
        node = known[word]
    assert set(options) <= {option for parameter in node.params for option in parameter.opts}


def test_every_unit_that_the_document_names_is_in_the_house() -> None:
    named = set(re.findall(r"dipchip-(?:kiosk|fleet|broker|door)-[a-z]+", OPERATIONS))
    assert named == {path.stem for path in (HOUSE / "systemd").glob("*.service")}
