# SPDX-License-Identifier: Apache-2.0
"""The report of a hand-over for the controller: signed by this kiosk's event key, taken by the fleet's signer.

It says what the technician's paper says. What the doctor wrote for a technician's eyes stays in the machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioning.commissioning.examining import FAULT, NOT_EXAMINED, Found
from provisioning.commissioning.steps import Step
from provisioning.errors import FolderError
from wire.envelope import decode, encode, seal_message
from wire.errors import Malformed
from wire.events import Profile
from wire.self_tests import Checked, Examined, Measured, Outcome, SelfTest
from wire.signing import Kind

if TYPE_CHECKING:
    from provisioning.commissioning.becoming import Identity
    from provisioning.commissioning.examining import Told
    from provisioning.commissioning.steps import Progress
    from wire.signing import SigningKey

_LETTERS = 120  # of a name of hardware
_UNEXAMINED = (Found("doctor", NOT_EXAMINED, FAULT),)


def report(identity: Identity, progress: Progress, told: Told, at_ms: int) -> SelfTest:
    """What is to be signed, once every step before the hand-over is settled."""
    steps = tuple(
        Checked(each.step, Outcome(each.outcome), each.at_ms, each.code or None)
        for each in progress.results
        if each.step is not Step.HAND_OVER
    )
    return SelfTest(
        v=1,
        kiosk=identity.kiosk,
        facility=identity.facility,
        profile=Profile(identity.profile),
        release=told.release or "unknown",
        at_ms=at_ms,
        steps=steps,
        parts=tuple(_examined(found) for found in told.parts or _UNEXAMINED),
    )


def signed(key: SigningKey, said: SelfTest) -> bytes:
    """The message.

    Raises:
        FolderError: the doctor said something that cannot be told.
    """
    try:
        decode(encode(said), SelfTest)
    except Malformed as error:
        message = f"The report cannot be told ({error}). Install the release of the controller's age."
        raise FolderError(message) from error
    return seal_message(key, Kind.SELF_TEST, said)


def _examined(found: Found) -> Examined:
    figures = {
        name: Measured(each.value[:_LETTERS] if isinstance(each.value, str) else each.value, each.unit)
        for name, each in found.figures.items()
    }
    return Examined(found.part, found.level, found.code, figures)
