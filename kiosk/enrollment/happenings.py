# SPDX-License-Identifier: Apache-2.0
"""What a session is told, and what it wants done: the two sides of its pure transitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from kiosk.enrollment.evidence import Enrollment, FaceFindings
    from kiosk.enrollment.failures import Failure, Fault
    from kiosk.enrollment.identity import Identity
    from kiosk.enrollment.ports import Enrolled, PhoneSaid, Presence, StaffTask
    from kiosk.enrollment.states import Farewell, Intent, Prompt
    from wire.opinions import Category, Opinion, Place


@dataclass(frozen=True, slots=True)
class Now:
    """The two clocks: monotonic seconds for every timer, the wall for dates only; and whether the wall's is known."""

    monotonic_s: float
    utc: datetime
    clock_known: bool = False


@dataclass(frozen=True, slots=True)
class PersonSaid:
    """The person touched something."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class Announced:
    """This is to be announced on the welcome screen from now on, and nothing else: Thai and English."""

    announcements: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CardChanged:
    """The reader sees something else than before."""

    presence: Presence


@dataclass(frozen=True, slots=True)
class ReadProgressed:
    """The card is being read; 0 to 1."""

    progress: float


@dataclass(frozen=True, slots=True, repr=False)
class NameRead:
    """The card says whose it is, masked as on the confirm screen; the rest is still being read."""

    name_th: str
    name_en: str


@dataclass(frozen=True, slots=True, repr=False)
class IdentityRead:
    """The card was read."""

    identity: Identity


@dataclass(frozen=True, slots=True)
class CardFailed:
    """The card could not be read."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Prompted:
    """The camera wants the person told this."""

    prompt: Prompt


@dataclass(frozen=True, slots=True)
class FaceJudged:
    """A face attempt came to a judgement."""

    findings: FaceFindings


@dataclass(frozen=True, slots=True)
class FaceFailed:
    """A face attempt came to none."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class StatusKnown:
    """The central system answered "already enrolled?"."""

    enrolled: Enrolled


@dataclass(frozen=True, slots=True, repr=False)
class StaffKnown:
    """The central system answered how a member of staff stands; no unit when no roster has them."""

    enrolled: Enrolled
    unit: str = ""
    position: str = ""
    admin: str = ""
    has_provider_id: bool = False
    hand_over: bool = False
    sandbox: bool = True


@dataclass(frozen=True, slots=True, repr=False)
class TicketKept:
    """What the person says of a roster is kept under this number."""

    number: int
    admin: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class HandOverBegun:
    """A phone that opens this link shows these words, and the person goes on there."""

    link: str
    word_th: str
    word_en: str
    sandbox: bool


@dataclass(frozen=True, slots=True)
class HandOverEnded:
    """The phone is done, or will not be."""

    said: PhoneSaid
    sandbox: bool


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The question cannot be put now: the courier has no connection."""


@dataclass(frozen=True, slots=True)
class Filed:
    """The record is in the store, durably. `code` is the short event code."""

    code: str


@dataclass(frozen=True, slots=True)
class NotFiled:
    """The record could not be stored; nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A receipt settled the record: it is in the controller's books."""


@dataclass(frozen=True, slots=True, repr=False)
class PinIssued:
    """The central system accepted and gave a one-time PIN."""

    pin: str
    valid_until_ms: int
    sandbox: bool


@dataclass(frozen=True, slots=True)
class NoNewCode:
    """There is no new code for this person now."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class BecameActive:
    """The person used the PIN: the Health ID is active."""

    sandbox: bool


@dataclass(frozen=True, slots=True)
class Rejected:
    """The central system did not take the record."""


@dataclass(frozen=True, slots=True)
class SlipEnded:
    """The printer took the whole slip, or something kept it from doing so."""

    printed: bool


@dataclass(frozen=True, slots=True)
class HelpTold:
    """The call for a helper is on its way to the fleet."""


@dataclass(frozen=True, slots=True, repr=False)
class HelperComes:
    """Somebody comes to the call of this number, in `wait_s`; 0 when the time that was promised is over."""

    number: int
    name: str
    wait_s: int


@dataclass(frozen=True, slots=True)
class ComplaintEnded:
    """What was said is kept under this number; empty when it could not be kept."""

    number: str


@dataclass(frozen=True, slots=True)
class FaultHappened:
    """A part of the kiosk failed in the middle of a session."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time passed."""


Happening = (
    PersonSaid
    | Announced
    | CardChanged
    | ReadProgressed
    | NameRead
    | IdentityRead
    | CardFailed
    | Prompted
    | FaceJudged
    | FaceFailed
    | StatusKnown
    | StaffKnown
    | TicketKept
    | HandOverBegun
    | HandOverEnded
    | Unreachable
    | Filed
    | NotFiled
    | Confirmed
    | PinIssued
    | NoNewCode
    | BecameActive
    | Rejected
    | SlipEnded
    | HelpTold
    | HelperComes
    | ComplaintEnded
    | FaultHappened
    | Ticked
)


@dataclass(frozen=True, slots=True)
class ReadCard:
    """Read the card in the reader."""


@dataclass(frozen=True, slots=True, repr=False)
class AskStatus:
    """Ask whether this person already has a Health ID."""

    identity: Identity


@dataclass(frozen=True, slots=True, repr=False)
class AskStaff:
    """Ask about this person's place on a unit's roster, send a ticket about it, or hand them over to a phone."""

    identity: Identity
    task: StaffTask


@dataclass(frozen=True, slots=True, repr=False)
class Look:
    """Run one face attempt."""

    portrait_jpeg: bytes


@dataclass(frozen=True, slots=True)
class StopLooking:
    """Stop the camera soon; the attempt may be made anew."""


@dataclass(frozen=True, slots=True)
class AskForHelp:
    """Tell the fleet that somebody here asks for a helper, or no longer does; `number` counts the session's calls."""

    wanted: bool
    number: int


@dataclass(frozen=True, slots=True)
class StopWork:
    """Stop the camera soon, read no card and forget what was read of one; no result is wanted any more."""


@dataclass(frozen=True, slots=True, repr=False)
class FileRecord:
    """Seal and file; for at most `kept_hours` where it was taken without a network."""

    enrollment: Enrollment
    kept_hours: int | None = None


@dataclass(frozen=True, slots=True, repr=False)
class AskNewCode:
    """Ask for a new code for a person who is accepted; it is proven as an enrolment is, and nothing is filed."""

    proven: Enrollment


@dataclass(frozen=True, slots=True, repr=False)
class PrintSlip:
    """Print the code for the person to take away."""

    pin: str
    valid_until_ms: int
    sandbox: bool


@dataclass(frozen=True, slots=True)
class NoteOpinion:
    """Count what somebody thought, apart from whoever it was."""

    opinion: Opinion


@dataclass(frozen=True, slots=True)
class FileComplaint:
    """Keep what somebody said is not right, apart from whoever it was."""

    category: Category
    place: Place


@dataclass(frozen=True, slots=True)
class End:
    """The session is over: wipe and leave."""

    why: Farewell


Step = (
    ReadCard
    | AskStatus
    | AskStaff
    | Look
    | StopLooking
    | StopWork
    | FileRecord
    | AskNewCode
    | PrintSlip
    | NoteOpinion
    | FileComplaint
    | AskForHelp
    | End
)
