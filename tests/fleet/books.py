# SPDX-License-Identifier: Apache-2.0
"""A small controller database with counts, kiosks and imports, written row by row as the courier and relay would."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

import fleet.people
from fleet.coverage.standing import place_of
from fleet.devices import rollouts
from fleet.devices.rollout_judging import Gates
from fleet.devices.rollout_rules import Proposal
from fleet.people.imports import DENOMINATORS, OFFICIAL, Attribution, Upload, import_at_once, indicators
from fleet.store.complaint_tables import complaint
from fleet.store.days import bangkok_day
from fleet.store.device_tables import self_test
from fleet.store.session import unit_of_work
from fleet.store.sums import add_unused, add_work
from fleet.store.tables import (
    alarm,
    coverage_day,
    device_state,
    kiosk,
    quarantine,
    refusal,
)
from tests.simulators.claimant import report_of
from wire.envelope import encode

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from fleet.people.imports import Imported

SAMPLES = Path(fleet.people.__file__).parent / "samples"
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)  # 10:00 in Bangkok, fiscal year 2570
NOW_MS = int(NOW.timestamp() * 1000)
MINUTE_MS = 60_000
REGION = indicators(lambda figure: place_of(figure) is not None)


def count(engine: Engine, province: str, state: str, day: str, n: int, profile: str = "live") -> None:
    """Write one row of people."""
    with unit_of_work(engine) as connection:
        connection.execute(insert(coverage_day).values(profile=profile, province=province, state=state, day=day, n=n))


def work(engine: Engine, province: str, facility: str, day: str, captured: int, profile: str = "live") -> None:
    """Write one row of visits, one in ten of them a person who came twice."""
    with unit_of_work(engine) as connection:
        add_work(connection, [(profile, province, facility, day, captured, captured // 10, 0)])


def lapse(engine: Engine, province: str, facility: str, day: str, lapsed: int) -> None:
    """Write one row of requests that were erased before they could be sent."""
    with unit_of_work(engine) as connection:
        add_work(connection, [("live", province, facility, day, 0, 0, lapsed)])


def bring(engine: Engine, kind: str, text: str, *, made_up: bool = False, source: str = "a register") -> Imported:
    """Import a CSV given as text."""
    layout = {"denominators": DENOMINATORS, "official": OFFICIAL, "indicators": REGION}[kind]
    attribution = Attribution(source=source, by="tester", made_up=made_up, imported_ms=NOW_MS)
    return import_at_once(engine, layout, Upload(f"{kind}.csv", text.encode()), attribution, is_test=True)


def bring_samples(engine: Engine) -> None:
    """Import the sample files that travel with the package."""
    for kind in ("denominators", "official", "indicators"):
        content = (SAMPLES / f"made-up-{kind}.csv").read_text(encoding="utf-8")
        bring(engine, kind, content, made_up=True, source="sample file of this software")


def add_kiosk(
    engine: Engine, name: str, *, province: str = "41", facility: str = "11013", status: str = "active"
) -> None:
    """Register a kiosk that has said nothing yet."""
    with unit_of_work(engine) as connection:
        connection.execute(
            insert(kiosk).values(
                id=name,
                facility=facility,
                province=province,
                shard="00",
                event_key="{}",
                courier_key="{}",
                status=status,
                registered_ms=NOW_MS,
            )
        )


def hand_over(engine: Engine, who: str) -> None:
    """Let a kiosk's report of its hand-over have come, as the signer keeps it."""
    body = encode(report_of(who))
    row = {"digest": hashlib.sha256(body).hexdigest(), "kiosk": who, "received_ms": NOW_MS, "body": body.decode()}
    with unit_of_work(engine) as connection:
        connection.execute(self_test.insert().values(row))


def heard(engine: Engine, name: str, *, minutes_ago: int = 1, **said: Any) -> None:  # noqa: ANN401 - columns of two types
    """Write what a kiosk last said of itself."""
    values = {
        "release": "0.1.0",
        "outbox": 0,
        "oldest_unacked_s": None,
        "screen": "ok",
        "reader": "absent",
        "camera": "ok",
        "disk_free_mib": 20_000,
        "clock_sync": "synced",
        "sessions": '{"filed": 3}',
    }
    with unit_of_work(engine) as connection:
        connection.execute(
            insert(device_state).values(kiosk=name, seen_ms=NOW_MS - minutes_ago * MINUTE_MS, **{**values, **said})
        )


def refuse(engine: Engine, name: str, reason: str = "bad_signature", n: int = 1) -> None:
    """Write that messages of a sender were refused, and one of them kept."""
    with unit_of_work(engine) as connection:
        connection.execute(insert(refusal).values(kiosk=name, kind="event", reason=reason, n=n, last_ms=NOW_MS))
        connection.execute(
            insert(quarantine).values(
                kiosk=name, kind="event", reason=reason, digest=bytes(32), size_bytes=1, received_ms=NOW_MS
            )
        )


def raise_alarm(engine: Engine, name: str, kind: str = "fork") -> None:
    """Write an alarm of a kiosk."""
    with unit_of_work(engine) as connection:
        connection.execute(insert(alarm).values(kiosk=name, kind=kind, stream="a" * 24, seq=7, raised_ms=NOW_MS))


def waiting(engine: Engine, days_ago: list[int], *, province: str = "41") -> None:
    """Write people who got a code so many days ago and did not use it."""
    for days in days_ago:
        with unit_of_work(engine) as connection:
            day = bangkok_day(NOW_MS - days * 24 * 60 * MINUTE_MS)
            add_unused(connection, [("live", province, day, 1)])


def propose_rollout(engine: Engine) -> int:
    """Write down what somebody wants rolled out; its number."""
    wanted = Proposal("1.1.0", "mends", Gates(20, 3600, 5))
    with unit_of_work(engine) as connection:
        return rollouts.propose(connection, wanted, "a-proposer", NOW_MS)


def complain(engine: Engine, *, province: str = "41", facility: str = "11013") -> None:
    """Write down what somebody said by phone."""
    place = {"number": "48217306", "profile": "live", "province": province, "facility": facility}
    kind = {"source": "phone", "category": "service", "term": "short", "state": "new", "words": "waited long"}
    times = {"said_day": "2026-11-23", "opened_ms": NOW_MS, "due_ms": NOW_MS + 1, "answer": "", "reopened": 0}
    with unit_of_work(engine) as connection:
        connection.execute(insert(complaint).values(place | kind | times))
