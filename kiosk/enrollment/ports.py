# SPDX-License-Identifier: Apache-2.0
"""What a session needs from the world, named by what it does for the session. Implementations live elsewhere."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from kiosk.enrollment.evidence import Enrollment, FaceFindings
    from kiosk.enrollment.identity import Identity
    from kiosk.enrollment.measures import Meters
    from kiosk.enrollment.states import Prompt


class Presence(StrEnum):
    """What the reader sees now."""

    NO_READER = "no_reader"
    ABSENT = "absent"
    PRESENT = "present"


class ReadObserver(Protocol):
    """Sees a card being read; called from the worker thread."""

    def progressed(self, progress: float) -> None:
        """So much of the card is read, 0 to 1."""

    def named(self, name_th: str, name_en: str) -> None:
        """The card says whose it is: masked names, once in every read, long before the portrait is there."""


class CardReader(Protocol):
    """Reads the national ID card in the reader. It may keep what a cut-short read left, until told to forget it."""

    def read(self, observer: ReadObserver) -> Identity:
        """Read the whole card.

        A read that the card's removal cut short is continued by the next call if the same card is back. Another card
        raises CARD_CHANGED, and everything read is wiped.

        Raises:
            CardReadError: with what the person is told.
            FaultError: when the reader or its service is gone.
        """

    def forget(self) -> None:
        """Wipe what a cut-short read left."""


class CardWatcher(Protocol):
    """Tells when a card comes and goes; one thread of its own."""

    def watch(self, changed: Callable[[Presence], None]) -> None:
        """Call `changed` at once with the presence now, then at every change, until `stop`. Blocks."""

    def stop(self) -> None:
        """Make `watch` return soon."""


class FaceObserver(Protocol):
    """Sees a face check happen; called from the worker thread."""

    def prompted(self, prompt: Prompt) -> None:
        """The person should now be told this."""

    def previewed(self, width: int, height: int, rgb: bytes) -> None:
        """A small mirrored live picture: `height * width * 3` bytes, RGB, row by row. Shown, never stored."""

    def measured(self, meters: Meters) -> None:
        """Where the person is now, a few times a second; it says no more than the prompts do."""


class FaceExaminer(Protocol):
    """Compares the person before the camera with a portrait, and makes sure a person is there."""

    def check_ready(self) -> None:
        """Prove that models and camera are fit to serve.

        Raises:
            FaultError: with the code for the fleet.
        """

    def examine(self, portrait_jpeg: bytes, observer: FaceObserver, stop: threading.Event) -> FaceFindings:
        """Run one attempt; returns soon after `stop` is set.

        Raises:
            FaceCheckError: when the attempt could not be judged (no face, unclear, not live, unusable portrait).
            FaultError: when the camera or a model fails on the way.
        """


class Enrolled(StrEnum):
    """What the central system says of a person before the face check."""

    NOT_YET = "not_yet"
    ACCEPTED = "accepted"
    ACTIVATED = "activated"


class StaffTask(StrEnum):
    """What a member of staff asks for."""

    STANDING = "standing"
    MISSING = "missing"  # the roster has them not
    WRONG = "wrong"  # the roster has them otherwise
    HAND_OVER = "hand_over"  # they go on with their own phone


class PhoneSaid(StrEnum):
    """How a hand-over to a phone ended."""

    DONE = "done"
    ANOTHER_PERSON = "another_person"
    EXPIRED = "expired"


class RecordKeeper(Protocol):
    """The session's only door to the record; answers come back to the conductor as events."""

    def ask_status(self, identity: Identity) -> None:
        """Ask whether this person has a Health ID; the question is sealed before it leaves this process."""

    def ask_staff(self, identity: Identity, task: StaffTask) -> None:
        """Ask about this person's place on a roster, send a ticket about it, or hand them over; sealed likewise."""

    def ask_new_code(self, proven: Enrollment) -> None:
        """Ask for a new code for this person, sealed likewise, with the evidence of the face check."""

    def file(self, enrollment: Enrollment, kept_hours: int | None = None) -> None:
        """Seal the identity and hand it over for signing and storing, for `kept_hours` at most if that is given."""

    def forget(self) -> None:
        """Drop the session's throw-away key and every buffer."""
