# SPDX-License-Identifier: Apache-2.0
"""`dipchip-kiosk doctor`: has every part of the kiosk examined, and says what was found in words or as JSON.

It mends and sets nothing, and disturbs nobody who is being served. Source: docs/doctor.md.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import msgspec

from kiosk import config, device
from kiosk.courier import network_check, papers, tls
from kiosk.entrypoints import doctor_words
from kiosk.findings import Figure, Finding, Level, Part, Report, worst
from kiosk.machine import clock, disk, panel, power, temperature
from kiosk.machine.kernel import Kernel
from kiosk.machine.serving import screen_process
from kiosk.screens.wording import load_wordings
from kiosk.store import checkup
from kiosk.store.noticeboard import Topic
from wire.events import Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from kiosk.config import Settings
    from kiosk.courier.network_check import Walk
    from kiosk.screens.wording import Wording
    from kiosk.store.noticeboard import Notice

_EXIT = {Level.UNKNOWN: 0, Level.WELL: 0, Level.CARE: 1, Level.FAULT: 2}
_VERSION = 1
_CONF = "OPENSSL_CONF"


class Examination:
    """The parts of one kiosk, examined one after the other; the network is walked once for all who need it."""

    def __init__(self, settings: Settings, asked: Sequence[Part], kernel: Kernel) -> None:
        """Look at what the kiosk's processes say of themselves."""
        self._settings = settings
        self._asked = asked
        self._kernel = kernel
        self._told: Mapping[str, Notice] = checkup.told(settings.store)
        self._serves = screen_process(kernel) is not None
        self._ways: tuple[Walk, ...] | None = None

    def findings(self) -> Iterator[Finding]:
        """Each part's, as soon as it is there."""
        yield from (self._examined(part) for part in Part if part in self._asked)

    def _examined(self, part: Part) -> Finding:
        acts: Mapping[Part, Callable[[], Finding]] = {
            Part.READER: self._reader,
            Part.CAMERA: self._camera,
            Part.SCREEN: lambda: panel.examine(self._kernel, self._told.get(Topic.SCREEN), device.wall_ms()),
            Part.STORE: lambda: checkup.examine(self._settings.store, device.wall_ms(), time.monotonic),
            Part.CLOCK: self._clock,
            Part.NETWORK: lambda: network_check.judged(self._walked()),
            Part.CERTIFICATES: self._certificates,
            Part.DISK: lambda: disk.examine(self._settings.store, self._kernel),
            Part.TEMPERATURE: lambda: temperature.examine(self._kernel),
            Part.POWER: lambda: power.examine(self._kernel),
        }
        return acts[part]()

    def _reader(self) -> Finding:
        from kiosk.card import reader_check  # noqa: PLC0415 - pyscard is needed for this part alone

        return reader_check.examine(self._settings.reader, serves=self._serves)

    def _camera(self) -> Finding:
        from kiosk.face import camera_check  # noqa: PLC0415 - OpenCV is needed for this part alone
        from kiosk.face.cameras import camera_from  # noqa: PLC0415 - likewise

        if self._serves:
            said = self._told.get(Topic.CAMERA)
            ago_s = 0 if said is None else max(0, device.wall_ms() - said.at_ms) // 1000
            return camera_check.not_opened(None if said is None else camera_check.Said(said.value, ago_s))
        live = self._settings.profile is Profile.LIVE
        camera = camera_from(self._settings.camera, pin=self._settings.camera_pin, allow_software=not live)
        return camera_check.examine(camera, time.monotonic, live=live)

    def _certificates(self) -> Finding:
        """The courier's papers, and how the event key is kept where that is this process's to read."""
        settings = self._settings
        found = papers.examine(settings.broker, settings.kiosk, device.utc_now())
        try:
            kept = config.event_key_kept(config.read_signing_key(settings.event_key), settings.trust)
        except config.ConfigError:
            return found
        return msgspec.structs.replace(found, figures={**found.figures, "event_key": Figure(str(kept))})

    def _clock(self) -> Finding:
        ahead_s = next((way.door_ahead_s for way in self._walked() if way.door_ahead_s is not None), None)
        since_boot_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        return clock.examine(device.utc_now(), device.clock_sync(), ahead_s, since_boot_s)

    def _walked(self) -> tuple[Walk, ...]:
        """Both ways, or the door's alone where only its clock is asked for."""
        if self._ways is None:
            broker, https = self._settings.broker, self._settings.https
            if Part.NETWORK in self._asked:
                self._ways = network_check.walk(broker, https)
            else:
                self._ways = (network_check.to_door(broker, https),) if https.host else ()
        return self._ways


def run(
    settings_file: Path,
    asked: Sequence[Part],
    language: str,
    *,
    as_json: bool,
    for_it: bool,
    kernel: Kernel = Kernel(),  # noqa: B008 - a frozen value
) -> int:
    """Examine and report; returns the exit code: 0 well, 1 something needs care, 2 a fault stops enrolment.

    Raises:
        ConfigError: the settings cannot be read.
    """
    settings, wordings = config.read(settings_file), load_wordings()
    _begin_again_with_the_tpm(settings)
    device.keep_memory_private()
    found: list[Finding] = []
    for finding in Examination(settings, asked, kernel).findings():
        advised = msgspec.structs.replace(finding, next=doctor_words.advice(finding, wordings))
        found.append(advised)
        if not as_json and not for_it:
            _say(doctor_words.of_part(advised, wordings[language]))
    report = _report(settings, found, wordings)
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n")
    elif for_it:
        _say(report.for_it.get(language, "").splitlines())
    else:
        _say(doctor_words.of_all(report, wordings[language]))
    return report.exit_code


def _begin_again_with_the_tpm(settings: Settings) -> None:
    """Where the TLS key is in a TPM, OpenSSL must hear of it before Python begins, as the courier's unit sees to."""
    told = settings.trust.parent.with_name("openssl-tpm.cnf")
    if tls.is_in_chip(settings.broker) and _CONF not in os.environ and told.exists():
        again = [sys.executable, *sys.orig_argv[1:]]
        os.execve(sys.executable, again, {**os.environ, _CONF: str(told)})  # noqa: S606 - this very command


def _say(lines: Sequence[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


def _report(settings: Settings, found: Sequence[Finding], wordings: Mapping[str, Wording]) -> Report:
    level = worst(finding.level for finding in found)
    made = Report(
        v=_VERSION,
        kiosk=settings.kiosk,
        facility=settings.facility,
        release=config.release(),
        at_ms=device.wall_ms(),
        level=level,
        exit_code=_EXIT[level],
        parts=tuple(found),
    )
    network = next((finding for finding in found if finding.part is Part.NETWORK), None)
    if network is None:
        return made
    messages = {name: "\n".join(doctor_words.for_it(made, network, each)) for name, each in wordings.items()}
    return msgspec.structs.replace(made, for_it=messages)
