# SPDX-License-Identifier: Apache-2.0
"""What the doctor told, as lines for the screen and as figures for the paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioning.commissioning.examining import CARE, FAULT, NOT_EXAMINED
from provisioning.commissioning.pages import Line, line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioning.commissioning.examining import Found, Told

OK = "ok"
_BAD = (CARE, FAULT)
PARTS = ("reader", "camera", "screen", "store", "clock", "network", "certificates", "disk", "temperature", "power")
_WAYS_AND_STAGES = ("broker", "door", "name", "port", "tls", "certificate", "answer")
_UNITS = ("d", "ms", "px", "1/s")
_ON_PAPER = {
    "reader": ("names",),
    "camera": ("picture", "rate", "brightness"),
    "network": ("sent_from",),
    "clock": ("error_bound",),
    "certificates": ("left",),
    "store": ("outbox",),
}

FIGURES = frozenset(name for names in _ON_PAPER.values() for name in names)


def lines_of(found: Found) -> Iterator[Line]:
    """How a part is; where it is not well, what to do, and which step of a way did not go."""
    if found.code == NOT_EXAMINED:
        yield line("found.not_examined", part=named(found), cause=found.technician or NOT_EXAMINED)
        return
    mark = "found.bad" if found.level in _BAD else "found.unknown" if found.level == "unknown" else "found.well"
    yield line(mark, part=named(found))
    for step in found.steps if found.level in _BAD else ():
        said = "found.step_well" if step.code == OK else "found.step_bad"
        way, stage = _word(step.way), _word(step.stage)
        yield line(said, way=way, stage=stage, port=step.port, code=step.code)
    if found.next:
        yield Line(told=found.next)
    if found.level in _BAD and found.technician:
        yield line("found.detail", detail=found.technician)
    if found.level not in _BAD:
        yield from (measured(name, value) for name, value in _figures(found))


def named(found: Found) -> Line | str:
    """A part's name; of a part that this release does not know, the doctor's word."""
    return line(f"part.{found.part}") if found.part in PARTS else found.part


def measured(name: str, value: str) -> Line:
    """A figure as words: its unit too, where the texts have it."""
    number, _, unit = value.rpartition(" ")
    return line(f"figure.{name}", value=line(f"unit.{unit}", value=number) if unit in _UNITS else value)


def broken(told: Told) -> Found:
    """The first of the worst parts."""
    worst = [found for found in told.parts if found.level == told.level]
    return worst[0] if worst else told.parts[0]


def written(told: Told) -> dict[str, str]:
    """The figures that stand on the paper, by name."""
    return {name: value for found in told.parts for name, value in _figures(found)}


def for_it(told: Told) -> Line | None:
    """The message to the hospital's IT, where the network needs something."""
    return Line(told=told.for_it) if told.for_it and told.of("network").level in _BAD else None


def _word(told: str) -> Line | str:
    return line(f"found.{told}") if told in _WAYS_AND_STAGES else told


def _figures(found: Found) -> Iterator[tuple[str, str]]:
    for name in _ON_PAPER.get(found.part, ()):
        if name in found.figures:
            yield name, found.figures[name].written()
