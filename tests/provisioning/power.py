# SPDX-License-Identifier: Apache-2.0
"""Power cuts: some work in a process of its own, which ends at once where a folder is about to be changed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_CHANGES = {"os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir"}  # Python's audit events
_CUT, _FAILED = 9, 1


def cuts(place: Callable[[int], Path], work: Callable[[int], None]) -> Iterator[int]:
    """Do the work again and again, cut off before its first change, its second, and so on until it ends by itself.

    `place` and `work` are given the number of the cut; what changes outside of the folder is not counted.
    """
    n = 1
    while _is_cut(place(n), n, work):
        yield n
        n += 1


def _is_cut(place: Path, n: int, work: Callable[[int], None]) -> bool:
    child = os.fork()
    if child == 0:
        _watch(place, n)
        try:
            work(n)
        except BaseException as error:  # noqa: BLE001 - nothing of the test may go on in this process
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
            os._exit(_FAILED)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, _CUT)
    return code == _CUT


def _watch(place: Path, n: int) -> None:
    seen = 0

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        creates = event == "open" and isinstance(arguments[2], int) and bool(arguments[2] & os.O_CREAT)
        if (event in _CHANGES or creates) and str(arguments[0]).startswith(str(place)):
            seen += 1
            if seen == n:
                os._exit(_CUT)

    sys.addaudithook(watch)
