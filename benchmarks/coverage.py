# SPDX-License-Identifier: Apache-2.0
"""What the coverage page costs when a hundred times more people are enrolled: the same, for it reads day counters."""

from __future__ import annotations

import hashlib
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from benchmarks.measure import compare, show
from fleet.devices.registry import register
from fleet.store.schema import upgrade
from fleet.store.session import open_engine, reading, unit_of_work
from fleet.store.tables import coverage_day, event, person
from fleet.web.app import create_app
from tests.simulators.kiosk_wire import WireKiosk
from wire.ids import KeyId, kiosk_id
from wire.provinces import PROVINCES
from wire.sealing import OpeningKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

_FEW, _MANY = 1_000, 100_000
_DAYS = 12  # 77 provinces on 12 days: even the few meet every counter
_FIRST_DAY = date(2026, 11, 1)
_NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
_PAGE = "/coverage?figures=proxy-live"


def main() -> None:
    """Read the page, its JSON, and what a page that counts people would ask, over few and many people."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = (_books(Path(folder) / f"{people}.db", people) for people in (_FEW, _MANY))
        rows = [
            (what, *compare(work(many), work(few)).columns())
            for what, work in (
                ("the coverage page", lambda engine: _got(engine, _PAGE)),
                ("the same as JSON", lambda engine: _got(engine, "/api/v1/coverage?figures=proxy-live")),
                ("for contrast: counting people", _counting),
            )
        ]
        for engine in (few, many):
            engine.dispose()
    show(f"coverage: {_MANY:,} people over {_FEW:,}", ("read", "ratio", "middle half"), rows)


def _got(engine: Engine, address: str) -> Callable[[], object]:
    client = create_app(engine, sign_in=None, clock=lambda: _NOW).test_client()

    def get() -> object:
        answer = client.get(address)
        if answer.status_code != 200:
            message = f"{address} answers {answer.status}. Compile the Thai words first: make."
            raise RuntimeError(message)
        return answer.data

    return get


def _counting(engine: Engine) -> Callable[[], object]:
    question = select(person.c.province, func.count()).where(person.c.state == "activated").group_by(person.c.province)

    def count() -> object:
        with reading(engine) as connection:
            return connection.execute(question).all()

    return count


def _books(path: Path, people: int) -> Engine:
    """A database with these people: a row each, and the counters as the relay would have left them."""
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    kiosk = WireKiosk(kiosk_id("k-bench"), OpeningKey.generate(KeyId("relay#1")).public())
    provinces = sorted(PROVINCES)
    places = [(provinces[n % len(provinces)], n // len(provinces) % _DAYS) for n in range(people)]
    with unit_of_work(engine) as connection:
        register(connection, kiosk.registration(), 0)
        connection.execute(insert(event), [_event(kiosk, n) for n in range(people)])
        connection.execute(insert(person), [_person(n, province) for n, (province, _) in enumerate(places)])
        counts: dict[tuple[str, int], int] = {}
        for place in places:
            counts[place] = counts.get(place, 0) + 1
        connection.execute(insert(coverage_day), [_counter(*place, n) for place, n in counts.items()])
    return engine


def _event(kiosk: WireKiosk, n: int) -> dict[str, object]:
    digest = hashlib.sha256(b"%d" % n).digest()
    return {
        "id": f"{n:036}", "kiosk": kiosk.id, "stream": kiosk.stream, "seq": n + 1,
        "digest": digest, "signed": b"s" * 200, "received_ms": 0,
    }  # fmt: skip


def _person(n: int, province: str) -> dict[str, object]:
    token = hashlib.sha256(b"%d" % n).digest()[:16]
    return {"token": token, "profile": "live", "state": "activated", "province": province, "first_event": f"{n:036}"}


def _counter(province: str, day: int, n: int) -> dict[str, object]:
    written = (_FIRST_DAY + timedelta(days=day)).isoformat()
    return {"profile": "live", "province": province, "state": "activated", "day": written, "n": n}
