# SPDX-License-Identifier: Apache-2.0
"""Signed events from a real broker into a real database, and receipts back: ours beside the obvious and the limit.

Mosquitto from a provisioned folder with mutual TLS; each controller is a process of its own on a fresh, durable
database; the load waits for the receipts. All in turns in one run. It asserts nothing.

1. The same events through ours, through a controller with one ORM commit a message, and through the same batched.
2. What cannot be passed: the slowest of delivery, signature checks and a bare insert, each alone.
3. Receipts at half of what ours can do: how long until an event is covered.
4. More than ours can take, for `OVERLOAD_S` seconds: what becomes of its memory.
5. Ours alone, without a broker, with batches of several sizes.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.ingest_limit import delivery_s, insertion_s, verification_s
from benchmarks.ingest_range import EVENTS, Range, Taken, prepared, some_kiosks
from benchmarks.measure import against, show
from fleet.courier.committing import Committer
from fleet.courier.reception import Incoming
from fleet.devices.registry import register
from fleet.entrypoints.logs import set_up
from fleet.store.schema import upgrade
from fleet.store.session import open_engine, unit_of_work
from wire.ids import KeyId
from wire.signing import SigningKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.simulators.kiosk_wire import WireKiosk

_KINDS = ("SQLite", "PostgreSQL")
_SOME = {"ours": EVENTS, "batched": 6000, "obvious": 1000}  # so that each takes some seconds
_ROUNDS = 3
_PACE_S = 15.0
_ALLOWED_S = 0.5  # publish to receipt, p99 at half load
_BATCHES = (1, 10, 100, 512)
_BESIDE = {
    "(a) one ORM commit a message": ("obvious", "ours"),
    "(b) the same, batched (insertmanyvalues)": ("batched", "ours"),
    "(c) the limit: the slowest of the next three": ("limit", "ours"),
    "delivery alone": ("delivery", "ours"),
    "signature checks alone": ("verification", "ours"),
    "a bare insert alone": ("insertion", "ours"),
    "processor time: (a) over ours": ("obvious_cpu", "ours_cpu"),
    "processor time: (b) over ours": ("batched_cpu", "ours_cpu"),
    "processor time: a signature check over ours": ("verification_cpu", "ours_cpu"),
}


def main() -> None:
    """Measure everything."""
    set_up("error")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        place = Path(folder)
        place.chmod(0o755)
        bench = Range(place, stack)
        measured = {kind: _rounds(bench, kind) for kind in _KINDS}
        _show_ratios({kind: seconds for kind, (seconds, _) in measured.items()})
        _show_latencies({kind: latencies for kind, (_, latencies) in measured.items()})
        ours_s = statistics.median(each["ours"] for each in measured["PostgreSQL"][0])
        _overload(bench, float(os.environ.get("OVERLOAD_S") or 60), 1 / ours_s)
    _batches()


def _rounds(bench: Range, kind: str) -> tuple[list[dict[str, float]], list[list[float]]]:
    timed, latencies = [], []
    for _ in range(_ROUNDS):
        seconds, ours = _round(bench, kind)
        timed.append(seconds)
        per_s = 1 / ours.wall_s / 2
        _, seen = bench.take("ours", kind, min(EVENTS, int(per_s * _PACE_S)), per_s)
        latencies.append(seen["latencies_s"])
    return timed, latencies


def _round(bench: Range, kind: str) -> tuple[dict[str, float], Taken]:
    """Seconds an event of each, in turns."""
    seconds: dict[str, float] = {}
    events, checks, taken = bench.load.events, [], {}
    for which, count in _SOME.items():
        taken[which] = each = bench.take(which, kind, count)[0]
        seconds |= {which: each.wall_s, f"{which}_cpu": each.cpu_s}
        checks.append(verification_s(events, bench.kiosks))  # each time: a shared machine is not always as quick
    with bench.sending(EVENTS) as send:
        seconds["delivery"] = delivery_s(bench.broker(), EVENTS, send) / EVENTS
    wall_s, cpu_s = (statistics.median(each) for each in zip(*checks, strict=True))
    seconds |= {"verification": wall_s / EVENTS, "verification_cpu": cpu_s / EVENTS}
    seconds["insertion"] = insertion_s(bench.database(kind), events) / EVENTS
    seconds["limit"] = max(seconds[name] for name in ("delivery", "verification", "insertion"))
    return seconds, taken["ours"]


def _show_ratios(timed: dict[str, list[dict[str, float]]]) -> None:
    rows = [
        (name, *(column for kind in _KINDS for column in _columns([each[one] / each[other] for each in timed[kind]])))
        for name, (one, other) in _BESIDE.items()
    ]
    show("ingest: events a second of ours over those of ...", ("beside", *_headings()), rows)


def _show_latencies(latencies: dict[str, list[list[float]]]) -> None:
    rows = [
        (name, *(column for kind in _KINDS for column in _columns([_at(each, part) for each in latencies[kind]])))
        for name, part in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    ]
    show("ingest: publish to receipt at half load, over the half second allowed", ("part", *_headings()), rows)


def _overload(bench: Range, seconds: float, ours_per_s: float) -> None:
    """Messages come again and again, as fast as the broker takes them; what it drops comes round again."""
    overload = bench.overload("PostgreSQL", seconds)
    quarter = len(overload.meanwhile) // 4
    first, last = max(overload.meanwhile[: quarter or 1]), max(overload.meanwhile[-quarter:])
    rows = [
        ("messages sent a second over what ours takes", f"{overload.sent_per_s / ours_per_s:.1f}"),
        ("memory: most in the first quarter over before", f"{first / overload.before:.2f}"),
        ("memory: most in the last quarter over most in the first", f"{last / first:.2f}"),
        ("memory: most at any time, MiB", f"{max(overload.meanwhile) / 2**20:.0f}"),
    ]
    show(f"ingest: {seconds:.0f} s of overload (PostgreSQL)", ("what", "ratio"), rows)


def _headings() -> tuple[str, ...]:
    return tuple(heading for kind in _KINDS for heading in (kind, "lowest-highest"))


def _columns(ratios: Sequence[float]) -> tuple[str, str]:
    return f"{statistics.median(ratios):.2f}", f"{min(ratios):.2f}-{max(ratios):.2f}"


def _at(ordered: Sequence[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] / _ALLOWED_S


def _batches() -> None:
    """What one event costs when 1, 10, 100 or 512 of them share a transaction."""
    kiosks = list(some_kiosks(8).values())
    events = prepared(kiosks, 512).events
    messages = [Incoming(each.topic, each.payload, time.time_ns() // 1_000_000) for each in events]
    with tempfile.TemporaryDirectory() as folder:
        template = _template(Path(folder) / "template.db", kiosks)
        timed = [
            {str(size): _seconds(template, Path(folder) / f"{n}-{size}.db", messages, size) for size in _BATCHES}
            for n in range(5)
        ]
    largest = str(_BATCHES[-1])
    rows = [(size, *against(timed, str(size), largest).columns()) for size in _BATCHES]
    show(
        f"ingest: one event over one of a batch of {largest} (SQLite, no broker)",
        ("events a transaction", "ratio", "middle half"),
        rows,
    )


def _template(path: Path, kiosks: Sequence[WireKiosk]) -> Path:
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    with unit_of_work(engine) as connection:
        for kiosk in kiosks:
            register(connection, kiosk.registration(), 0)
    engine.dispose()
    return path


def _seconds(template: Path, path: Path, messages: Sequence[Incoming], size: int) -> float:
    shutil.copy(template, path)
    engine = open_engine(f"sqlite:///{path}")
    committer = Committer(engine, SigningKey.generate(KeyId("controller#1")), lambda: time.time_ns() // 1_000_000)
    committer.take([])  # open the file outside the timing
    started = time.perf_counter()
    for first in range(0, len(messages), size):
        committer.take(messages[first : first + size])
    seconds = time.perf_counter() - started
    engine.dispose()
    return seconds
