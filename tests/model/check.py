# SPDX-License-Identifier: Apache-2.0
"""Explores a world breadth first, state by state, until all are seen or one breaks a promise."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tests.model.fair import Fair
from tests.model.world import ALARMED, BETRAYED, EXCUSED, FLAGS, FORGOTTEN, OWED, PROMISED, Did, World

if TYPE_CHECKING:
    from tests.model.rules import Rules
    from tests.model.world import Scenario, State


class Hole(StrEnum):
    """A broken promise."""

    LOST = "lost, no alarm"
    LOST_NEEDLESSLY = "lost, though neither card nor backup failed"
    NEVER = "never delivered, no alarm"
    TWICE = "counted twice"
    FALSE_ALARM = "false alarm"
    SILENT = "card restored or cloned, no alarm"
    UNSETTLED = "delivered, never settled"


@dataclass(frozen=True, slots=True)
class Found:
    """What exploring a scenario found: how many states, whether these are all, and the shortest way to a hole."""

    states: int
    exhaustive: bool
    hole: Hole | None
    way: tuple[str, ...]
    seconds: float


def explore(scenario: Scenario, rules: Rules, at_most: int = 2_000_000) -> Found:
    """Look at every state that can be reached, nearest first; stop at the first that breaks a promise."""
    began = time.perf_counter()
    world = World(scenario, rules)
    fair = Fair(world.ends)
    came_from: dict[State, State | None] = {world.start(): None}
    frontier = list(came_from)

    def found(hole: Hole | None, way: tuple[str, ...], *, exhaustive: bool) -> Found:
        return Found(len(came_from), exhaustive, hole, way, time.perf_counter() - began)

    while frontier:
        reached = []
        for state in frontier:
            for _, _, _, after in world.steps(state):
                if after in came_from:
                    continue
                came_from[after] = state
                hole = broken(fair, after)
                if hole is not None:
                    return found(hole, _way(world, came_from, after), exhaustive=False)
                reached.append(after)
            if len(came_from) >= at_most:
                return found(None, (), exhaustive=False)
        frontier = reached
    return found(None, (), exhaustive=True)


def broken(fair: Fair, state: State) -> Hole | None:
    """Which promise a state breaks, now or in its fair end: the gravest."""
    end, flags = fair.end(state), state[FLAGS]
    alarm = end.alarm or flags & ALARMED
    missing = state[PROMISED] & ~end.held
    if not (missing or alarm or end.doubled or end.unsettled or flags & OWED):
        return None
    gone = missing & ~end.on_cards
    promises = (
        (end.doubled, Hole.TWICE),
        (gone and not alarm, Hole.LOST),
        (gone & ~state[FORGOTTEN] and not flags & BETRAYED, Hole.LOST_NEEDLESSLY),
        (missing and not alarm, Hole.NEVER),
        (alarm and not flags & EXCUSED, Hole.FALSE_ALARM),
        (flags & OWED and not alarm, Hole.SILENT),
        (end.unsettled and not alarm, Hole.UNSETTLED),
    )
    for is_broken, hole in promises:
        if is_broken:
            return hole
    return None


def _way(world: World, came_from: dict[State, State | None], state: State) -> tuple[str, ...]:
    way: list[str] = []
    after = state
    while (before := came_from[after]) is not None:
        did, k, what, _ = next(step for step in world.steps(before) if step[3] == after)
        way.append(_said(world, did, k, what))
        after = before
    return tuple(reversed(way))


def _said(world: World, did: Did, k: int, what: int) -> str:
    names = {cursor: chr(ord("A") + n) for n, cursor in enumerate(_streams(world))}

    def marks(receipt: int) -> str:
        told = (f"{names[stream]}:{held.acked}/{held.archived}" for stream, held in world.ends.receipts[receipt])
        return "(" + " ".join(told) + ")"

    if did in {Did.ANSWER, Did.RECEIPT}:
        return did.value.format(k + 1, marks(what))
    if did is Did.HEAR:
        pruned = (f"{names[stream]}:{upto}" for stream, upto in world.ends.hellos[what])
        return did.value.format(k + 1, "(" + " ".join(pruned) + ")")
    return did.value.format(k + 1, what + 1)


def _streams(world: World) -> list[str]:
    return sorted({event.link.stream for event in world.ends.events.things})
