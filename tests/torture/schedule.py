# SPDX-License-Identifier: Apache-2.0
"""What is done to whom and when, drawn from a seed before anything starts: the same seed, the same faults."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_EVERY_S = 12.0  # a kiosk whose card will fail comes into service so often
_LIFE_S = 26.0  # and serves so long, when the run is long enough
_BETRAYAL = 0.8  # of a run; before, no older backup is put back than the newest: what is erased then stops its kiosk
COURIERS = ("courier", "courier-2")  # of the controller
RELAY, PROVIDER, DATABASE = "relay", "provider", "database"


class Deed(StrEnum):
    """What can be done."""

    KILL = "kill"  # and start again after a while
    STOP = "stop"  # SIGSTOP, and SIGCONT after a while
    LOSE_QUEUE = "lose queue"  # the broker is killed, and its disk is gone
    CUT = "cut"
    STALL = "stall"
    HALVE = "halve"  # half of what comes next is delivered, then the connection is reset
    CRUMBLE = "crumble"  # everything is delivered in crumbs for a while
    BACK_UP = "back up"
    RESTORE_DATABASE = "restore database"
    COMMISSION = "commission"
    TAKE_IMAGE = "take image"
    RESTORE_CARD = "restore card"
    CLONE_CARD = "clone card"
    RETIRE = "retire"


class Misfortune(StrEnum):
    """What becomes of a kiosk's card in the end."""

    NONE = "none"
    RESTORED = "restored"
    CLONED = "cloned"


@dataclass(frozen=True, slots=True)
class Life:
    """A kiosk: when it serves, what becomes of its card, whether it counts outside of it, and erases in seconds."""

    kiosk: str
    from_s: float
    to_s: float
    misfortune: Misfortune
    counts: bool
    erases: bool


@dataclass(frozen=True, slots=True)
class Act:
    """Something that is done.

    `share` is how much of the next bytes is delivered; which backup is put back, 0 the newest; or below a half that a
    card is copied while its kiosk is at work.
    """

    at_s: float
    deed: Deed
    on: str
    lasts_s: float = 0.0
    share: float = 0.0

    def __str__(self) -> str:
        return f"{self.at_s:6.1f} s  {self.deed} {self.on}" + (f" for {self.lasts_s:.1f} s" if self.lasts_s else "")


@dataclass(frozen=True, slots=True)
class Plan:
    """A run: the kiosks and what is done to everything, in order."""

    seed: int
    seconds: float
    lives: tuple[Life, ...]
    acts: tuple[Act, ...]


def draw(seed: int, seconds: float, *, kiosks: int) -> Plan:
    """Draw a run: `kiosks` serve from beginning to end and fail in every way but of the card, others come and go."""
    chance = random.Random(seed)  # noqa: S311 - chance that can be repeated, not secrecy
    lives = (*_healthy(kiosks, seconds), *_unlucky(chance, seconds))
    acts = [act for life in lives for act in _of_a_life(chance, life)]
    acts += _of_processes(chance, seconds, lives)
    acts += _of_the_network(chance, seconds)
    acts += _of_the_database(chance, seconds)
    return Plan(seed, seconds, lives, tuple(sorted(acts, key=lambda act: act.at_s)))


def _healthy(kiosks: int, seconds: float) -> Iterator[Life]:
    for n in range(kiosks):
        yield Life(f"k-{n + 1:02}", 0.0, seconds, Misfortune.NONE, counts=n % 2 == 0, erases=n % 4 < 2)


def _unlucky(chance: random.Random, seconds: float) -> Iterator[Life]:
    life_s = min(_LIFE_S, seconds * 0.8)
    for n in range(max(3, round(seconds / _EVERY_S))):
        from_s = chance.uniform(0, seconds - life_s)
        kind = Misfortune.CLONED if n % 3 == 1 else Misfortune.RESTORED
        yield Life(f"k-unlucky-{n + 1:02}", from_s, from_s + life_s, kind, counts=n % 3 == 0, erases=n % 2 == 0)


def _of_a_life(chance: random.Random, life: Life) -> Iterator[Act]:
    yield Act(life.from_s, Deed.COMMISSION, life.kiosk)
    if life.misfortune is Misfortune.NONE:
        return
    lasts_s = life.to_s - life.from_s
    taken_s = life.from_s + lasts_s * chance.uniform(0.25, 0.4)
    fails_s = life.from_s + lasts_s * chance.uniform(0.6, 0.7)
    if life.misfortune is Misfortune.RESTORED:
        yield Act(taken_s, Deed.TAKE_IMAGE, life.kiosk, share=chance.random())
        yield Act(fails_s, Deed.RESTORE_CARD, life.kiosk)
    else:
        yield Act(fails_s, Deed.CLONE_CARD, life.kiosk)
    yield Act(life.to_s, Deed.RETIRE, life.kiosk)


def _moments(chance: random.Random, seconds: float, per_minute: float) -> Iterator[float]:
    """Moments at random; at least one, however short the run."""
    at_s = min(chance.expovariate(per_minute / 60), seconds * chance.random())
    while at_s < seconds:
        yield at_s
        at_s += chance.expovariate(per_minute / 60)


def _of_processes(chance: random.Random, seconds: float, lives: tuple[Life, ...]) -> Iterator[Act]:
    def kiosk_process(at_s: float) -> str:
        serving = [life.kiosk for life in lives if life.from_s <= at_s < life.to_s]
        return f"{chance.choice(serving)}/{chance.choice(('screen', 'courier'))}"

    targets: tuple[tuple[Callable[[float], str], Deed, float, float], ...] = (
        (kiosk_process, Deed.KILL, 16, 1.5),
        (kiosk_process, Deed.STOP, 6, 6.0),
        (lambda _: chance.choice(COURIERS), Deed.KILL, 4, 1.5),
        (lambda _: chance.choice(COURIERS), Deed.STOP, 2, 30.0),  # at times longer than a lease lasts
        (lambda _: RELAY, Deed.KILL, 2, 1.5),
        (lambda _: RELAY, Deed.STOP, 1, 6.0),
        (lambda _: PROVIDER, Deed.KILL, 1, 1.5),
        (lambda _: DATABASE, Deed.KILL, 1, 0.0),
        (lambda _: "broker", Deed.KILL, 1.5, 1.5),
        (lambda _: "broker", Deed.LOSE_QUEUE, 1.5, 1.5),
        (lambda _: "broker", Deed.STOP, 1, 5.0),
        (lambda _: "proxy", Deed.KILL, 1, 1.0),
        (lambda _: "proxy", Deed.STOP, 1, 5.0),
    )
    for target, deed, per_minute, at_most_s in targets:
        for at_s in _moments(chance, seconds, per_minute):
            yield Act(at_s, deed, target(at_s), chance.uniform(0.1, at_most_s) if at_most_s else 0.0)


def _of_the_network(chance: random.Random, seconds: float) -> Iterator[Act]:
    for deed, per_minute, at_most_s in (
        (Deed.CUT, 8, 0.0),
        (Deed.STALL, 4, 5.0),
        (Deed.HALVE, 8, 0.0),
        (Deed.CRUMBLE, 4, 3.0),
    ):
        for at_s in _moments(chance, seconds, per_minute):
            side = chance.choice(("kiosks", "kiosks", "controller"))
            yield Act(at_s, deed, side, chance.uniform(0.2, at_most_s) if at_most_s else 0.0, chance.random())


def _of_the_database(chance: random.Random, seconds: float) -> Iterator[Act]:
    yield Act(0.0, Deed.BACK_UP, DATABASE)
    for at_s in _moments(chance, seconds, 5):
        yield Act(at_s, Deed.BACK_UP, DATABASE)
    for at_s in _moments(chance, seconds, 2):
        older = at_s > _BETRAYAL * seconds and chance.random() < 0.5
        yield Act(at_s, Deed.RESTORE_DATABASE, DATABASE, chance.uniform(0.1, 1.0), float(older))
