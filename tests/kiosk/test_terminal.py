# SPDX-License-Identifier: Apache-2.0
"""What the terminal is asked before the first screen. A pseudo-terminal answers as terminals do, or does not."""

from __future__ import annotations

import os
import pty
import termios
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from kiosk.entrypoints import terminal
from kiosk.screens.sixel import Cell, Sixel, SixelError

if TYPE_CHECKING:
    from collections.abc import Iterator

FOOT = b"\x1b[6;40;17t\x1b[?62;4;22;28;29;52c"  # as foot 1.21 says it
KEY = b"\x1b[A"  # somebody leans on a key while the kiosk starts


@contextmanager
def _answering(*answers: bytes) -> Iterator[int]:
    """Yield the terminal's end that a kiosk has; the other waits for the questions and says this, part by part."""
    ours, kiosks = pty.openpty()

    def answer() -> None:
        asked = b""
        while not asked.endswith(b"c"):
            asked += os.read(ours, 1)
        for part in answers:
            os.write(ours, part)

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield kiosks
    finally:
        thread.join()
        os.close(ours)
        os.close(kiosks)


@pytest.mark.parametrize(
    "answers", [(FOOT,), (FOOT[:4], FOOT[4:15], FOOT[15:]), (KEY, FOOT)], ids=["at once", "in parts", "after a key"]
)
def test_foot_draws_sixels_in_cells_of_its_size(answers: tuple[bytes, ...]) -> None:
    with _answering(*answers) as end:
        found = terminal.graphics(end, end)
    assert found is not None
    assert found.cell == Cell(17, 40)


@pytest.mark.parametrize(
    "answer",
    [b"\x1b[6;40;17t\x1b[?62;22c", b"\x1b[?62;4c", b"\x1b[6;0;0t\x1b[?62;4c", b"\x1b[6;40;17t\x1b[?64;14;41c"],
    ids=["no sixel", "no size", "no real size", "other numbers with a four"],
)
def test_another_terminal_has_half_blocks(answer: bytes) -> None:
    with _answering(answer) as end:
        assert terminal.graphics(end, end) is None


def test_a_silent_terminal_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "_PATIENCE_S", 0.05)
    with _answering() as end:
        assert terminal.graphics(end, end) is None


def test_a_terminal_that_never_stops_talking_is_not_listened_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "_ANSWER_BYTES", 64)
    with _answering(b"x" * 200) as end:
        assert terminal.graphics(end, end) is None


def test_the_terminal_is_left_as_it_was() -> None:
    with _answering(FOOT) as end:
        before = termios.tcgetattr(end)
        terminal.graphics(end, end)
        assert termios.tcgetattr(end) == before


def test_without_a_terminal_nothing_is_asked(tmp_path: os.PathLike[str]) -> None:
    descriptor = os.open(os.path.join(tmp_path, "file"), os.O_RDWR | os.O_CREAT)  # noqa: PTH118 - a descriptor is wanted
    try:
        assert terminal.graphics(descriptor, descriptor) is None
        assert os.fstat(descriptor).st_size == 0
    finally:
        os.close(descriptor)


def test_a_machine_without_libsixel_has_half_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: Sixel) -> None:
        raise SixelError

    monkeypatch.setattr(Sixel, "__init__", missing)
    with _answering(FOOT) as end:
        assert terminal.graphics(end, end) is None
