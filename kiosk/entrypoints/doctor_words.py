# SPDX-License-Identifier: Apache-2.0
"""What `dipchip-kiosk doctor` found, as lines of words, and as a message to whoever keeps the hospital's network."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kiosk.entrypoints.sentences import key_of, plain
from kiosk.findings import OK, Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kiosk.findings import Figure, Finding, Report, Step
    from kiosk.screens.wording import Wording

_SAID = "doctor.said"
_BETWEEN = " · "
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400


def advice(finding: Finding, wordings: Mapping[str, Wording]) -> dict[str, str]:
    """What to do next in every language; nothing where nothing is to be done."""
    if finding.code == OK:
        return {}
    return {language: _sentence(finding.code, wording) for language, wording in wordings.items()}


def of_part(finding: Finding, wording: Wording) -> list[str]:
    """One part: how it is, what to do, the figures, and each step of the network."""
    names = {"part": plain(wording, f"doctor.part.{finding.part}")}
    names["level"] = plain(wording, f"doctor.level.{finding.level}")
    if finding.code == OK:
        lines = [plain(wording, "doctor.line.part", **names)]
    else:
        lines = [plain(wording, "doctor.line.part_with_code", code=finding.code, **names)]
    lines += [f"    {line}" for line in _below(finding, wording)]
    return lines


def of_all(report: Report, wording: Wording) -> list[str]:
    """The last lines."""
    level = plain(wording, f"doctor.level.{report.level}")
    lines = [plain(wording, "doctor.line.overall", level=level)]
    if any(finding.part is Part.NETWORK and finding.code != OK for finding in report.parts):
        lines.append(plain(wording, "doctor.line.for_it"))
    return lines


def for_it(report: Report, network: Finding, wording: Wording) -> Iterator[str]:
    """Which ways must be open to whom, and what was refused where and when."""

    def line(key: str, **values: object) -> str:
        return plain(wording, f"doctor.it.{key}", **values)

    yield line("greeting")
    yield line("who", kiosk=report.kiosk, facility=report.facility)
    if (source := network.figures.get("sent_from")) is not None:
        yield line("source", address=source.value)
    targets = dict.fromkeys((step.way, step.host, step.port) for step in network.steps)
    for way, host, port in targets:
        yield line("target", host=host, port=port, way=plain(wording, f"doctor.way.{way}"))
    yield from (line(each) for each in ("time", "unopened", "direct"))
    yield line("found", at=_at(report.at_ms))
    for step in network.steps:
        place = {"host": step.host, "port": step.port, "stage": plain(wording, f"doctor.stage.{step.stage}")}
        if step.code == OK:
            yield line("passed", **place)
        else:
            yield line("ended", code=step.code, at=_at(step.at_ms), sentence=_cause(step, wording), **place)
    yield line("thanks")


def _below(finding: Finding, wording: Wording) -> Iterator[str]:
    if finding.next:
        yield finding.next[wording.language]
    if finding.technician:
        yield plain(wording, "doctor.line.detail", sentence=finding.technician)
    figures = _figures(finding.figures, wording)
    if figures:
        yield _BETWEEN.join(figures)
    for step in finding.steps:
        stage, way = plain(wording, f"doctor.stage.{step.stage}"), plain(wording, f"doctor.way.{step.way}")
        result = plain(wording, "doctor.value.ok") if step.code == OK else step.code
        where = {"way": way, "host": step.host, "port": step.port, "stage": stage}
        yield plain(wording, "doctor.line.step", result=result, ms=step.took_ms, **where)


def _cause(step: Step, wording: Wording) -> str:
    """What was seen, without what the technician does about it."""
    sentence = plain(wording, f"doctor.seen.{step.code}")
    return f"{sentence} [{step.technician}]" if step.technician else sentence


def _sentence(code: str, wording: Wording) -> str:
    """A code of a newer or older screen process has no sentence here: then it speaks for itself."""
    key = key_of(code, _SAID)
    return plain(wording, key) if key in wording.sentences else code


def _figures(figures: Mapping[str, Figure], wording: Wording) -> list[str]:
    return [
        plain(wording, f"doctor.figure.{name}", value=_written(figure, wording), unit=figure.unit)
        for name, figure in figures.items()
    ]


def _written(figure: Figure, wording: Wording) -> str:
    if isinstance(figure.value, bool):
        return plain(wording, "doctor.value.yes" if figure.value else "doctor.value.no")
    if figure.unit == "s" and isinstance(figure.value, int):
        return _span(figure.value, wording)
    key = f"doctor.value.{figure.value}"
    return plain(wording, key) if key in wording.sentences else f"{figure.value}"


def _span(seconds: int, wording: Wording) -> str:
    sign, seconds = "-" if seconds < 0 else "", abs(seconds)
    values = {
        "days": seconds // _DAY_S,
        "hours": seconds % _DAY_S // _HOUR_S,
        "minutes": seconds % _HOUR_S // _MINUTE_S,
        "seconds": seconds % _MINUTE_S,
    }
    largest = next((name for name, value in values.items() if value), "seconds")
    return sign + plain(wording, f"doctor.span.{largest}", **values)


def _at(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone().isoformat(" ", "seconds")
