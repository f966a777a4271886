# SPDX-License-Identifier: Apache-2.0
"""Every event says which engine compared, from which files, under which policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from kiosk import device
from kiosk.enrollment.evidence import CardStatus, Consent, Enrollment
from kiosk.face.engines import ENGINES, EngineChoice
from kiosk.records import pipe
from kiosk.records.sealing import SealedKeeper
from kiosk.store import outbox
from tests.kiosk.conftest import KIOSK, World
from tests.kiosk.enrollment.walk import findings
from tests.simulators.holders import identity
from wire.envelope import join, open_message
from wire.events import EnrollmentCaptured
from wire.signing import Kind

if TYPE_CHECKING:
    from kiosk.records.filing import Filing
    from kiosk.store.database import Store


@pytest.mark.parametrize("choice", EngineChoice)
def test_an_event_tells_engine_digests_and_policy_and_names_nobody(
    filing: Filing, store: Store, world: World, choice: EngineChoice
) -> None:
    engine, who = ENGINES[choice], identity(7)
    found = findings()
    match = replace(found.match, engine=engine.name, model_digests=engine.digests, policy_version="policy-7")
    sent: list[pipe.FromPerson] = []
    keeper = SealedKeeper(kiosk=KIOSK, trust=world.trust, send=sent.append, wall_ms=device.wall_ms)
    consent = Consent("notice-1", datetime(2026, 11, 24, tzinfo=UTC))
    keeper.file(Enrollment(who, consent, CardStatus.PENDING, replace(found, match=match), 1, 60_000))
    (record,) = sent
    assert isinstance(record, pipe.FileThis)
    filing.file(record)
    (waiting,) = outbox.pending(store)
    event, _ = open_message(
        join(waiting.signed, waiting.attachment), Kind.EVENT, world.event.public(), EnrollmentCaptured
    )
    told = event.evidence
    assert (told.engine, told.models, told.policy) == (engine.name, engine.digests, "policy-7")
    assert who.citizen_number not in repr(event)
    assert who.name_th.first not in repr(event)
