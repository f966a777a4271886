# SPDX-License-Identifier: Apache-2.0
"""What one worker of a run of tests has made, for the others to take: a picture of every screen, a film of a person."""

from __future__ import annotations

import fcntl
import os
import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Shared:
    """A folder of the run."""

    folder: Path

    @classmethod
    def of(cls, temporary: Path, name: str) -> Shared:
        """The one of this name; `temporary` is where this worker keeps what is temporary."""
        run = temporary.parent if "PYTEST_XDIST_WORKER" in os.environ else temporary
        folder = run / name
        folder.mkdir(exist_ok=True)
        return cls(folder)

    def once(self, name: str, make: Callable[[], Made]) -> Made:
        """What `make` gives: made by whoever asks first, while the others wait."""
        file = self.folder / f"{name}.pickle"
        with (self.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not file.exists():
                made = make()
                file.write_bytes(pickle.dumps(made))
                return made
        given: Made = pickle.loads(file.read_bytes())  # noqa: S301 - written by this run of tests
        return given
