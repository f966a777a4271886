# SPDX-License-Identifier: Apache-2.0
"""The kiosk's papers are judged: key, name, chain, days; the certificates are a provisioned fleet's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from kiosk.courier import papers
from kiosk.findings import Code, Level
from tests.kiosk.courier.fleets import fleet_with_a_kiosk, settings_of
from tests.provisioning.conftest import MINE

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.config import Broker


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Broker:
    return settings_of(fleet_with_a_kiosk(tmp_path_factory.mktemp("papers"))).broker


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Broker:
    return settings_of(fleet_with_a_kiosk(tmp_path_factory.mktemp("other"))).broker


@pytest.fixture
def until(broker: Broker) -> datetime:
    return x509.load_pem_x509_certificate(broker.certificate.read_bytes()).not_valid_after_utc


def test_good_papers_are_told_with_their_days_and_no_byte_of_the_key(broker: Broker) -> None:
    found = papers.examine(broker, MINE, datetime.now(UTC))
    assert (found.code, found.level) == ("ok", Level.WELL)
    assert (found.figures["name"].value, found.figures["left"].value) == (MINE, 89)
    assert int(found.figures["root_left"].value) > 3600
    secret = "".join(broker.key.read_text().splitlines()[1:-1])
    assert not any(secret[at : at + 16] in str(found) for at in range(0, len(secret) - 16, 8))


@pytest.mark.parametrize(
    ("before_end", "code", "level"),
    [
        (timedelta(days=30), "ok", Level.WELL),
        (timedelta(days=29, hours=23), Code.CERTIFICATE_ENDS_SOON, Level.CARE),
        (timedelta(0), Code.CERTIFICATE_ENDED, Level.FAULT),
        (timedelta(days=92), Code.CERTIFICATE_NOT_YET_VALID, Level.FAULT),
    ],
)
def test_days_are_judged_by_the_clock(
    broker: Broker, until: datetime, before_end: timedelta, code: str, level: Level
) -> None:
    found = papers.examine(broker, MINE, until - before_end)
    assert (found.code, found.level) == (code, level)


def test_a_key_a_name_and_a_root_of_another_are_told_apart(broker: Broker, other: Broker) -> None:
    now = datetime.now(UTC)
    assert papers.examine(broker.model_copy(update={"key": other.key}), MINE, now).code == Code.KEY_OF_ANOTHER
    assert papers.examine(broker, "k-other", now).code == Code.CERTIFICATE_OF_ANOTHER
    found = papers.examine(broker.model_copy(update={"ca": other.ca}), MINE, now)
    assert (found.code, found.level) == (Code.CHAIN_BROKEN, Level.FAULT)
    assert found.technician


def test_a_file_that_is_not_there_or_holds_nothing_is_named(broker: Broker, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    empty = tmp_path / "kiosk.crt"
    empty.write_text("nothing")
    for changed in ({"key": tmp_path / "gone.key"}, {"certificate": empty}, {"key": empty}, {"ca": empty}):
        found = papers.examine(broker.model_copy(update=changed), MINE, now)
        assert (found.code, found.level) == (Code.KEYS_MISSING, Level.FAULT)
        assert next(iter(changed.values())).name in found.technician
