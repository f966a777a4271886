# SPDX-License-Identifier: Apache-2.0
"""What the builder's steps share: where things lie, how a program is run, and what is made once."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from provisioning.errors import FolderError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from provisioning.image.declaration import Declaration

HERE = Path(__file__).parent
HOUSE = HERE.parents[1]
ENTER = str(HERE / "enter.sh")
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


def run(*command: str | Path, env: Mapping[str, str] | None = None) -> str:
    """Run a program and give what it prints.

    Raises:
        FolderError: it fails; with the end of what it said.
    """
    line = [str(word) for word in command]
    try:
        done = subprocess.run(line, capture_output=True, text=True, check=False, env={**os.environ, **(env or {})})  # noqa: S603 - our own lines, no shell
    except FileNotFoundError as error:
        message = f"{line[0]}: is not installed. `make image` installs what the builder needs."
        raise FolderError(message) from error
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-30:])
        message = f"{' '.join(line[:6])} ... ended with {done.returncode}:\n{said}"
        raise FolderError(message)
    return done.stdout


def inside(root: Path, *command: str, **env: str) -> str:
    """Run a program of a root in that root, as root and with nothing of this machine's environment."""
    variables = [
        f"{name}={value}" for name, value in {"PATH": _PATH, "HOME": "/root", "LANG": "C.UTF-8", **env}.items()
    ]
    return run(ENTER, root, "chroot", root, "/usr/bin/env", "-i", *variables, *command)


def tell(words: str) -> None:
    """Say what happens, to whoever waits."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where an image is built, from what, and by which Python's pip."""

    place: Path
    told: Declaration

    @property
    def maker(self) -> Path:
        """The root of this machine's own processor in which the slot is made."""
        return self.place / "maker"

    @property
    def bare(self) -> Path:
        """The root as Debian makes it; a copy of it becomes the image's."""
        return self.place / "bare"

    @property
    def root(self) -> Path:
        """The image's root."""
        return self.place / "root"

    def once(self, what: str, recipe: str, make: Callable[[], None]) -> None:
        """Make something, unless it was made to the same recipe before."""
        stamp, digest = self.place / f"{what}.made", hashlib.sha256(recipe.encode()).hexdigest()
        if stamp.exists() and stamp.read_text() == digest:
            return
        began = time.monotonic()
        stamp.unlink(missing_ok=True)
        make()
        stamp.write_text(digest)
        tell(f"  {what}: {time.monotonic() - began:.0f} s")


def removed(folder: Path) -> None:
    """Take a folder away with all that is in it, and nothing that is mounted there."""
    run("rm", "-rf", "--one-file-system", folder)
