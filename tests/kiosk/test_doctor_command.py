# SPDX-License-Identifier: Apache-2.0
"""`dipchip-kiosk doctor`: every part in words and as JSON, by its contract, with exit codes that scripts can trust."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from typer.testing import CliRunner

from kiosk.entrypoints import cli, doctor
from kiosk.findings import Code, Finding, Level, Part, Report, Stage, Step, Way, worst
from kiosk.screens.wording import LANGUAGES, load_wordings
from tests.kiosk.doctored import fleet_with_a_dark_kiosk, hot_raspberry_pi, settings

if TYPE_CHECKING:
    from kiosk.machine.kernel import Kernel
    from tests.provisioning.conftest import Made

HOUSE = Path(__file__).parents[2]
PAGE = (HOUSE / "docs" / "doctor.md").read_text(encoding="utf-8")
WORDINGS = load_wordings()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return fleet_with_a_dark_kiosk(tmp_path_factory.mktemp("doctor"))


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    return hot_raspberry_pi(tmp_path)


def test_the_message_to_the_hospital_s_it_says_what_must_be_open_and_what_was_refused(
    made: Made, kernel: Kernel, capsys: pytest.CaptureFixture[str]
) -> None:
    for language, refused in (("en", "the connection is refused"), ("th", "พอร์ตปฏิเสธการเชื่อมต่อ")):
        doctor.run(settings(made), (Part.NETWORK,), language, as_json=False, for_it=True, kernel=kernel)
        message = capsys.readouterr().out
        assert f"localhost TCP {'port' if language == 'en' else 'พอร์ต'} {made.port} " in message
        assert f"localhost:{made.port}" in message
        assert refused in message
        assert "(port_refused)" in message
        assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d", message)
        assert "{" not in message


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_name_each_part_its_level_and_its_code(
    made: Made, kernel: Kernel, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    asked = (Part.CAMERA, Part.CERTIFICATES, Part.TEMPERATURE)
    assert doctor.run(settings(made), asked, language, as_json=False, for_it=False, kernel=kernel) == 1
    lines = capsys.readouterr().out.splitlines()
    heads = [line for line in lines if not line.startswith(" ")]
    words = WORDINGS[language].sentences
    assert heads == [
        f"{words['doctor.part.camera']}: {words['doctor.level.care']} (camera_dark)",
        f"{words['doctor.part.certificates']}: {words['doctor.level.well']}",
        f"{words['doctor.part.temperature']}: {words['doctor.level.care']} (temperature_high)",
        heads[-1],
    ]
    assert words["doctor.level.care"] in heads[-1]
    assert not any("\u200b" in line or "\u0e4d\u0e32" in line or "{" in line for line in lines)


def test_what_is_unknown_makes_nothing_worse_and_nothing_better() -> None:
    assert worst([Level.UNKNOWN, Level.WELL]) is Level.WELL
    assert worst([Level.UNKNOWN, Level.CARE, Level.WELL]) is Level.CARE
    assert worst([Level.FAULT, Level.CARE]) is Level.FAULT
    assert worst([]) is Level.UNKNOWN


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("doctor",), 64),
        (("doctor", "--config", "/nowhere/kiosk.toml"), 64),
        (("doctor", "disk", "--config", "/nowhere/kiosk.toml"), 64),
        (("doctor", "everything"), 64),
        (("doctor", "--nonsense"), 64),
        (("doctor", "disk", "--nonsense"), 64),
        (("doctor", "card", "--nonsense"), 2),
    ],
)
def test_a_command_or_settings_that_cannot_be_used_are_told_from_a_fault(words: tuple[str, ...], code: int) -> None:
    result = CliRunner(env={"DIPCHIP_KIOSK_CONFIG": ""}).invoke(cli.app, words)
    assert result.exit_code == code
    assert result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("doctor", "certificates", "--json", "--config", "FILE"),
        ("doctor", "--json", "certificates", "--config", "FILE"),
        ("doctor", "--json", "--config", "FILE", "certificates"),
    ],
)
def test_one_part_is_examined_by_its_name_wherever_the_options_stand(made: Made, arguments: tuple[str, ...]) -> None:
    place = str(settings(made))
    arguments = tuple(place if argument == "FILE" else argument for argument in arguments)
    result = CliRunner().invoke(cli.app, arguments)
    assert result.exit_code == 0
    assert [finding.part for finding in msgspec.json.decode(result.stdout, type=Report).parts] == ["certificates"]


def figures() -> set[str]:
    """The name of every figure that a room's source gives."""
    sources = "".join(path.read_text(encoding="utf-8") for path in sorted((HOUSE / "kiosk").rglob("*.py")))
    found = re.findall(r'"([a-z_]+)": Figure\(|figures\["([a-z_]+)"\] = ', sources)
    assert len(found) > 25
    return {first or second for first, second in found}


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_can_be_found_has_words(language: str) -> None:
    needed = [f"doctor.figure.{name}" for name in figures()]
    needed += [f"doctor.part.{part}" for part in Part] + [f"doctor.level.{level}" for level in Level]
    needed += [f"doctor.stage.{stage}" for stage in Stage] + [f"doctor.way.{way}" for way in Way]
    needed += [f"doctor.said.{code}" for code in Code if f"fault.{code}" not in WORDINGS[language].sentences]
    assert [key for key in needed if key not in WORDINGS[language].sentences] == []


def test_no_words_are_left_over_from_something_that_is_gone() -> None:
    words = WORDINGS["th"].sentences
    said = {key.removeprefix("doctor.said.") for key in words if key.startswith("doctor.said.")}
    assert said <= set(Code)
    assert {key.removeprefix("doctor.figure.") for key in words if key.startswith("doctor.figure.")} == figures()
    assert {key.removeprefix("doctor.seen.") for key in words if key.startswith("doctor.seen.")} <= set(Code)


def test_the_document_names_every_field_part_level_step_figure_and_code() -> None:
    fields = [name for kind in (Report, Finding, Step) for name in kind.__struct_fields__]
    terms = [*fields, *Part, *Level, *Way, *Stage, *Code, *figures()]
    assert [term for term in terms if f"`{term}`" not in PAGE] == []
