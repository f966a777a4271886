# SPDX-License-Identifier: Apache-2.0
"""`dipchip-kiosk doctor card` and `dipchip-kiosk card record`: the technician's look at the reader and the card in it.

Neither tells a byte of what a card says of its holder.
"""

from __future__ import annotations

import json
import sys
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from kiosk import config, device
from kiosk.card.checkup import CARD_ABSENT, AtrSeen, Checkup, check
from kiosk.card.pcsc import PcscReaders
from kiosk.card.reporting import OK
from kiosk.card.watcher import Happened, ReaderWatcher
from kiosk.config import ConfigError
from kiosk.enrollment.failures import Fault
from kiosk.entrypoints.sentences import key_of, plain
from kiosk.screens.wording import load_wordings
from kiosk.store import card_reads
from kiosk.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from kiosk.card.trace import Exchange
    from kiosk.screens.wording import Wording
    from kiosk.store.card_reads import CardRead

# What scripts ask for.
_EXIT = {OK: 0, CARD_ABSENT: 3, Fault.READER_ABSENT: 4, Fault.READER_SERVICE_DOWN: 5}
_EXIT_CARD_TROUBLE = 6
_MHZ = 1_000_000


class TraceHead(msgspec.Struct, frozen=True):
    """The first line of a recorded trace: what was examined, and how it ended."""

    trace: int
    release: str
    at_ms: int
    report: Checkup


def wanted_reader(settings_file: Path | None, reader: str | None) -> str:
    """Name the reader: as said, else as the kiosk is told, else any."""
    if reader is not None:
        return reader
    return "" if settings_file is None else config.read(settings_file).reader


def last_reads(settings_file: Path | None) -> tuple[CardRead, ...]:
    """How the newest reads of people's cards went, where a kiosk is told and has served somebody.

    Raises:
        StoreError: the kiosk's store cannot be read.
    """
    settings = None if settings_file is None else config.read(settings_file)
    if settings is None or not settings.store.exists():
        return ()
    with closing(Store(settings.store)) as store:
        return card_reads.newest(store)


def doctor(reader: str, reads: Sequence[CardRead], language: str, *, as_json: bool) -> int:
    """Examine and report; returns the exit code: 0, or one for each kind of trouble."""
    device.keep_memory_private()
    checkup = check(reader)
    if as_json:
        report = {**msgspec.to_builtins(checkup), "last_reads": [asdict(read) for read in reads]}
        sys.stdout.write(json.dumps(report, indent=2) + "\n")
    else:
        wording = load_wordings()[language]
        lines = (*_in_words(checkup, wording), *(_read_in_words(read, wording) for read in reads))
        sys.stdout.writelines(f"{line}\n" for line in lines)
    return _exit_code(checkup)


def record(reader: str, to: Path) -> int:
    """Read the card and write what passed as JSON lines, without any data; returns the exit code.

    Raises:
        ConfigError: the file exists, or cannot be written.
    """
    device.keep_memory_private()
    exchanges: list[Exchange] = []
    try:
        with to.open("xb") as file:
            report = check(reader, exchanges.append)
            head = TraceHead(trace=1, release=config.release(), at_ms=device.wall_ms(), report=report)
            file.writelines(msgspec.json.encode(line) + b"\n" for line in (head, *exchanges))
    except OSError as error:
        message = f"{to}: {error.strerror}. Name a new file in a folder that can be written."
        raise ConfigError(message) from error
    sys.stdout.write(f"{to}: {len(exchanges)} commands, {report.code}. It holds no card data; it may be sent.\n")
    return _exit_code(report)


def watch(reader: str, language: str) -> None:
    """Tell every event of the readers until interrupted: its code, and the sentences for person and technician."""
    wording = load_wordings()[language]

    def tell(happened: Happened) -> None:
        words = wording.reader_event(happened.event)
        sys.stdout.write(f"{happened.event}  {happened.reader}\n    {words.person}\n    {words.technician}\n")
        sys.stdout.flush()

    ReaderWatcher(PcscReaders(reader), tell).watch(lambda _presence: None)


def _exit_code(checkup: Checkup) -> int:
    return _EXIT.get(checkup.code, _EXIT_CARD_TROUBLE)


def _in_words(checkup: Checkup, wording: Wording) -> Iterator[str]:
    def line(key: str, **values: object) -> str:
        return plain(wording, f"doctor.{key}", **values)

    for reader in checkup.readers:
        yield line("reader", name=reader.name, card=line(f"slot_{reader.card}"))
    if checkup.atr is not None:
        yield from _atr_in_words(checkup.atr, wording)
    if checkup.measured is not None:
        figures = checkup.measured
        yield line(
            "measured",
            commands=figures.commands,
            ms=f"{figures.ms_per_command:.2f}",
            bytes_per_s=f"{figures.bytes_per_s:.0f}",
        )
        yield line("errors", count=figures.errors)
    for trouble in checkup.troubles:
        yield "    " + line("trouble", command=trouble.command, told=trouble.status or trouble.error)
    if checkup.warnings:
        yield line("warnings", codes=", ".join(checkup.warnings))
    yield line("verdict", code=checkup.code, sentence=plain(wording, key_of(checkup.code, "doctor")))
    if checkup.technician:
        yield line("detail", sentence=checkup.technician)


def _atr_in_words(atr: AtrSeen, wording: Wording) -> Iterator[str]:
    yield plain(wording, "doctor.atr", hex=atr.hex, historical=atr.historical, protocols=", ".join(atr.protocols))
    clock = "doctor.clock_assumed" if atr.clock_is_assumed else "doctor.clock_told"
    yield plain(
        wording,
        "doctor.rate",
        f=atr.f,
        d=atr.d,
        bytes_per_s=atr.bytes_per_s,
        clock=plain(wording, clock, mhz=f"{atr.clock_hz / _MHZ:g}"),
    )


def _read_in_words(read: CardRead, wording: Wording) -> str:
    at = datetime.fromtimestamp(read.at_ms / 1000, UTC).astimezone().isoformat(" ", "seconds")
    values = {"at": at, "code": read.code, "commands": read.commands, "errors": read.errors}
    return plain(wording, "doctor.last_read", ms=f"{read.ms_per_command:.1f}", **values)
