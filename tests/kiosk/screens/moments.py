# SPDX-License-Identifier: Apache-2.0
"""Every state that a screen can be asked to show, with a name for the picture and the test that shows it.

The person does not exist: a common first name, and three digits that no card has in this place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.enrollment.failures import Failure, Fault
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
from kiosk.enrollment.states import (
    Accepted,
    Activated,
    AlreadyEnrolled,
    Attract,
    CheckAnswer,
    Checking,
    Complaint,
    ConfirmIdentity,
    Deferral,
    Farewell,
    FinishLater,
    Goodbye,
    HandOver,
    HelpCalled,
    InsertCard,
    Looking,
    Menu,
    NoPhone,
    Notice,
    OutOfService,
    Problem,
    ProblemReported,
    Prompt,
    Purpose,
    PutCardBack,
    Rate,
    Reading,
    ReportProblem,
    Resting,
    SavedHere,
    StaffToday,
    Standing,
    State,
    StillThere,
    TakeCard,
)
from wire.opinions import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

VALID_UNTIL_MS = 1_796_032_800_000  # 30 November 2026, 10:00 UTC: 17:00 in Bangkok

# A page that does not exist below the one host that a link may name.
LINK, LONG_LINK = "https://example.moph.go.th", "https://example.moph.go.th/a/page/somewhat/down"

SAID_OF_A_SLIP = [slip for slip in Slip if slip is not Slip.NONE]

MOMENTS: Mapping[str, State] = {
    "attract": Attract(),
    "attract-announcing": Attract(
        "ฉีดวัคซีนไข้หวัดใหญ่ฟรี สำหรับผู้สูงอายุ ทุกวันพุธ ที่อาคาร 2", "Free flu shots for older people, Wednesdays, building 2"
    ),
    "menu": Menu(),
    "menu-without-staff": Menu(staff=False),
    "staff-today": StaffToday(),
    "staff-first": StaffFirst(),
    "on-roster": OnRoster(unit="กลุ่มงานสุขภาพดิจิทัล โรงพยาบาลสมมติ", position="นักวิชาการคอมพิวเตอร์ปฏิบัติการ"),
    "not-on-roster": NotOnRoster(admin="กลุ่มงานบริหารทรัพยากรบุคคล โทร 1234"),
    "not-on-roster-unnamed": NotOnRoster(),
    "ticket-sent": TicketSent(ticket=1234, admin="กลุ่มงานบริหารทรัพยากรบุคคล โทร 1234"),
    "ticket-sent-unnamed": TicketSent(ticket=7),
    "staff-on-phone": StaffOnPhone(),
    "scan-with-phone": ScanWithPhone("http://127.0.0.1:48213/P/K7QX29DMAB", "พระจันทร์-27", "WATERMELON-27"),
    "scan-with-phone-live": ScanWithPhone("https://provider.id.th/K/K7QX29DMAB", "มะม่วง-27", "MANGO-27", sandbox=False),
    "has-provider-id": HasProviderId(),
    "staff-next-step": StaffNextStep(),
    "notice": Notice(),
    "notice-ticked": Notice(consented=True),
    "notice-new-code": Notice(purpose=Purpose.NEW_CODE),
    "notice-kept": Notice(kept_hours=24),
    "notice-kept-ticked": Notice(consented=True, kept_hours=72),
    "insert-card": InsertCard(),
    "insert-card-to-check": InsertCard(Purpose.CHECK),
    "reading": Reading(progress=0.4),
    "reading-named": Reading(progress=0.4, name_th="นายสมชาย ใ•••", name_en="Mr. Somchai J•••"),
    "put-card-back": PutCardBack(),
    "confirm": ConfirmIdentity(name_th="นายสมชาย ใ•••", name_en="Mr. Somchai J•••", number="•• 21 3"),
    **{f"looking-{prompt}": Looking(prompt=prompt) for prompt in Prompt},
    "looking-again": Looking(prompt=Prompt.HOLD_STILL, attempt=2),
    "looking-again-much-to-say": Looking(prompt=Prompt.UNEVEN_LIGHT, attempt=2),
    "checking": Checking(),
    "checking-slow": Checking(slow=True),
    "checking-only": Checking(purpose=Purpose.CHECK),
    **{f"check-answer-{standing}": CheckAnswer(standing) for standing in Standing},
    "accepted": Accepted(pin="482913", valid_until_ms=VALID_UNTIL_MS),
    "accepted-live": Accepted(pin="482913", valid_until_ms=VALID_UNTIL_MS, sandbox=False),
    "accepted-with-link": Accepted(pin="482913", valid_until_ms=VALID_UNTIL_MS, hand_over=True),
    **{
        f"accepted-slip-{slip}": Accepted(pin="482913", valid_until_ms=VALID_UNTIL_MS, hand_over=True, slip=slip)
        for slip in SAID_OF_A_SLIP
    },
    "hand-over": HandOver(link=LINK, pin="482913"),
    "hand-over-long": HandOver(link=LONG_LINK, pin="482913"),
    "hand-over-no-code": HandOver(link=LINK),
    "no-phone": NoPhone(),
    "activated": Activated(),
    "activated-live": Activated(sandbox=False),
    "activated-staff": Activated(staff=True),
    "finish-later": FinishLater(pin="482913", valid_until_ms=VALID_UNTIL_MS),
    **{
        f"finish-later-slip-{slip}": FinishLater(pin="482913", valid_until_ms=VALID_UNTIL_MS, slip=slip)
        for slip in SAID_OF_A_SLIP
    },
    "saved-here": SavedHere(code="K7QX-29DM"),
    "saved-here-confirmed": SavedHere(code="K7QX-29DM", confirmed=True),
    "deferral": Deferral(Failure.NETWORK_DOWN),
    "deferral-central": Deferral(Failure.CENTRAL_SILENT),
    "already-activated": AlreadyEnrolled(activated=True),
    "already-with-link": AlreadyEnrolled(activated=True, hand_over=True),
    "already-accepted": AlreadyEnrolled(activated=False),
    "already-accepted-new-code": AlreadyEnrolled(activated=False, new_code=True),
    "already-accepted-all": AlreadyEnrolled(activated=False, hand_over=True, new_code=True),
    "rate": Rate(Farewell.FILED),
    "complaint": Complaint(Farewell.FILED),
    "report-problem": ReportProblem(Place.MENU, Farewell.REPORTED),
    "report-problem-sent": ReportProblem(Place.PROBLEM, Farewell.CANCELLED, sent=True),
    "problem-reported": ProblemReported(Farewell.REPORTED, "4821-7306"),
    "problem-not-kept": ProblemReported(Farewell.REPORTED, ""),
    **{f"problem-{failure}": Problem(failure) for failure in Failure},
    **{f"problem-at-counter-{f}": Problem(f, counter="12") for f in (Failure.UNDER_AGE, Failure.NOT_AT_KIOSK)},
    "problem-retry": Problem(Failure.FACE_MISMATCH, retry=True, attempt=2),
    "help-called": HelpCalled(),
    "help-called-told": HelpCalled(told=True),
    "help-called-named": HelpCalled(told=True, helper="สมชาย", minutes=3),
    "help-called-named-late": HelpCalled(told=True, helper="Nurse Wanpen"),
    "still-there": StillThere(seconds_left=20),
    **{f"take-card-{why}": TakeCard(why) for why in Farewell},
    **{f"goodbye-{why}": Goodbye(why) for why in Farewell},
    "resting": Resting(),
    "resting-nearest": Resting(nearest="อาคาร 2 ชั้น 1"),
    "out-of-service-nearest": OutOfService(Fault.CAMERA_FROZEN, nearest="อาคาร 2 ชั้น 1"),
    **{f"out-of-service-{fault}": OutOfService(fault) for fault in Fault},
}

# One state for each screen and each set of choices: all others differ in their words only.
FORMS: Mapping[str, State] = {
    name: state
    for name, state in MOMENTS.items()
    if not name.startswith(("looking-", "problem-", "goodbye-", "take-card-", "out-of-service-"))
    or name in ("looking-again", "problem-card_expired", "problem-retry", "goodbye-filed", "take-card-filed")
}
