# SPDX-License-Identifier: Apache-2.0
"""The paper that stays with the kiosk, and the report for machines: what was checked, no picture and no person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import msgspec

from provisioning.commissioning.steps import Result, Step
from provisioning.commissioning.verdicts import FIGURES, measured
from provisioning.files import Report, folder, public

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from provisioning.commissioning.becoming import Identity
    from provisioning.commissioning.examining import Told
    from provisioning.commissioning.steps import Progress
    from provisioning.commissioning.words import Words

SHEET, SELF_TEST, SIGNED = "hand-over.txt", "self-test.json", "self-test.jws"
_VERSION = 1
_BANGKOK = timezone(timedelta(hours=7))
_LEFT_OUT = (Step.WAY, Step.HAND_OVER)


class SelfTest(msgspec.Struct, frozen=True, omit_defaults=True):
    """What `self-test.json` holds; `examined` is the doctor's last report, whole and as it came.

    What is signed of it stands in `self-test.jws`.
    """

    v: int
    kiosk: str
    facility: str
    profile: str
    at_ms: int
    results: tuple[Result, ...]
    examined: msgspec.Raw = msgspec.Raw(b"null")


def lines(words: Words, identity: Identity, progress: Progress, told: Told, at_ms: int) -> list[str]:
    """The paper in one language, line by line."""
    profile = words.known(f"sheet.{identity.profile}", "sheet.test")
    by_step = {result.step: result for result in progress.results}
    paper = [
        words.plain("sheet.title"),
        words.plain("sheet.kiosk", kiosk=identity.kiosk, facility=identity.facility),
        words.plain("sheet.profile", profile=words.plain(profile), release=told.release or "-"),
        words.plain("sheet.at", at=_moment(at_ms)),
        "",
    ]
    for step in (step for step in Step if step in by_step and step not in _LEFT_OUT):
        paper += _step(words, by_step[step])
    paper += _keys(words, told)
    level = words.known(f"sheet.level.{told.level}", "sheet.level.unknown")
    paper += ["", words.plain("sheet.overall", level=words.plain(level))]
    return [*paper, words.plain("sheet.call", number=identity.help_number)]


def _keys(words: Words, told: Told) -> list[str]:
    """How the two keys are kept, as far as the doctor has said it in words that are known here."""
    figures = {name: told.of("certificates").figure(name) for name in ("tls_key", "event_key")}
    kept = {name: words.known(f"sheet.kept.{value}", "") for name, value in figures.items()}
    return [words.plain(f"sheet.{name}", kept=words.plain(key)) for name, key in kept.items() if key]


def write(place: Path, papers: Mapping[str, list[str]], report: SelfTest, signed: bytes) -> None:
    """Write the files into the folder: the paper in every language, the report, and what the controller gets of it.

    Raises:
        FolderError: they cannot be written.
    """
    folder(place, private=True)
    paper = "\n\n".join("\n".join(paper) for paper in papers.values())
    public(place / SHEET, f"{paper}\n".encode(), Report())
    public(place / SELF_TEST, msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n", Report())
    public(place / SIGNED, signed, Report())


def self_test(identity: Identity, progress: Progress, told: Told, at_ms: int) -> SelfTest:
    """The report of now."""
    raw = msgspec.Raw(told.raw or b"null")
    return SelfTest(_VERSION, identity.kiosk, identity.facility, identity.profile, at_ms, progress.results, raw)


def _step(words: Words, result: Result) -> list[str]:
    outcome = words.plain(f"outcome.{result.outcome}") + (f" ({result.code})" if result.code else "")
    told = words.plain("sheet.step", step=words.plain(f"step.{result.step}"), outcome=outcome)
    figures = [measured(name, value).text(words) for name, value in result.figures.items() if name in FIGURES]
    return [told, *(f"  {figure}" for figure in figures)]


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(_BANGKOK).strftime("%Y-%m-%d %H:%M")
