# SPDX-License-Identifier: Apache-2.0
"""The kiosk's screen: shows the state it is given, passes on what the person chose.

It reads no device, no clock and no file but its texts and looks at start, and decides nothing. Nothing a person does
ends it: there is no palette, no quitting key, no notification. If a screen fails, the program ends with an incident
code and nothing else, because a traceback could show whose card was in the reader.
"""

from __future__ import annotations

import hashlib
import sys
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App
from textual.message import Message

from kiosk.enrollment.failures import Fault
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
    PutCardBack,
    Rate,
    Reading,
    ReportProblem,
    Resting,
    SavedHere,
    StaffToday,
    State,
    StillThere,
    TakeCard,
)
from kiosk.screens.accepted import AcceptedScreen, FinishLaterScreen
from kiosk.screens.attract import AttractScreen
from kiosk.screens.check_answer import CheckAnswerScreen
from kiosk.screens.checking import CheckingScreen
from kiosk.screens.confirm import ConfirmScreen
from kiosk.screens.deferral import DeferralScreen
from kiosk.screens.hand_over import HandOverScreen, NoPhoneScreen
from kiosk.screens.help_called import HelpCalledScreen
from kiosk.screens.insert_card import InsertCardScreen
from kiosk.screens.looking import LookingScreen
from kiosk.screens.menu import MenuScreen, StaffTodayScreen
from kiosk.screens.notice import NoticeScreen
from kiosk.screens.out_of_service import OutOfServiceScreen, RestingScreen
from kiosk.screens.palette import PALETTES
from kiosk.screens.problem import ProblemScreen
from kiosk.screens.put_card_back import PutCardBackScreen
from kiosk.screens.rate import ComplaintScreen, RateScreen
from kiosk.screens.reading import ReadingScreen
from kiosk.screens.report import ProblemReportedScreen, ReportProblemScreen
from kiosk.screens.result import ActivatedScreen, AlreadyEnrolledScreen, SavedHereScreen
from kiosk.screens.speech import Voice
from kiosk.screens.staff import (
    HasProviderIdScreen,
    NotOnRosterScreen,
    OnRosterScreen,
    ScanWithPhoneScreen,
    StaffFirstScreen,
    StaffNextStepScreen,
    StaffOnPhoneScreen,
    TicketSentScreen,
)
from kiosk.screens.still_there import StillThereScreen
from kiosk.screens.take_card import GoodbyeScreen, TakeCardScreen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from textual.binding import BindingType
    from textual.timer import Timer

    from kiosk.enrollment.measures import Meters
    from kiosk.enrollment.states import Intent
    from kiosk.screens.moment import Moment
    from kiosk.screens.sixel import Graphics
    from kiosk.screens.wording import Wording
    from wire.phones import HelpNumber

MOMENTS: Mapping[type[State], type[Moment[Any]]] = {
    Attract: AttractScreen,
    Menu: MenuScreen,
    StaffToday: StaffTodayScreen,
    StaffFirst: StaffFirstScreen,
    OnRoster: OnRosterScreen,
    NotOnRoster: NotOnRosterScreen,
    TicketSent: TicketSentScreen,
    StaffOnPhone: StaffOnPhoneScreen,
    ScanWithPhone: ScanWithPhoneScreen,
    HasProviderId: HasProviderIdScreen,
    StaffNextStep: StaffNextStepScreen,
    Notice: NoticeScreen,
    InsertCard: InsertCardScreen,
    Reading: ReadingScreen,
    PutCardBack: PutCardBackScreen,
    ConfirmIdentity: ConfirmScreen,
    Looking: LookingScreen,
    Checking: CheckingScreen,
    CheckAnswer: CheckAnswerScreen,
    Accepted: AcceptedScreen,
    HandOver: HandOverScreen,
    NoPhone: NoPhoneScreen,
    Activated: ActivatedScreen,
    FinishLater: FinishLaterScreen,
    SavedHere: SavedHereScreen,
    Deferral: DeferralScreen,
    AlreadyEnrolled: AlreadyEnrolledScreen,
    Rate: RateScreen,
    Complaint: ComplaintScreen,
    ReportProblem: ReportProblemScreen,
    ProblemReported: ProblemReportedScreen,
    Problem: ProblemScreen,
    HelpCalled: HelpCalledScreen,
    StillThere: StillThereScreen,
    TakeCard: TakeCardScreen,
    Goodbye: GoodbyeScreen,
    Resting: RestingScreen,
    OutOfService: OutOfServiceScreen,
}

_NOBODY = (Attract, Resting, OutOfService)  # a person who spoke for the voice is gone
_WATCH_S = 0.1  # how often the headphones are looked at while something is said to the person only
_LISTENED_S = 60.0  # so long the welcome listens to who turned the voice on and has not begun


@dataclass(frozen=True, slots=True)
class Incident:
    """Why the screen ended: a code that is the same for the same fault, and the line of code, never its values."""

    code: str
    where: str

    @classmethod
    def of(cls, error: BaseException) -> Incident:
        """Name an error by its type and the innermost line it passed."""
        frames = traceback.extract_tb(error.__traceback__)
        where = f"{type(error).__name__} at {frames[-1].name}:{frames[-1].lineno}" if frames else type(error).__name__
        return cls(hashlib.sha256(where.encode()).hexdigest()[:8], where)


@dataclass(frozen=True, slots=True)
class Looks:
    """How the screens look here.

    Args:
        contrast: a name in `PALETTES`.
        graphics: how the terminal draws pictures; without it they are made of half blocks.
    """

    contrast: str = "ordinary"
    graphics: Graphics | None = None


class KioskApp(App[None], inherit_bindings=False):
    """The only thing a patient ever sees.

    Args:
        send: is told what the person chose, on the event loop; it must not block.
        wordings: the texts by language, from `wording.load_wordings`.
        language: the language to begin with.
        live: without it every screen says that this is a test.
        looks: colours, and what the terminal can draw.
        voice: says the screens for who asks to hear them.
    """

    CSS_PATH = "kiosk.tcss"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    ESCAPE_TO_MINIMIZE = False
    BINDINGS: ClassVar[list[BindingType]] = []

    class StateArrived(Message):
        """Post this from any thread to show a state."""

        def __init__(self, state: State) -> None:
            super().__init__()
            self.state = state

    class FrameArrived(Message):
        """Post this from any thread to show a picture: `height * width * 3` bytes, RGB, row by row."""

        def __init__(self, width: int, height: int, rgb: bytes) -> None:
            super().__init__()
            self.width, self.height, self.rgb = width, height, rgb

    class MetersArrived(Message):
        """Post this from any thread to show where the person is before the camera."""

        def __init__(self, meters: Meters) -> None:
            super().__init__()
            self.meters = meters

    class NumberArrived(Message):
        """Post this from any thread to tell people another number to call."""

        def __init__(self, number: HelpNumber) -> None:
            super().__init__()
            self.number = number

    def __init__(
        self,
        *,
        send: Callable[[Intent], None],
        wordings: Mapping[str, Wording],
        language: str = "th",
        live: bool = False,
        looks: Looks = Looks(),
        voice: Voice | None = None,
    ) -> None:
        self._colours = PALETTES[looks.contrast]
        super().__init__()
        self._voice = voice or Voice()
        self._graphics = looks.graphics
        self._send = send
        self._wordings = wordings
        self._wording = wordings[language]
        self._live = live
        self._state: State = OutOfService(Fault.STARTING)
        self._shown: Moment[Any] | None = None
        self._listening: Timer | None = None
        self._asked = self._greets = False  # whether the person asked for what is drawn next, and begins to listen
        self.incident: Incident | None = None

    @property
    def wording(self) -> Wording:
        """The language that the screen is in now."""
        return self._wording

    def get_css_variables(self) -> dict[str, str]:
        """Give kiosk.tcss its colours."""
        return {**super().get_css_variables(), **self._colours}

    def on_mount(self) -> None:
        """Begin with the state known so far, so that there is never an empty screen."""
        self._shown = self._moment()
        self.push_screen(self._shown)
        self._voice.begin_anew()
        self.set_interval(_WATCH_S, self._voice.watch)

    def on_unmount(self) -> None:
        """Say nothing more."""
        self._voice.begin_anew()

    def show(self, state: State) -> None:
        """Show a state. Call on the event loop; other threads post `StateArrived`."""
        if isinstance(state, _NOBODY) and not isinstance(self._state, _NOBODY):
            self._voice.begin_anew()
        self._state = state
        if self._shown is None:
            return  # shown when mounted
        if isinstance(self._shown, MOMENTS[type(state)]):
            self._shown.update(state, self._wording, self._volume())
        else:
            self._shown = self._moment()
            self.switch_screen(self._shown)

    def preview(self, width: int, height: int, rgb: bytes) -> None:
        """Show a picture of the camera, if its screen is shown. Call on the event loop; others post `FrameArrived`."""
        if isinstance(self._shown, LookingScreen):
            self._shown.preview(width, height, rgb)

    def measure(self, meters: Meters) -> None:
        """Show where the person is, if the camera's screen is shown. Call on the event loop; as above otherwise."""
        if isinstance(self._shown, LookingScreen):
            self._shown.measure(meters)

    def call(self, number: HelpNumber) -> None:
        """Tell people to call this number. Call on the event loop; other threads post `NumberArrived`."""
        if number == self._wording.help_number:
            return
        self._wordings = {language: each.calling(number) for language, each in self._wordings.items()}
        self._wording = self._wordings[self._wording.language]
        self.show(self._state)

    def on_kiosk_app_number_arrived(self, event: NumberArrived) -> None:
        """Tell people a number that came from another thread."""
        self.call(event.number)

    def on_kiosk_app_state_arrived(self, event: StateArrived) -> None:
        """Show a state that came from another thread."""
        self.show(event.state)

    def on_kiosk_app_frame_arrived(self, event: FrameArrived) -> None:
        """Show a picture that came from another thread."""
        self.preview(event.width, event.height, event.rgb)

    def on_kiosk_app_meters_arrived(self, event: MetersArrived) -> None:
        """Show meters that came from another thread."""
        self.measure(event.meters)

    def on_moment_expressed(self, event: Moment.Expressed) -> None:
        """Pass the person's wish on."""
        self._send(event.intent)

    def on_moment_language_turned(self) -> None:
        """Say the same in the next language."""
        languages = list(self._wordings)
        self._asked = True
        self._wording = self._wordings[languages[(languages.index(self._wording.language) + 1) % len(languages)]]
        self.show(self._state)

    def on_rendered(self) -> None:
        """Say what is shown. A hall is not spoken to: while nobody is here, only who asks hears."""
        somebody = self._asked or not isinstance(self._state, _NOBODY)
        if self._voice.level and self._shown is not None and somebody:
            self._voice.tell(self._shown.prompt(), *(self._shown.greeting() if self._greets else ()))
        self._asked = self._greets = False

    def on_moment_passed(self, event: Moment.Passed) -> None:
        """Say which choice the keys came to."""
        self._voice.name(event.choice, self._wording.language)

    def on_moment_listened(self) -> None:
        """Turn the voice on, or louder, or off; and off again when nobody came after it was turned on."""
        self._voice.turn()
        self._asked = self._greets = True
        self.show(self._state)
        if self._listening is not None:
            self._listening.stop()
        self._listening = self.set_timer(_LISTENED_S, self._hush_for_nobody)

    async def action_quit(self) -> None:
        """Do nothing: the supervisor ends the kiosk, not a key."""

    def action_suspend_process(self) -> None:
        """Do nothing, as above."""

    def notify(self, *_: object, **__: object) -> None:
        """Say nothing: only states speak to the person."""

    def _handle_exception(self, error: Exception) -> None:
        """End with a code, in place of a traceback that prints the values of variables."""
        self._return_code = 1
        self._exception = self._exception or error  # Textual's pilot raises it again in a test
        self._exception_event.set()
        self.incident = self.incident or Incident.of(error)
        self._close_messages_no_wait()

    def panic(self, *_: object) -> None:
        """End without the renderables, which may hold anything."""
        self._handle_exception(RuntimeError())

    def _print_error_renderables(self) -> None:
        """Print the incident code once the terminal is an ordinary one again."""
        self._exit_renderables.clear()
        if self.incident is not None:
            sys.stderr.write(f"incident {self.incident.code}\n")

    def _hush_for_nobody(self) -> None:
        if isinstance(self._state, _NOBODY):
            self._voice.begin_anew()
            self.show(self._state)

    def _volume(self) -> int | None:
        return self._voice.level if self._voice.offered else None

    def _moment(self) -> Moment[Any]:
        moment = MOMENTS[type(self._state)](self._state, self._wording, live=self._live, volume=self._volume())
        if isinstance(moment, LookingScreen):
            moment.graphics = self._graphics
        moment.fit(self.size)
        return moment
