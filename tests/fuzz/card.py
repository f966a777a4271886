# SPDX-License-Identifier: Apache-2.0
"""Throws bytes at the card room: at its parser, at its driver through a card that lies, and at its reading of an ATR.

Each target states what must hold whatever comes; anything else is a crash that libFuzzer keeps as a file. Coverage of
`kiosk.card` guides it. Started by `tests.fuzz`, one process a target.
"""

from __future__ import annotations

import sys
import unicodedata
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Self

import atheris

with atheris.instrument_imports(include=["kiosk.card"], enable_loader_override=False):
    from kiosk.card import file_map
    from kiosk.card.apdu import CardResetError
    from kiosk.card.file_map import CardBlocks
    from kiosk.card.further import read_entitlement, read_laser_number
    from kiosk.card.national_id import NationalIdReader
    from kiosk.card.parsing import parse
    from kiosk.card.pcsc import decoded

from kiosk.enrollment.failures import CardReadError, Failure
from tests.kiosk.card.cards import HOLDER, NUMBER, Seen, portrait
from tests.simulators.card import ThaiCard, flat_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ALLOWED = {*range(0x0004, 0x00E2), *range(0x0167, 0x0177), *range(0x0179, 0x1619)}
_COMMANDS = {"00a4", "80b0", "00c0"}
_MOST_COMMANDS = (
    600  # 46 READs, three tries each, with a SELECT and a GET RESPONSE between: a driver that loops has more
)
_HONEST = 250  # of 256: a card that lies in every answer is read nowhere


def parser(data: bytes) -> None:
    """Whatever the bytes: an identity without control characters, or a refusal for want of a number."""
    cuts = iter((file_map.HOLDER.size, file_map.VALIDITY.size, file_map.ADDRESS.size, len(data)))
    blocks = CardBlocks(*_cut(data, cuts))
    failure = None
    try:
        identity = parse(blocks)
    except CardReadError as refusal:
        failure = refusal.failure
    if failure is not None:
        assert failure is Failure.NOT_AT_KIOSK
        return
    assert len(identity.citizen_number) == 13
    texts = (*astuple(identity.name_th), *astuple(identity.name_en), *astuple(identity.address))
    assert not any(unicodedata.category(c) == "Cc" for text in texts for c in text)
    assert identity.portrait_jpeg[:2] in (b"", b"\xff\xd8")
    assert repr(identity) == "Identity(masked)"


def _cut(data: bytes, sizes: Iterator[int]) -> Iterator[bytes]:
    at = 0
    for size in sizes:
        yield data[at : at + size]
        at += size


class _Liar:
    """A card that mostly does what it should, and else what the bytes say."""

    def __init__(self, provider: atheris.FuzzedDataProvider) -> None:
        self._provider = provider
        self.card = ThaiCard.of(HOLDER)
        self.commands = 0

    def __enter__(self) -> Self:
        self.card.reset()
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def transmit(self, command: bytes) -> bytes:
        self.commands += 1
        assert self.commands <= _MOST_COMMANDS
        if self._provider.ConsumeIntInRange(0, 255) < _HONEST:
            return self.card.answer(command)
        match self._provider.ConsumeIntInRange(0, 4):
            case 0:
                raise _pulled()
            case 1:
                self.card.reset()
                raise _reset()
            case 2:
                return bytes(self._provider.ConsumeBytes(self._provider.ConsumeIntInRange(0, 260)))
            case 3:
                return self.card.answer(command)[:-3] + b"\x90\x00"
            case _:
                return bytes(self._provider.ConsumeBytes(2))


def _pulled() -> CardReadError:
    return CardReadError(Failure.CARD_REMOVED, "The lying card was pulled.")


def _reset() -> CardResetError:
    return CardResetError("Another program reset the lying card.")


def driver(data: bytes) -> None:
    """Whatever the card says: an identity or a refusal, in a bounded number of commands, and nothing else touched."""
    liar = _Liar(atheris.FuzzedDataProvider(data))
    reader = NationalIdReader(lambda: liar)
    for _ in range(3):
        liar.commands = 0
        with suppress(CardReadError):
            reader.read(Seen())
    assert {i for part in liar.card.touched for i in part} <= _ALLOWED
    assert {command[:2].hex() for command in liar.card.commands} <= _COMMANDS
    for read in (read_laser_number, read_entitlement):
        liar.commands = 0
        with suppress(CardReadError):
            read(liar)


def atr(data: bytes) -> None:
    """Whatever the bytes: a speed above nothing, or no answer to reset at all."""
    found = decoded(data)
    assert found is None or found.bytes_per_s(4_000_000) > 0


TARGETS: dict[str, Callable[[bytes], None]] = {"parser": parser, "driver": driver, "atr": atr}


def seeds(target: str) -> list[bytes]:
    """What a target starts from: whole cards for the parser, honest and lying ones for the driver."""
    content = bytes(flat_file(HOLDER))
    blocks = CardBlocks(*(stretch.of(content) for stretch in (*file_map.STRETCHES[:3], file_map.PORTRAIT)))
    whole = blocks.holder + blocks.validity + blocks.address
    return {
        "parser": [whole + portrait(100), whole, NUMBER.encode(), b"\xff" * 500],
        "driver": [bytes(500), b"\xff" * 500, bytes(20) + b"\xff" * 20 + bytes(300)],
        "atr": [bytes.fromhex("3B7996000054482"[:14]), bytes.fromhex("3B6800005448204E49442036"), b"\x3b\xff" * 8],
    }[target]


def main() -> None:
    """Fuzz one target: `python -m tests.fuzz.card TARGET FOLDER -runs=N ...`."""
    target, folder, *arguments = sys.argv[1:]
    for n, seed in enumerate(seeds(target)):
        (Path(folder) / f"seed-{n}").write_bytes(seed)
    atheris.Setup([sys.argv[0], folder, *arguments], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
