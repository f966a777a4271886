# SPDX-License-Identifier: Apache-2.0
"""The moments of a session as the screen sees them, and the intents a person can express.

States travel from the person's process to the screen, intents the other way, so both are msgspec structs. A state
holds only what its screen shows: masked words, never a citizen number, never a full name.
"""

from __future__ import annotations

from enum import StrEnum

from kiosk.enrollment.failures import Failure, Fault
from kiosk.enrollment.shown import Shown as _State
from kiosk.enrollment.shown import Slip
from kiosk.enrollment.staff_states import (
    HasProviderId,
    NotOnRoster,
    OnRoster,
    ScanWithPhone,
    StaffFirst,
    StaffNextStep,
    StaffOnPhone,
    TicketSent,
)
from wire.opinions import Place


class Prompt(StrEnum):
    """The one sentence before the camera: a hint of the quality check or the challenge."""

    STAND_HERE = "stand_here"
    NO_FACE = "no_face"
    ONE_PERSON = "one_person"
    COME_CLOSER = "come_closer"
    STEP_BACK = "step_back"
    CENTRE = "centre"
    FURTHER_BACK = "further_back"
    CAMERA_HEIGHT = "camera_height"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    HOLD_STILL = "hold_still"
    FACE_FORWARD = "face_forward"
    HOLD_UPRIGHT = "hold_upright"
    LEVEL_CHIN = "level_chin"
    UNEVEN_LIGHT = "uneven_light"
    FLAT_LIGHT = "flat_light"
    SHOW_EYES = "show_eyes"
    OPEN_EYES = "open_eyes"
    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    LOOK_UP = "look_up"
    LEAN_IN = "lean_in"
    BLINK = "blink"
    OPEN_MOUTH = "open_mouth"


class Purpose(StrEnum):
    """What the person came for; the screens before the answer are the same, and who only asks counts no steps."""

    ENROLL = "enroll"
    CHECK = "check"
    NEW_CODE = "new_code"
    STAFF = "staff"


class Standing(StrEnum):
    """What a person who only asked is told (journeys J3)."""

    NOT_YET = "not_yet"
    ACCEPTED = "accepted"
    ACTIVATED = "activated"
    NOT_KNOWN = "not_known"


class Farewell(StrEnum):
    """Why a session ends, as the last screen says it and the tally counts it."""

    FILED = "filed"
    ALREADY_ENROLLED = "already_enrolled"
    NEW_CODE = "new_code"
    CHECKED = "checked"
    STAFF = "staff"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    TIMED_OUT = "timed_out"
    CARD_REMOVED = "card_removed"
    CARD_CHANGED = "card_changed"
    CARD_PROBLEM = "card_problem"
    NETWORK = "network"
    NOT_SAVED = "not_saved"
    REPORTED = "reported"


class Attract(_State, frozen=True):
    """SC-01: the welcome, until a touch or a card; now and then with an announcement, in both languages."""

    announced_th: str = ""
    announced_en: str = ""


class Menu(_State, frozen=True):
    """SC-02: what the person came for. A card that is put in answers it: the patient's way is the short one."""

    staff: bool = True


class StaffToday(_State, frozen=True):
    """J10 where a kiosk does not enrol staff: a Health ID is the first step, and can be had."""


class Notice(_State, frozen=True):
    """SC-03: the notice with its unticked box; it says what the face is for."""

    consented: bool = False
    purpose: Purpose = Purpose.ENROLL
    kept_hours: int = 0  # what it asks for besides: to keep the request, sealed, for so long


class InsertCard(_State, frozen=True):
    """SC-04."""

    purpose: Purpose = Purpose.ENROLL


class Reading(_State, frozen=True):
    """SC-05. `progress` is 0 to 1; the masked names come as soon as the card has said them."""

    progress: float = 0.0
    name_th: str = ""
    name_en: str = ""
    purpose: Purpose = Purpose.ENROLL


class PutCardBack(_State, frozen=True):
    """J4: the card was pulled in the middle of a read, and the same card goes on.

    It holds no name: whoever stands here now need not be the card's holder, who knows which card it was.
    """

    purpose: Purpose = Purpose.ENROLL


class ConfirmIdentity(_State, frozen=True):
    """SC-06: masked, so that only the person can recognise it."""

    name_th: str
    name_en: str
    number: str


class Looking(_State, frozen=True):
    """SC-07: the camera, one prompt at a time. `attempt` counts from 1."""

    prompt: Prompt = Prompt.STAND_HERE
    attempt: int = 1


class Checking(_State, frozen=True):
    """SC-08. `slow` after ten seconds without an answer."""

    slow: bool = False
    purpose: Purpose = Purpose.ENROLL


class CheckAnswer(_State, frozen=True):
    """J3: the answer to who only asked. Shown for a short while, and never spoken."""

    standing: Standing


class Accepted(_State, frozen=True):
    """SC-09: the one-time PIN, to be used on the person's own phone. `valid_until_ms` is a wall clock, UTC.

    `hand_over` says whether a link to Mor Prom's own page can be shown.
    """

    pin: str
    valid_until_ms: int
    sandbox: bool = True
    hand_over: bool = False
    slip: Slip = Slip.NONE


class HandOver(_State, frozen=True):
    """SC-09: Mor Prom's own page as a QR code, which never holds the PIN. The PIN beside it is empty where none is."""

    link: str
    pin: str = ""


class NoPhone(_State, frozen=True):
    """SC-11: what a person without a smartphone has of a Health ID."""


class Activated(_State, frozen=True):
    """SC-10a: the only screen that says "done". `staff` for whom it was step 1 of 3."""

    sandbox: bool = True
    staff: bool = False


class FinishLater(_State, frozen=True):
    """SC-10b: the code is valid for a while; the rest can be done at home."""

    pin: str
    valid_until_ms: int
    sandbox: bool = True
    slip: Slip = Slip.NONE


class SavedHere(_State, frozen=True):
    """J9: taken and kept on this machine, not complete. `code` is the short event code, which names nobody."""

    code: str
    confirmed: bool = False


class Deferral(_State, frozen=True):
    """J9: there is no network, or no answer; the request can be taken now and sent later."""

    failure: Failure


class AlreadyEnrolled(_State, frozen=True):
    """J2. `activated` is False when the code is still to be used; `new_code` says whether another can be had."""

    activated: bool
    hand_over: bool = False
    new_code: bool = False


class Rate(_State, frozen=True):
    """SC-12: five faces, for a few seconds; nobody has to."""

    why: Farewell


class Complaint(_State, frozen=True):
    """What was not good, one touch; with the face and the touch before it the third."""

    why: Farewell


class ReportProblem(_State, frozen=True):
    """What is not right here, one touch of a short list; `sent` once it was chosen."""

    place: Place
    why: Farewell
    sent: bool = False


class ProblemReported(_State, frozen=True):
    """What was said is kept under this number, which names nobody; empty when it could not be kept."""

    why: Farewell
    ticket: str


class Problem(_State, frozen=True):
    """Something went wrong; `retry` says whether the person may try again here.

    `counter` is where staff go on with it, empty where that is not known or no counter helps.
    """

    failure: Failure
    retry: bool = False
    attempt: int = 1
    counter: str = ""


class HelpCalled(_State, frozen=True):
    """A helper was asked for. `told` only when somebody watches the console there and the call is on its way.

    `helper` is who comes, in the helper's own words, empty until somebody has said so; `minutes` is how long that may
    still take, begun ones counted, 0 when it was not said or has passed.
    """

    told: bool = False
    helper: str = ""
    minutes: int = 0


class StillThere(_State, frozen=True):
    """J8: the idle warning."""

    seconds_left: int


class TakeCard(_State, frozen=True):
    """SC-13, also after cancelling; `why` chooses the words."""

    why: Farewell


class Goodbye(_State, frozen=True):
    """A last word without a card in the reader."""

    why: Farewell


class Resting(_State, frozen=True):
    """An operator has closed the kiosk for a while. `nearest` is where people go."""

    nearest: str = ""


class OutOfService(_State, frozen=True):
    """J9: the kiosk serves nobody now. The code is for the technician and the fleet, `nearest` for the person."""

    fault: Fault
    nearest: str = ""


State = (
    Attract
    | Menu
    | StaffToday
    | StaffFirst
    | OnRoster
    | NotOnRoster
    | TicketSent
    | StaffOnPhone
    | ScanWithPhone
    | HasProviderId
    | StaffNextStep
    | Notice
    | InsertCard
    | Reading
    | PutCardBack
    | ConfirmIdentity
    | Looking
    | Checking
    | CheckAnswer
    | Accepted
    | HandOver
    | NoPhone
    | Activated
    | FinishLater
    | SavedHere
    | Deferral
    | AlreadyEnrolled
    | Rate
    | Complaint
    | ReportProblem
    | ProblemReported
    | Problem
    | HelpCalled
    | StillThere
    | TakeCard
    | Goodbye
    | Resting
    | OutOfService
)


class Intent(StrEnum):
    """What a person can say to the kiosk. Every screen offers a subset."""

    START = "start"
    ENROLL = "enroll"
    CHECK = "check"
    STAFF = "staff"
    BACK = "back"
    TICK = "tick"
    UNTICK = "untick"
    AGREE = "agree"
    DECLINE = "decline"
    YES = "yes"
    NO = "no"
    RETRY = "retry"
    REPORT = "report"
    NEXT = "next"
    SHOW_QR = "show_qr"
    NO_PHONE = "no_phone"
    NEW_CODE = "new_code"
    DEFER = "defer"
    PRINT = "print"
    RATED_1 = "rated_1"
    RATED_2 = "rated_2"
    RATED_3 = "rated_3"
    RATED_4 = "rated_4"
    RATED_5 = "rated_5"
    ABOUT_WAITING = "about_waiting"
    ABOUT_WORDS = "about_words"
    ABOUT_MACHINE = "about_machine"
    ABOUT_OTHER = "about_other"
    COMPLAIN = "complain"
    REPORT_CARD = "report_card"
    REPORT_FACE = "report_face"
    REPORT_CODE = "report_code"
    REPORT_MACHINE = "report_machine"
    REPORT_WORDS = "report_words"
    REPORT_SERVICE = "report_service"
    HELP = "help"
    MORE_TIME = "more_time"
    CANCEL = "cancel"
    DONE = "done"
