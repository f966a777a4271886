# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import msgspec
import pytest

from tests.simulators.kiosk_wire import EVIDENCE
from wire.events import Evidence


def _without(*fields: str) -> bytes:
    said = msgspec.to_builtins(EVIDENCE)
    return msgspec.json.encode({key: value for key, value in said.items() if key not in fields})


def test_evidence_from_before_light_and_passive_check_still_reads() -> None:
    old = msgspec.json.decode(_without("light", "pad"), type=Evidence)
    assert (old.light, old.pad) == (None, None)
    assert old.challenges == EVIDENCE.challenges


@pytest.mark.parametrize("field", ["parallax", "models", "distance"])
def test_evidence_that_always_was_there_may_not_be_missing(field: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=field):
        msgspec.json.decode(_without(field), type=Evidence)
