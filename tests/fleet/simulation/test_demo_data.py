# SPDX-License-Identifier: Apache-2.0
"""A made-up country is the same each time, its books balance, and it never comes near anything real."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from fleet.announcements.book import read_all
from fleet.announcements.rules import check_proposal
from fleet.config import IdentityProvider, Settings, Web
from fleet.coverage.region8 import place_of
from fleet.devices.health import Care, Condition, count_conditions
from fleet.devices.registry import look_up
from fleet.enrollments.archiving import held_by
from fleet.entrypoints.demo_data import plan_of, run
from fleet.simulation.demo.plan import KIOSKS_AT_MOST, DemoRefusedError, Plan, moment_ms
from fleet.store import complaint_tables, sum_tables, tables
from fleet.store.days import bangkok_day
from fleet.store.scope import NATION
from fleet.store.session import open_engine, reading
from fleet.web.app import create_app
from tests.fleet.books import add_kiosk
from tests.fleet.sums import untrue_sums
from wire.help_calls import helper_name
from wire.ids import event_id, facility_code, is_simulated, kiosk_id, shard, stream_id
from wire.provinces import PROVINCES

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Engine, Table

UNTIL = "2026-11-24T10:00"
PLAN = plan_of(kiosks=400, people=1200, days=200, seed=7, until=UNTIL)
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
MADE = (
    *(tables.kiosk, tables.device_state, tables.help_call, tables.event, tables.stream, tables.enrollment),
    *(tables.person, tables.workload_day, tables.coverage_day, tables.alarm, tables.quarantine, tables.refusal),
    *(tables.code_day, tables.denominator, tables.official, tables.indicator_figure, tables.announcement),
    *(complaint_tables.complaint, complaint_tables.opinion_day, sum_tables.opinion_province_day),
    *(sum_tables.workload_week, sum_tables.workload_province_day, sum_tables.unused_code_day),
)
GIVEN_BY_THE_DATABASE = {"row", "id", "batch"}  # where they are numbers


def settings(engine: Engine, **more: Any) -> Settings:  # noqa: ANN401 - sections of settings
    url = engine.url.render_as_string(hide_password=False)
    return Settings(database_url=url, **{"web": Web(profile="test"), **more})


def filled(engine: Engine, capsys: pytest.CaptureFixture[str], plan: Plan = PLAN) -> dict[str, Any]:
    run(settings(engine), plan)
    told = json.loads(capsys.readouterr().out)
    assert isinstance(told, dict)
    return told


def rows(connection: Connection, table: Table) -> list[tuple[Any, ...]]:
    kept = [each for each in table.c if each.name not in GIVEN_BY_THE_DATABASE or each.type.python_type is str]
    return sorted((tuple(row) for row in connection.execute(select(*kept))), key=repr)


@pytest.fixture
def made(engine: Engine, capsys: pytest.CaptureFixture[str]) -> Engine:
    filled(engine, capsys)
    return engine


def test_people_and_coverage_agree_by_province_state_and_day(made: Engine) -> None:
    people: Counter[tuple[str, str, str]] = Counter()
    person, enrollment, day = tables.person.c, tables.enrollment.c, tables.coverage_day
    asked = select(tables.person, enrollment.submitted_ms).join(
        tables.enrollment, enrollment.event == person.first_event
    )
    with reading(made) as connection:
        for row in connection.execute(asked):
            for state in ("submitted", "accepted", "activated", "revoked"):
                if (at_ms := getattr(row, f"{state}_ms")) is not None:
                    people[row.province or "", state, bangkok_day(at_ms)] += 1
        counted = {(row.province, row.state, row.day): row.n for row in connection.execute(select(day))}
    assert sum(people.values()) > 2 * PLAN.people, "most were submitted, accepted and activated"
    assert counted == people


def test_visits_and_workload_agree_by_facility_and_day(made: Engine) -> None:
    visits: dict[tuple[str, str, str], list[int]] = {}
    asked = (
        select(tables.kiosk.c.province, tables.kiosk.c.facility, tables.event.c.received_ms, tables.enrollment)
        .join_from(tables.event, tables.kiosk, tables.kiosk.c.id == tables.event.c.kiosk)
        .join(tables.enrollment, tables.enrollment.c.event == tables.event.c.id)
    )
    with reading(made) as connection:
        for row in connection.execute(asked):
            assert row.captured_ms == row.received_ms
            place = visits.setdefault((row.province, row.facility, bangkok_day(row.received_ms)), [0, 0, 0])
            place[0] += row.state != "lapsed"
            place[1] += row.duplicate_of is not None
            place[2] += row.state == "lapsed"
        counted = {
            (row.province, row.facility, row.day): [row.captured, row.duplicates, row.lapsed]
            for row in connection.execute(select(tables.workload_day))
        }
    assert counted == visits
    with reading(made) as connection:
        assert untrue_sums(connection) == []
    assert all(sum(counts) for counts in zip(*counted.values(), strict=True)), "captures, duplicates and lapses"


def test_everything_is_of_profile_test_and_of_simulated_kiosks(made: Engine) -> None:
    with reading(made) as connection:
        for table in MADE:
            if "profile" in table.c:
                assert set(connection.execute(select(table.c.profile)).scalars()) == {"test"}
            if "kiosk" in table.c:
                assert all(is_simulated(who) for who in connection.execute(select(table.c.kiosk)).scalars() if who)
        assert set(connection.execute(select(tables.import_batch.c.made_up)).scalars()) == {True}


def test_a_restored_copy_would_find_every_stream_whole(made: Engine) -> None:
    """The reader of backups itself: without a gap, each cursor where its events end, an enrolment for each."""
    streams = held_by(made, PLAN.until_ms)
    with reading(made) as connection:
        events = connection.execute(select(func.count()).select_from(tables.event)).scalar_one()
    assert sum(seq for seq, _ in streams.values()) == events > PLAN.people


def test_each_name_is_one_that_the_parsers_accept(made: Engine) -> None:
    with reading(made) as connection:
        kiosks = connection.execute(select(tables.kiosk)).all()
        found = look_up(connection, [kiosk_id(row.id) for row in kiosks], locked=False)
        events = connection.execute(select(tables.event)).all()
        names = connection.execute(select(tables.help_call.c.name)).scalars().all()
        announced = read_all(connection, NATION)
        figures = connection.execute(select(tables.indicator_figure.c.figure)).scalars().all()
    assert len(found) == PLAN.kiosks
    assert {row.province for row in kiosks} == set(PROVINCES)
    assert max(Counter(row.facility for row in kiosks).values()) == 4
    assert all(facility_code(row.facility) and shard(row.shard) for row in kiosks)
    assert all(event_id(row.id) and stream_id(row.stream) for row in events)
    assert all(helper_name(name) == name for name in names if name)
    assert all(place_of(figure) for figure in figures)
    for each in announced:
        check_proposal(each.proposal, date(2026, 11, 24))


def test_nothing_happened_after_the_moment_of_the_plan(made: Engine) -> None:
    may_come = {"due_ms"}
    with reading(made) as connection:
        for table in MADE:
            moments = [each for each in table.c if each.name.endswith("_ms") and each.name not in may_come]
            for moment in moments:
                last = connection.execute(select(func.max(moment))).scalar_one()
                assert last is None or PLAN.since_ms < last <= PLAN.until_ms, (table.name, moment.name)


def test_each_state_has_its_moments_in_order(made: Engine) -> None:
    with reading(made) as connection:
        found = connection.execute(select(tables.enrollment)).all()
    assert {row.state for row in found} >= {"lapsed", "rejected", "accepted", "activated", "expired_pin", "revoked"}
    for row in found:
        moments = [row.captured_ms, row.submitted_ms, row.accepted_ms, row.activated_ms]
        reached = [each for each in moments if each is not None]
        assert reached == sorted(reached) == moments[: len(reached)]
        assert (row.token is None) == (row.state == "lapsed" or row.submitted_ms is None) or row.duplicate_of


def test_every_condition_and_every_care_is_there(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    filled(engine, capsys, Plan(2500, people=1200, days=200, seed=7, until_ms=PLAN.until_ms))
    app = create_app(engine, sign_in=None, clock=lambda: NOW)
    with reading(engine) as connection:
        assert all(count_conditions(connection, PLAN.until_ms, NATION)[each] for each in Condition)
    client = app.test_client()
    listed = [client.get(f"/api/v1/devices?page={page}").get_json()["devices"] for page in (1, 2)]
    cares = {care for devices in listed for each in devices for care in each["cares"]}
    assert cares == set(Care)
    for page in ("/morning?figures=proxy-test", "/coverage?figures=proxy-test", "/coverage/41", "/devices", "/metrics"):
        assert client.get(page).status_code == 200


def test_the_same_plan_makes_the_same_rows_in_both_databases_and_another_seed_makes_others(
    engine: Engine, sqlite_template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = Plan(kiosks=60, people=400, days=30, seed=3, until_ms=PLAN.until_ms)
    told = filled(engine, capsys, plan)
    assert told["rows"]["kiosk"] == 60
    others = []
    for n, seed in enumerate((3, 4)):
        file = tmp_path / f"again{n}.db"
        file.write_bytes(sqlite_template.read_bytes())
        again = open_engine(f"sqlite:///{file}")
        others.append(filled(again, capsys, Plan(60, 400, 30, seed, PLAN.until_ms)))
        if seed == plan.seed:
            with reading(engine) as here, reading(again) as there:
                for table in MADE:
                    assert rows(here, table) == rows(there, table), table.name
        again.dispose()
    assert [each["sha256"] == told["sha256"] for each in others] == [True, False]


def test_the_figures_told_are_what_the_database_holds_and_the_audit_log_says_so(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    told = filled(engine, capsys)
    with reading(engine) as connection:
        held = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in MADE
            if table is not tables.announcement
        }
        line = connection.execute(select(tables.audit)).one()
    assert told["rows"] == {name: n for name, n in held.items() if n}
    assert line.act == "demo.filled"
    assert json.loads(line.detail)["sha256"] == told["sha256"]


def test_a_database_that_holds_anything_is_refused_and_left_as_it_is(engine: Engine) -> None:
    add_kiosk(engine, "k-real")
    with pytest.raises(DemoRefusedError, match="not empty: kiosk holds something"):
        run(settings(engine), PLAN)
    with reading(engine) as connection:
        assert connection.execute(select(tables.kiosk.c.id)).scalars().all() == ["k-real"]


@pytest.mark.parametrize(
    "more",
    [{"web": Web()}, {"identity_provider": IdentityProvider(url="https://idp.example", sandbox=False)}],
    ids=["live console", "live provider"],
)
def test_a_live_controller_is_refused(engine: Engine, more: dict[str, Any]) -> None:
    with pytest.raises(DemoRefusedError, match="live"):
        run(settings(engine, **more), PLAN)


@pytest.mark.parametrize("until", ["2026-13-01", "tomorrow", "2026-11-24 10:00", "9999-12-31"])
def test_a_moment_that_is_none_is_refused(until: str) -> None:
    with pytest.raises(DemoRefusedError, match="--until"):
        moment_ms(until, 0)


def test_a_day_lasts_to_its_end_in_bangkok() -> None:
    assert moment_ms("2026-11-24", 0) == moment_ms("2026-11-25T00:00", 0) == 1795539600000
    assert moment_ms("", 1795539659999) == 1795539600000


@pytest.mark.parametrize("sizes", [(0, 1, 1), (KIOSKS_AT_MOST + 1, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_sizes_that_cannot_be_are_refused(sizes: tuple[int, int, int]) -> None:
    kiosks, people, days = sizes
    with pytest.raises(DemoRefusedError, match="must be 1 to"):
        plan_of(kiosks=kiosks, people=people, days=days, seed=1, until="")
