# SPDX-License-Identifier: Apache-2.0
"""A video or a folder of pictures as a `Camera`: for the demonstration, the tests and the bench.

It says of itself that it is no sensor, and so never serves LIVE.
"""

from __future__ import annotations

import time
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, Self

import cv2

from kiosk.enrollment.failures import Fault, FaultError
from kiosk.face.frames import fit
from kiosk.face.shapes import Frame

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_FALLBACK_FPS = 15.0
_PICTURES = frozenset({".bmp", ".jpeg", ".jpg", ".png"})


class _Trouble(StrEnum):
    ABSENT = "is not there"
    NOT_OPEN = "is not open"
    UNREADABLE = "cannot be read"
    NOT_PLAYABLE = "does not play"
    EMPTY = "has no frame"


class _Reel(Protocol):
    """What is played: one picture after the other."""

    fps: float

    def next(self) -> Any:  # noqa: ANN401 - OpenCV's array
        """The next picture, None at the end."""

    def rewind(self) -> None:
        """Begin again."""

    def close(self) -> None:
        """Let go of it."""


class _Video:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._capture = cv2.VideoCapture(str(path))
        self.fps = self._capture.get(cv2.CAP_PROP_FPS) or _FALLBACK_FPS
        self.plays = self._capture.isOpened()

    def next(self) -> Any:  # noqa: ANN401 - OpenCV's array
        arrived, pixels = self._capture.read()
        return pixels if arrived else None

    def rewind(self) -> None:
        self._capture.release()
        self._capture = cv2.VideoCapture(str(self._path))

    def close(self) -> None:
        self._capture.release()


class _Pictures:
    """A folder's pictures in the order of their names; one that does not open ends the show."""

    fps = _FALLBACK_FPS

    def __init__(self, folder: Path) -> None:
        self._files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _PICTURES)
        self._at = 0
        self.plays = bool(self._files)

    def next(self) -> Any:  # noqa: ANN401 - OpenCV's array
        if self._at >= len(self._files):
            return None
        self._at += 1
        return cv2.imread(str(self._files[self._at - 1]), cv2.IMREAD_COLOR)

    def rewind(self) -> None:
        self._at = 0

    def close(self) -> None:
        self._files = []


class FileCamera:
    """A video file, or a folder of pictures, again and again.

    When the file or folder (or what its link points to) is replaced, the new one plays. With `realtime` it keeps the
    file's own frame rate, a folder's being 15 a second, and drops frames when the reader is late, as a camera does.
    Without, every frame comes at once and `taken_s` is the file's time.
    """

    is_sensor = False

    def __init__(self, path: Path, *, realtime: bool = True) -> None:
        self._path = path
        self._realtime = realtime
        self._reel: _Reel | None = None
        self._identity: tuple[int, int, int] | None = None
        self._sequence = 0
        self._began_s = 0.0
        self._unread = 0  # frames of this opening that were played or dropped

    def open(self) -> None:
        """Begin at the first frame."""
        self.close()
        self._identity = self._now_at_path()
        try:
            reel: _Video | _Pictures = _Pictures(self._path) if self._path.is_dir() else _Video(self._path)
        except OSError as error:
            raise self._fault(_Trouble.UNREADABLE) from error
        if not reel.plays:
            reel.close()
            raise self._fault(_Trouble.NOT_PLAYABLE)
        self._reel, self._began_s, self._unread = reel, time.monotonic(), 0

    def read(self) -> Frame:
        """The next frame, at its time."""
        if self._reel is None:
            raise self._fault(_Trouble.NOT_OPEN)
        if self._now_at_path() != self._identity:
            self.open()
        if self._realtime:
            self._keep_pace(self._reel.fps)
        frame = fit(self._next(self._reel))
        self._sequence += 1
        taken_s = time.monotonic() if self._realtime else self._sequence / self._reel.fps
        return Frame(frame, taken_s, self._sequence)

    def _keep_pace(self, fps: float) -> None:
        ahead_s = self._unread / fps - (time.monotonic() - self._began_s)
        if ahead_s > 0:
            time.sleep(ahead_s)
        if self._reel is not None:
            for _ in range(min(int(-ahead_s * fps), int(fps))):
                self._next(self._reel)

    def _next(self, reel: _Reel) -> Any:  # noqa: ANN401 - OpenCV's array
        self._unread += 1
        pixels = reel.next()
        if pixels is None:  # at its end the show begins again
            reel.rewind()
            pixels = reel.next()
        if pixels is None:
            raise self._fault(_Trouble.EMPTY)
        return pixels

    def _now_at_path(self) -> tuple[int, int, int]:
        try:
            found = self._path.stat()
        except OSError as error:
            raise self._fault(_Trouble.ABSENT) from error
        return (found.st_dev, found.st_ino, found.st_mtime_ns)

    def _fault(self, what: _Trouble) -> FaultError:
        message = f"The camera file {self._path.name} {what}. Check the camera setting."
        return FaultError(Fault.CAMERA_ABSENT, message)

    def close(self) -> None:
        """End."""
        if self._reel is not None:
            self._reel.close()
        self._reel = None

    def __enter__(self) -> Self:
        """Open."""
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()
