# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet claim`: what it tells, what the log keeps, and what it says when there is no claim."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from fleet import audit
from fleet.devices import claims
from fleet.devices.claims import NotClaimableError
from fleet.entrypoints import claiming, operator
from fleet.entrypoints.clock import now_ms
from fleet.store.session import open_engine, reading, unit_of_work
from tests.fleet.test_operating import settings  # noqa: F401 - a fixture
from tests.simulators.claimant import Claimant
from wire.claims import claim_code, scanned, words_of
from wire.events import Profile

if TYPE_CHECKING:
    from fleet.config import Settings

NAME = "k-udon-01"


@pytest.fixture
def served(settings: Settings) -> Settings:  # noqa: F811 - the fixture
    operator.migrate(settings)
    return settings


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def acts(settings: Settings) -> list[audit.Entry]:  # noqa: F811 - a parameter
    engine = open_engine(settings.database_url)
    with reading(engine) as connection:
        found = list(audit.verified(audit.entries(connection)))
    engine.dispose()
    return found


def test_a_claim_is_made_taken_and_listed_with_the_words_that_the_kiosk_shows(
    served: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    claiming.make(served, NAME, "10670", "41", Profile.TEST)
    (made,) = told(capsys)
    code, facility = scanned(str(made["qr"]))
    assert claim_code(str(made["code"])) == code
    claimant, engine = Claimant(), open_engine(served.database_url)
    with unit_of_work(engine) as connection:
        claims.take(connection, claimant.body(code, facility), claims.digest(code, facility), now_ms())
    engine.dispose()
    claiming.show(served)
    (listed,) = told(capsys)
    assert (listed["kiosk"], listed["standing"]) == (NAME, "taken")
    assert listed["words"] == words_of(claimant.body(code, facility).fingerprint())


def test_the_log_keeps_who_made_and_withdrew_a_claim_and_never_the_code(
    served: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    claiming.make(served, NAME, "10670", "41", Profile.LIVE)
    code = str(told(capsys)[0]["code"])
    claiming.withdraw(served, NAME)
    log = acts(served)
    assert [(entry.act, entry.subject) for entry in log] == [
        ("kiosk.claim_made", NAME),
        ("kiosk.claim_withdrawn", NAME),
    ]
    assert log[0].detail == {"facility": "10670", "province": "41", "profile": "live"}
    assert claim_code(code) not in b"".join(entry.line() for entry in log).decode()


@pytest.mark.parametrize(
    ("name", "facility", "province", "said"),
    [("K", "10670", "41", "kiosk id"), (NAME, "1067", "41", "facility code"), (NAME, "10670", "99", "province code")],
)
def test_a_value_that_is_none_is_named(served: Settings, name: str, facility: str, province: str, said: str) -> None:
    with pytest.raises(NotClaimableError, match=said):
        claiming.make(served, name, facility, province, Profile.TEST)
    assert acts(served) == []


def test_there_is_nothing_to_withdraw_where_nothing_is_open(served: Settings) -> None:
    for name, said in ((NAME, "no claim is open"), ("K", "kiosk id")):
        with pytest.raises(NotClaimableError, match=said):
            claiming.withdraw(served, name)
