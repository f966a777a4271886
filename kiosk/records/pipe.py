# SPDX-License-Identifier: Apache-2.0
"""What the person's process and the screen process say to each other, and the socket they say it on.

Towards the screen go masked words, small live pictures, the steps of two meters, sealed bytes and figures about the
engine; never a number, a name in full, a portrait or an embedding.
"""

from __future__ import annotations

import select
import socket
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from kiosk.enrollment.failures import Fault
from kiosk.enrollment.measures import Meters
from kiosk.enrollment.ports import Presence
from kiosk.enrollment.states import Farewell, Intent, State
from wire.asks import About
from wire.events import Evidence
from wire.opinions import Category, Opinion, Place

if TYPE_CHECKING:
    from typing import Self

_MESSAGE_BYTES = 128 * 1024  # a preview is the largest; both ends are ours
_BUFFER_BYTES = 4 * _MESSAGE_BYTES


class _Message(msgspec.Struct, frozen=True, tag=True, array_like=True):
    pass


class Ready(_Message, frozen=True):
    """Reader, camera and models are fit: a person may start. `policy` is the signed policy's version, 0 for none."""

    policy: int = 0


class Broken(_Message, frozen=True):
    """A part is not fit; `technician` says what to do."""

    fault: Fault
    technician: str


class Shown(_Message, frozen=True):
    """Show this state."""

    state: State


class Previewed(_Message, frozen=True):
    """Show this live picture: RGB, row by row."""

    width: int
    height: int
    rgb: bytes


class Measured(_Message, frozen=True):
    """Show where the person is before the camera."""

    meters: Meters


class CardSeen(_Message, frozen=True):
    """The reader sees this."""

    presence: Presence


class CardRead(_Message, frozen=True):
    """A read ended: its code and its figures, for the technician."""

    code: str
    commands: int
    errors: int
    ms_per_command: float
    bytes_per_s: float


class HelpAsked(_Message, frozen=True):
    """Tell the fleet that somebody asks for a helper, or no longer does; `number` counts this person's calls."""

    wanted: bool
    number: int = 0


class Opined(_Message, frozen=True):
    """Count this opinion."""

    opinion: Opinion


class Complained(_Message, frozen=True):
    """Keep what somebody says is not right; it belongs to nobody."""

    category: Category
    place: Place


class PrintThis(_Message, frozen=True):
    """Print this code, in the language that the screen is in."""

    pin: str
    valid_until_ms: int
    sandbox: bool


class AskThis(_Message, frozen=True):
    """Sign and send this sealed question, with its evidence where it asks for a new code."""

    ask: str
    about: About
    event: str | None
    sealed: bytes
    evidence: Evidence | None = None


class FileThis(_Message, frozen=True):
    """Sign and store this sealed identity with its evidence, and then send the outcome question.

    `kept_hours` is there when it was taken without a network: after so long the identity is erased, sent or not.
    """

    event: str
    evidence: Evidence
    sealed: bytes
    ask: str
    sealed_ask: bytes
    kept_hours: int | None = None


class Finished(_Message, frozen=True):
    """The session is over; this process wipes itself by ending."""

    why: Farewell


FromPerson = (
    Ready
    | Broken
    | Shown
    | Previewed
    | Measured
    | CardSeen
    | CardRead
    | HelpAsked
    | Opined
    | Complained
    | PrintThis
    | AskThis
    | FileThis
    | Finished
)


class Begin(_Message, frozen=True):
    """Look at reader and camera, and serve; no policy older than this version may."""

    policy_at_least: int


class Said(_Message, frozen=True):
    """The person touched something."""

    intent: Intent


class Announced(_Message, frozen=True):
    """Let the welcome screen announce this and nothing else: Thai and English."""

    announcements: tuple[tuple[str, str], ...]


class AnswerCame(_Message, frozen=True):
    """An answer as the relay signed and sealed it."""

    message: bytes


class LinkDown(_Message, frozen=True):
    """The courier has no connection: the question was not put."""


class HelpTold(_Message, frozen=True):
    """The call for a helper is on its way."""


class HelperComes(_Message, frozen=True):
    """Who comes to this person's call of that number, and in how long; 0 when the time that was promised is over."""

    number: int
    name: str
    wait_s: int


class ComplaintEnded(_Message, frozen=True):
    """It is kept under this number; empty when it could not be."""

    number: str


class SlipEnded(_Message, frozen=True):
    """The slip came out whole, or did not."""

    printed: bool


class RecordFiled(_Message, frozen=True):
    """The record is durable; `code` is the short event code."""

    code: str


class RecordNotFiled(_Message, frozen=True):
    """The record could not be stored."""


class RecordConfirmed(_Message, frozen=True):
    """A receipt has settled the record."""


ToPerson = (
    Begin
    | Said
    | Announced
    | AnswerCame
    | LinkDown
    | HelpTold
    | HelperComes
    | ComplaintEnded
    | SlipEnded
    | RecordFiled
    | RecordNotFiled
    | RecordConfirmed
)

Incoming = TypeVar("Incoming")


class PipeClosedError(Exception):
    """The other process is gone, or does not speak as agreed."""


class Pipe(Generic[Incoming]):
    """One end of a SOCK_SEQPACKET pair: whole messages, and an end that is noticed."""

    def __init__(self, end: socket.socket, incoming: object) -> None:
        """Take one end; `incoming` is the union of what the other end may say."""
        self._end = end
        self._end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
        self._decoder: msgspec.msgpack.Decoder[Incoming] = msgspec.msgpack.Decoder(incoming)
        self._encoder = msgspec.msgpack.Encoder()

    @classmethod
    def pair(cls) -> tuple[socket.socket, socket.socket]:
        """Two connected ends."""
        return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    @classmethod
    def inherited(cls, descriptor: int, incoming: object) -> Self:
        """The end that a parent process passed on."""
        return cls(socket.socket(fileno=descriptor), incoming)

    def send(self, message: FromPerson | ToPerson) -> None:
        """Say something.

        Raises:
            PipeClosedError: when nobody listens any more.
        """
        try:
            self._end.send(self._encoder.encode(message))
        except OSError as error:
            text = "the other process has ended"
            raise PipeClosedError(text) from error

    def receive(self, timeout_s: float | None = None) -> Incoming | None:
        """The next message, None when `timeout_s` passes without one.

        Raises:
            PipeClosedError: when the other process has ended, or what it says is no message.
        """
        if timeout_s is not None and not select.select([self._end], [], [], timeout_s)[0]:
            return None
        try:
            data = self._end.recv(_MESSAGE_BYTES)
        except OSError as error:
            text = "the other process has ended"
            raise PipeClosedError(text) from error
        if not data:
            text = "the other process has ended"
            raise PipeClosedError(text)
        try:
            return self._decoder.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            text = "the other process does not speak as agreed"
            raise PipeClosedError(text) from None  # msgspec quotes what it refuses

    def close(self) -> None:
        """Hang up."""
        self._end.close()
