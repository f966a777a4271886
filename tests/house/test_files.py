# SPDX-License-Identifier: Apache-2.0
"""Every file says its licence and its purpose, is short enough to be read, and has a name that says what it holds."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
RELEASED = ("kiosk", "agent", "fleet", "provisioning", "tpm")
PRODUCT = ("wire", "kiosk", "fleet", "provisioning")
SPDX = "SPDX-License-Identifier: Apache-2.0"
LONGEST_LINES = 400
SAYS_NOTHING = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "managers", "base", "stuff"}
SAYS_NOTHING_OF_A_CLASS = re.compile(r"(Manager|Handler|Helper|Utils?|Data|Info)$")
ADDRESS = re.compile(r"https?://|--(?:extra-)?index-url|--find-links")


def python_files(*folders: str) -> list[str]:
    return sorted(str(path.relative_to(HOUSE)) for folder in folders for path in (HOUSE / folder).rglob("*.py"))


def text(name: str) -> str:
    return (HOUSE / name).read_text(encoding="utf-8")


EXPLAINED = python_files(*PRODUCT, "tests/simulators", "tests/demo", "benchmarks")
EVERY = python_files(*PRODUCT, "tests", "benchmarks")
WRITTEN_BY_HAND = sorted(
    str(path.relative_to(HOUSE))
    for pattern in ("*.service", "*.conf", "*.yml", "*.toml", "*.tcss")
    for folder in ("systemd", "ansible", "kiosk")
    for path in (HOUSE / folder).rglob(pattern)
)


def without_licence(names: list[str]) -> list[str]:
    """Files that neither are empty nor say their licence in the first line, or in the second after `---`."""
    return [name for name in names if text(name) and not any(SPDX in line for line in text(name).splitlines()[:2])]


def test_the_files_are_found_at_all() -> None:
    assert len(EXPLAINED) > 150
    assert len(WRITTEN_BY_HAND) > 20


def test_every_python_file_says_its_licence() -> None:
    assert without_licence(EVERY) == []


def test_every_unit_role_and_text_says_its_licence() -> None:
    assert without_licence(WRITTEN_BY_HAND) == []


def test_every_file_begins_by_saying_what_it_is_for() -> None:
    docstrings = {name: ast.get_docstring(ast.parse(text(name))) for name in EXPLAINED if text(name)}
    first_lines = {name: (docstring or "").splitlines()[:1] for name, docstring in docstrings.items()}
    assert [name for name, first in first_lines.items() if not first or not first[0].endswith((".", "?"))] == []


def test_no_file_is_too_long_to_be_read() -> None:
    assert [name for name in EVERY if len(text(name).splitlines()) > LONGEST_LINES] == []


def test_no_name_says_nothing() -> None:
    assert [name for name in EVERY if set(Path(name).with_suffix("").parts) & SAYS_NOTHING] == []


@pytest.mark.parametrize("package", PRODUCT)
def test_no_class_is_named_after_nothing(package: str) -> None:
    classes = [
        (name, node.name)
        for name in python_files(package)
        for node in ast.walk(ast.parse(text(name)))
        if isinstance(node, ast.ClassDef)
    ]
    assert [found for found in classes if SAYS_NOTHING_OF_A_CLASS.search(found[1])] == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements.release.lock"])
def test_a_lock_names_versions_and_hashes_and_no_address(name: str) -> None:
    lock = text(name)
    assert ADDRESS.search(lock) is None
    pinned = re.findall(r"^[\w.\[\]-]+==\S+.*?(?=^\S|\Z)", lock, re.MULTILINE | re.DOTALL)
    assert len(pinned) > 50
    assert [pin.split()[0] for pin in pinned if "--hash=sha256:" not in pin] == []


def test_a_machine_in_the_field_gets_what_was_tested_and_no_tool_of_ours() -> None:
    tested, released = (
        set(re.findall(r"^([\w.\[\]-]+)==(\S+)", text(name), re.MULTILINE))
        for name in ("requirements.lock", "requirements.release.lock")
    )
    assert released < tested
    assert {name for name, _ in released}.isdisjoint({"pytest", "mypy", "ruff", "playwright", "ansible-core"})


def test_what_is_released_has_all_that_its_sides_ask_for() -> None:
    extras = tomllib.loads(text("pyproject.toml"))["project"]["optional-dependencies"]
    asked = {re.split(r"[\[<>=;~! ]", each)[0] for extra in RELEASED for each in extras[extra]}
    locked = set(re.findall(r"^([\w.-]+)", text("requirements.release.lock"), re.MULTILINE))
    assert {name.lower() for name in asked} <= locked
