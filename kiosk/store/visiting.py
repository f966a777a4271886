# SPDX-License-Identifier: Apache-2.0
"""The lock beside the store that says whether somebody is served: no release is switched meanwhile.

It is the kernel's (flock), so that it is gone with the process that held it, however that ended.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FILE = "visit.lock"


class Visit:
    """The screen's side: it holds the lock from a person's first touch until the welcome stands again."""

    def __init__(self, store: Path) -> None:
        """Take the path of the store."""
        self._store = store
        self._held: int | None = None

    def begin(self) -> bool:
        """Hold it; False where a release is being switched. It never waits.

        A lock that cannot be made is none: a person is not sent away for it.
        """
        if self._held is not None:
            return True
        try:
            descriptor = _opened(self._store)
        except OSError:
            return True
        if not _locked(descriptor, fcntl.LOCK_SH):
            os.close(descriptor)
            return False
        self._held = descriptor
        return True

    def end(self) -> None:
        """Let go of it."""
        if self._held is not None:
            os.close(self._held)
            self._held = None


@contextmanager
def quiet(store: Path) -> Iterator[bool]:
    """The updater's side: True while nobody is served, and then nobody begins before this is left.

    Raises:
        OSError: there is no such folder.
    """
    descriptor = _opened(store)
    try:
        yield _locked(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)


def _opened(store: Path) -> int:
    path = store.parent / _FILE
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o660)
    if os.fstat(descriptor).st_uid == os.geteuid():
        os.fchmod(descriptor, 0o660)  # both sides open it, as different users of one group
    return descriptor


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
