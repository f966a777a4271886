# SPDX-License-Identifier: Apache-2.0
"""The screen process: Textual in front, the desk behind it, one person's process after another. It has no network."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from kiosk import config, device, logs
from kiosk.records import pipe
from kiosk.records.desk import Desk
from kiosk.records.filing import Filing
from kiosk.screens.app import KioskApp
from kiosk.screens.wording import load_wordings
from kiosk.store import inbox
from kiosk.store.database import Store
from wire.events import Profile
from wire.ids import new_stream_id

if TYPE_CHECKING:
    from pathlib import Path
    from typing import TextIO

    from kiosk.enrollment.states import Intent, State

_END_S = 5.0


class StartedPerson:
    """One person's process and the channel to it."""

    def __init__(self, settings_file: Path, log_to: TextIO) -> None:
        """Start it; it inherits one end of a socket, and the log: standard error is the screen."""
        ours, theirs = pipe.Pipe.pair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module with our own interpreter
                [sys.executable, "-m", "kiosk.entrypoints.person", str(settings_file), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log_to,
                pass_fds=[theirs.fileno()],
            )
        self.channel: pipe.Pipe[pipe.FromPerson] = pipe.Pipe(ours, pipe.FromPerson)

    def end(self) -> int:
        """Hang up, which ends it, and make sure."""
        self.channel.close()
        try:
            return self._process.wait(timeout=_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


class AppScreen:
    """The desk's screen: hands states to the app's own thread."""

    def __init__(self) -> None:
        """The app comes later, because it needs the desk."""
        self.app: KioskApp | None = None

    def show(self, state: State) -> None:
        """See `Screen`."""
        if self.app is not None:
            self.app.post_message(KioskApp.StateArrived(state))

    def preview(self, width: int, height: int, rgb: bytes) -> None:
        """See `Screen`."""
        if self.app is not None:
            self.app.post_message(KioskApp.FrameArrived(width, height, rgb))


def run(settings_file: Path, log_file: Path) -> None:
    """Serve people until the process is stopped. Textual draws on standard error, so logs go to `log_file`."""
    with log_file.open("a", encoding="utf-8", buffering=1) as log_to:
        _serve(settings_file, log_to)


def _serve(settings_file: Path, log_to: TextIO) -> None:
    settings = config.read(settings_file)
    logs.configure("kiosk-ui", settings.log_level, log_to)
    device.keep_memory_private()
    store = Store(settings.store)
    inbox.forget_expired(store, device.wall_ms())
    filing = Filing(
        store=store,
        key=config.read_signing_key(settings.event_key),
        sealed_to=config.read_trust(settings.trust).sealing(),
        kiosk=settings.kiosk,
        facility=settings.facility,
        profile=settings.profile,
        release=config.release(),
        stream=new_stream_id(),
    )
    screen = AppScreen()
    desk = Desk(store=store, filing=filing, start=lambda: StartedPerson(settings_file, log_to), screen=screen)

    def say(intent: Intent) -> None:
        desk.say(intent)

    screen.app = KioskApp(send=say, wordings=load_wordings(), live=settings.profile is Profile.LIVE)
    serving = threading.Thread(target=desk.run, name="desk", daemon=True)
    serving.start()
    try:
        screen.app.run()
    finally:
        desk.stop()
        serving.join(timeout=_END_S * 2)
        store.close()
