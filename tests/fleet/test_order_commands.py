# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet order`: what it prints, what the log keeps, and what it says when nothing is ordered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert

from fleet import audit
from fleet.entrypoints import operator, ordering
from fleet.entrypoints.ordering import NotOrderedError
from fleet.store.order_tables import order_nonce
from fleet.store.session import open_engine, reading, unit_of_work
from tests.fleet.books import NOW_MS, add_kiosk
from tests.fleet.test_operating import settings  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from fleet.config import Settings

UDON = "udon-01"


@pytest.fixture
def served(settings: Settings) -> Settings:  # noqa: F811 - the fixture
    """A controller with a kiosk that takes orders."""
    operator.migrate(settings)
    engine = open_engine(settings.database_url)
    add_kiosk(engine, UDON)
    with unit_of_work(engine) as connection:
        connection.execute(insert(order_nonce).values(kiosk=UDON, nonce="1" * 32, heard_ms=NOW_MS))
    engine.dispose()
    return settings


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_an_order_is_given_listed_and_cancelled_and_each_act_is_in_the_log(
    served: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    ordering.give(served, UDON, "restart")
    (given,) = told(capsys)
    assert (given["op"], given["state"]) == ("restart", "queued")
    ordering.show(served, UDON)
    assert [(each["number"], each["state"]) for each in told(capsys)] == [(given["number"], "queued")]
    ordering.cancel(served, UDON, int(str(given["number"])))
    ordering.show(served, UDON)
    assert [each["state"] for each in told(capsys)] == ["cancelled", "cancelled"]
    engine = open_engine(served.database_url)
    with reading(engine) as connection:
        acts = [(entry.act, entry.subject) for entry in audit.entries(connection)]
    engine.dispose()
    assert acts == [("order.given", UDON), ("order.cancelled", UDON)]


def test_one_kiosk_is_told_to_install_a_release(served: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    ordering.update(served, UDON, "0.2.0")
    ordering.show(served, UDON)
    assert [(each["op"], each["release"], each["state"]) for each in told(capsys)] == 2 * [
        ("update", "0.2.0", "queued")
    ]
    with pytest.raises(NotOrderedError, match="three numbers"):
        ordering.update(served, UDON, "newest")


@pytest.mark.parametrize(
    ("kiosk", "op", "words"),
    [
        (UDON, "run-shell", "rotate_key"),
        ("never-was", "close", "not registered here"),
        ("Not A Name", "close", "kiosk's label"),
    ],
)
def test_what_cannot_be_ordered_is_refused_with_what_to_do(served: Settings, kiosk: str, op: str, words: str) -> None:
    with pytest.raises(NotOrderedError, match=words):
        ordering.give(served, kiosk, op)


def test_a_second_order_waits_for_the_first_and_an_unknown_one_is_not_cancelled(served: Settings) -> None:
    ordering.give(served, UDON, "close")
    with pytest.raises(NotOrderedError, match="Another order is open"):
        ordering.give(served, UDON, "reopen")
    with pytest.raises(NotOrderedError, match="no open order of that number"):
        ordering.cancel(served, UDON, 1)
