# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet import` as two people type it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from fleet.entrypoints.cli import app
from fleet.errors import FleetError, ImportRefusedError
from fleet.people.entries import OPEN_MS
from fleet.people.problems import FileRefusedError
from tests.fleet.people.excel import workbook

if TYPE_CHECKING:
    from pathlib import Path


class Desk:
    """Somebody at the controller's command line."""

    def __init__(self, database_url: str, folder: Path, profile: str = "live") -> None:
        self.folder = folder
        self._config = folder / "fleet.toml"
        self._config.write_text(f'database_url = "{database_url}"\n[web]\nprofile = "{profile}"\n')

    def type(self, *words: str) -> list[dict[str, Any]]:
        """What the command answers, line by line; raises what it refuses."""
        done = CliRunner().invoke(app, [*words, "--config", str(self._config)])
        if isinstance(done.exception, FleetError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return [json.loads(line) for line in done.stdout.splitlines()]

    def file(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.write_bytes(content)
        return str(path)


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Desk:
    return Desk(database_url, tmp_path)


BY_SOMSRI = ("--source", "NHSO", "--by", "สมศรี")


def test_a_workbook_with_its_own_headers_is_proposed_looked_at_approved_and_undone(desk: Desk) -> None:
    book = workbook([("หน่วยงาน ก",), ("จว.", "สสจ.", "ประชากร"), ("อุดรธานี", 120, 8), (42, None, 0)])
    mapped = ("--column", "province=จว.", "--column", "b1=สสจ.", "--value", "fiscal_year=2570", "--header-line", "2")
    (shown,) = desk.type("import", "propose", "denominators", desk.file("b.xlsx", book), *BY_SOMSRI, *mapped)
    assert (shown["stage"], shown["rows"], shown["new"], shown["file_name"]) == ("proposed", 2, 2, "b.xlsx")
    head, *changes = desk.type("import", "show", str(shown["import"]))
    assert head == shown
    assert changes[0] == {
        "line": 3,
        "fiscal_year": 2570,
        "province": "41",
        "effect": "new",
        "before": None,
        "after": {"b1": 120, "b2": 8},
    }
    number, seen = str(shown["import"]), shown["seen"]
    with pytest.raises(ImportRefusedError, match="another person"):
        desk.type("import", "approve", number, "--seen", seen, "--by", "สมศรี")
    (done,) = desk.type("import", "approve", number, "--seen", seen, "--by", "มาลี")
    assert done["stage"] == "imported"
    (undo,) = desk.type("import", "undo", str(done["batch"]), "--reason", "wrong snapshot", "--by", "มาลี")
    desk.type("import", "approve", str(undo["import"]), "--seen", undo["seen"], "--by", "สมศรี")
    assert [each["stage"] for each in desk.type("import", "list")] == ["imported", "undone"]


def test_a_proposal_is_turned_down(desk: Desk) -> None:
    file = desk.file("b.csv", b"fiscal_year,province,b1,b2\n2570,41,1,2\n")
    (shown,) = desk.type("import", "propose", "denominators", file, *BY_SOMSRI)
    desk.type("import", "reject", str(shown["import"]), "--by", "มาลี")
    assert [each["rejected_by"] for each in desk.type("import", "list")] == ["มาลี"]
    assert OPEN_MS == 72 * 3600 * 1000


def test_a_bad_file_is_explained_and_nothing_is_written(desk: Desk) -> None:
    file = desk.file("b.xlsx", workbook([("fiscal_year", "province", "b1", "b2"), (2570, 8, "=1", 2)]))
    with pytest.raises(FileRefusedError, match="วางแบบเฉพาะค่า"):
        desk.type("import", "propose", "denominators", file, *BY_SOMSRI)
    with pytest.raises(ImportRefusedError, match="cannot be read"):
        desk.type("import", "propose", "denominators", str(desk.folder / "none.csv"), *BY_SOMSRI)
    with pytest.raises(ImportRefusedError, match="field=header"):
        desk.type("import", "propose", "denominators", file, *BY_SOMSRI, "--column", "b1")
    assert desk.type("import", "list") == []


def test_real_figures_are_not_imported_by_one_person_outside_of_a_test(database_url: str, tmp_path: Path) -> None:
    live = Desk(database_url, tmp_path)
    file = live.file("b.csv", b"fiscal_year,province,b1,b2\n2570,41,1,2\n")
    with pytest.raises(ImportRefusedError, match="import propose denominators"):
        live.type("denominators", file, *BY_SOMSRI)
    live.type("denominators", file, *BY_SOMSRI, "--made-up")
    (done,) = Desk(database_url, tmp_path, "test").type("denominators", file, *BY_SOMSRI)
    assert (done["made_up"], done["rows"]) == (False, 1)
