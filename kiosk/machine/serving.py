# SPDX-License-Identifier: Apache-2.0
"""Whether the screen process runs on this machine, and the size of its terminal.

While it runs it holds the camera, and a card in the reader may be somebody's: neither is touched then.
"""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.machine.kernel import Kernel

_PROGRAM, _COMMANDS = "dipchip-kiosk", ("ui", "rehearse")
_INTERPRETED_AT_MOST = 1  # the program is the first word, or the second after Python; later, it is somebody's argument


def screen_process(kernel: Kernel) -> Path | None:
    """The screen process below `/proc`, None when none is seen."""
    return next((each for each in sorted(kernel.proc.glob("[0-9]*")) if _is_screen(_words(each))), None)


def serves_already(kernel: Kernel, settings: Path, besides: int) -> bool:
    """Whether a screen process of these settings runs, that is not process `besides`."""
    others = (_words(each) for each in kernel.proc.glob("[0-9]*") if each.name != str(besides))
    return any(_is_screen(words) and str(settings) in words for words in others)


def terminal_cells(process: Path) -> tuple[int, int] | None:
    """Columns and rows of the terminal that a process draws on; None when it cannot be asked."""
    try:
        descriptor = os.open(process / "fd" / "0", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        size = os.get_terminal_size(descriptor)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return (size.columns, size.lines) if size.columns and size.lines else None


def _words(process: Path) -> list[str]:
    try:
        return (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def _is_screen(words: list[str]) -> bool:
    at = next((at for at, word in enumerate(words) if PurePath(word).name == _PROGRAM), None)
    return at is not None and at <= _INTERPRETED_AT_MOST and words[at + 1 : at + 2] in ([each] for each in _COMMANDS)
