# SPDX-License-Identifier: Apache-2.0
"""How long the console needs for each of its pages over a country's data, and whether more people make it slower.

A real PostgreSQL is filled by `dipchip-fleet demo-data`; somebody with the widest rights signs in, and every address of
the app is asked for, so that a new page is measured by itself. `KIOSKS` and `PEOPLE` (sizes, on the last of which the
pages are measured) change how much, `ROUNDS` how often.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from contextlib import redirect_stdout
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from benchmarks.measure import compare, show
from fleet.config import Settings, Web
from fleet.devices import rollout_driving, rollouts
from fleet.entrypoints.collecting import collect_seldom
from fleet.entrypoints.demo_data import run
from fleet.operators.accounts import Role
from fleet.simulation.demo.plan import Plan
from fleet.store.schema import upgrade
from fleet.store.session import open_engine, reading, unit_of_work
from fleet.store.tables import enrollment
from tests.fleet.books import NOW_MS, bring_samples, hand_over, propose_rollout
from tests.fleet.operators.people import somebody
from tests.fleet.web.signed_in import Clock, closed, sign_in
from tests.simulators import postgres
from wire.ids import simulated_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy import Engine
    from werkzeug.routing import Rule

_ALLOWED_MS = {"coverage.overview": 100.0}  # of 95 of a hundred answers; of every other page:
_ALLOWED_OF_OTHERS_MS = 300.0
_ALLOWED_OF_FILES_MS = (
    15_000.0  # of every kiosk or complaint, of a paper with its map: somebody waits for it once in a while
)
_FILES = ("exports.complaints", "exports.devices", "papers.")
_ROUNDS_OF_FILES = 5
_FIGURES = "figures=proxy-test"  # the made-up people's
_SILENCE = timedelta(minutes=20)  # after which no kiosk was heard
_WELL = range(200, 400)
# What addresses take: the largest province, a kiosk, an import, and what is dearest to write.
_EXAMPLES = {"code": "10", "name": simulated_id(1), "number": 2, "kind": "denominators", "ending": "xlsx"}
_COVERAGE = ("/coverage", "/api/v1/coverage")
_NOT_MEASURED = ("static", "at_provider.start", "at_provider.back")  # files, and the ways to a provider elsewhere
# Beside each address as it is: the ends of long lists, and one province of many.
_MORE = (
    "/devices?page=2",
    "/devices?page=last",
    "/api/v1/devices?page=last",
    "/morning?province=10",
    "/morning?province=38",
)


def main() -> None:
    """Fill the databases, measure the pages on the largest and the coverage page over all."""
    kiosks, rounds = int(os.environ.get("KIOSKS") or 30_000), int(os.environ.get("ROUNDS") or 40)
    sizes = [int(each) for each in (os.environ.get("PEOPLE") or "100000 1000000").split()]
    with postgres.running() as cluster:
        consoles = [_Console(cluster, kiosks, people) for people in sizes]
        largest = consoles[-1]
        collect_seldom()  # as `dipchip-fleet web` does
        rows = [_row(page, largest, rounds) for page in largest.pages()]
        largest.clock.go(_SILENCE)
        largest.enter()
        rows += [
            _row(page, largest, rounds, ", all silent") for page in ("/devices", "/morning", "/morning?province=10")
        ]
        title = f"console: {kiosks:,} kiosks and {largest.enrolments():,} enrolments on PostgreSQL"
        show(title, ("page", "p50 ms", "p95 ms", "allowed ms", "p95 over allowed"), rows)
        _compare(consoles)
        for console in consoles:
            console.engine.dispose()


def _compare(consoles: list[_Console]) -> None:
    smallest, *others = consoles
    rows = []
    for console in others:
        over = f"{console.enrolments():,} over {smallest.enrolments():,}"
        rows += [(page, over, *compare(console.getting(page), smallest.getting(page)).columns()) for page in _COVERAGE]
        rows.append(("for contrast: counting people", over, *compare(console.counting, smallest.counting).columns()))
    if rows:
        show("console: coverage with more enrolments", ("read", "enrolments", "ratio", "middle half"), rows)


class _Console:
    """A console over a made-up country, and somebody who is signed in and may see everything."""

    def __init__(self, cluster: postgres.Cluster, kiosks: int, people: int) -> None:
        url = cluster.url(cluster.create())
        self.engine = open_engine(url)
        upgrade(self.engine)
        self.clock = Clock()
        self._app = closed(self.engine, self.clock)
        self._addresses = _addresses(self._app)
        with redirect_stdout(StringIO()):
            settings = Settings(database_url=url, web=Web(profile="test"))
            run(settings, Plan(kiosks, people, days=365, seed=1, until_ms=NOW_MS))
        bring_samples(self.engine)
        _roll_out(self.engine)
        hand_over(self.engine, simulated_id(1))
        self._client: FlaskClient = self._app.test_client()
        self._person = somebody(self.engine, role=Role.APPROVER)
        somebody(self.engine, "malee")  # the second account, to look at
        self.enter()
        self._last = self._client.get("/api/v1/devices").get_json()["pages"]

    def enter(self) -> None:
        """Sign in."""
        sign_in(self._client, self._person, self.clock)

    def pages(self) -> list[str]:
        """Every address that may be asked for, with an example of what it takes."""
        return [*self._addresses, *_MORE]

    def getting(self, page: str) -> Callable[[], object]:
        """What asks for a page once."""
        address = page.replace("=last", f"={self._last}") + ("&" if "?" in page else "?") + _FIGURES

        def get() -> object:
            answer = self._client.get(address)
            if answer.status_code not in _WELL or "/sign-in" in answer.headers.get("Location", ""):
                sys.exit(f"console: {address} answers {answer.status}")
            return answer.data

        return get

    def allowed_ms(self, page: str) -> float:
        """What 95 of a hundred answers may take."""
        endpoint, _ = self._app.url_map.bind("localhost").match(page.partition("?")[0])
        usual = _ALLOWED_OF_FILES_MS if str(endpoint).startswith(_FILES) else _ALLOWED_OF_OTHERS_MS
        return _ALLOWED_MS.get(str(endpoint), usual)

    def enrolments(self) -> int:
        """How many there are."""
        with reading(self.engine) as connection:
            return int(connection.execute(select(func.count()).select_from(enrollment)).scalar_one())

    def counting(self) -> object:
        """What a page would ask that counts people itself."""
        with reading(self.engine) as connection:
            asked = select(enrollment.c.province, func.count()).group_by(enrollment.c.province)
            return connection.execute(asked).all()


def _roll_out(engine: Engine) -> None:
    """Two rollouts, as the addresses' examples want them: every kiosk is in the second."""
    for _ in range(2):
        number = propose_rollout(engine)
    with unit_of_work(engine) as connection:
        rollouts.approve(connection, number, "an-approver", NOW_MS)
        for _ in range(3):
            rollout_driving.step(connection, NOW_MS)


def _addresses(app: Flask) -> list[str]:
    pages = (rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()))
    rules = (rule for rule in pages if rule.endpoint not in _NOT_MEASURED)
    return sorted(_address(app, rule) for rule in rules)


def _address(app: Flask, rule: Rule) -> str:
    known = _EXAMPLES | (rule.defaults or {})
    if missing := rule.arguments - known.keys():
        sys.exit(f"console: {rule.rule} takes {', '.join(sorted(missing))}. Give an example in benchmarks/console.py.")
    return str(app.url_map.bind("").build(rule.endpoint, {name: known[name] for name in rule.arguments}))


def _row(page: str, console: _Console, rounds: int, when: str = "") -> tuple[str, ...]:
    get = console.getting(page)
    get()
    allowed = console.allowed_ms(page)
    rounds = _ROUNDS_OF_FILES if allowed == _ALLOWED_OF_FILES_MS else rounds
    taken_ms = sorted(_taken_ms(get) for _ in range(rounds))
    p95 = taken_ms[max(0, int(rounds * 0.95) - 1)]
    figures = (f"{statistics.median(taken_ms):.0f}", f"{p95:.0f}", f"{allowed:.0f}", f"{p95 / allowed:.2f}")
    return (f"`{page}`{when}", *figures)


def _taken_ms(get: Callable[[], object]) -> float:
    started_s = time.perf_counter()
    get()
    return 1000 * (time.perf_counter() - started_s)
