# SPDX-License-Identifier: Apache-2.0
"""The table of a run: what was done, where each event is, and what was broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.torture.schedule import Deed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.torture.judging import Verdict
    from tests.torture.run import Done

_AT_MOST = 10  # of each kind of finding


def lines(verdict: Verdict, done: Done) -> Iterator[str]:
    """The lines of it."""
    for name, value in _rows(verdict, done):
        yield f"{name:40} {value}"
    yield (
        f"lost={len(verdict.lost)} doubled={verdict.doubled} false_alarms={len(verdict.false_alarms)} "
        f"silent={len(verdict.silent)} miscounted={len(verdict.miscounted)} stuck={len(verdict.stuck)} "
        f"unfit={len(verdict.unfit)}"
    )
    for name in ("lost", "miscounted", "false_alarms", "silent", "stuck", "unfit"):
        found = getattr(verdict, name)
        yield from (f"  {name}: {each}" for each in found[:_AT_MOST])


def _rows(verdict: Verdict, done: Done) -> Iterator[tuple[str, object]]:
    def count(deed: Deed, *on: str) -> int:
        return sum(n for (each, whom), n in done.deeds.items() if each is deed and (not on or whom.endswith(on)))

    yield "enrolments", verdict.captured
    yield "  promised, and not", f"{verdict.captured - verdict.unpromised} + {verdict.unpromised}"
    yield "  committed", verdict.committed
    yield "    erased by its kiosk", verdict.erased
    yield "    people, and coverage", f"{verdict.people}, {verdict.activated}"
    yield "  in quarantine", verdict.quarantined
    yield "  waiting behind a quarantined one", verdict.waiting
    yield "  forgotten by a restored card", verdict.forgotten
    yield "  erased, and missing in too old a backup", verdict.betrayed
    yield "kills", f"{count(Deed.KILL)} ({count(Deed.KILL, '/screen', '/courier')} of kiosks)"
    yield "stops", count(Deed.STOP)
    yield "cuts", count(Deed.CUT) + count(Deed.HALVE)
    yield "stalls", count(Deed.STALL) + count(Deed.CRUMBLE)
    yield "broker restarts", f"{count(Deed.KILL, 'broker')} + {count(Deed.LOSE_QUEUE)} without its queue"
    yield "database crashes", count(Deed.KILL, "database")
    yield "database restores", f"{count(Deed.RESTORE_DATABASE)} of {count(Deed.BACK_UP)} backups"
    yield "cards restored", count(Deed.RESTORE_CARD)
    yield "cards cloned", count(Deed.CLONE_CARD)
    yield "alarms", ", ".join(f"{n} {kind}" for kind, n in verdict.alarms.items()) or "none"
    ended = ", ".join(f"{n} {name}" for name, n in sorted(done.ended_by_itself.items()))
    yield "ended by themselves", ended or "none"
    yield "at rest after", f"{done.drained_in_s:.0f} s"
