# SPDX-License-Identifier: Apache-2.0
"""Builds the image: `python -m provisioning.image`, as root, from a checkout, on a Debian. `make image` calls it."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from provisioning.errors import ProvisioningError, RefusedError
from provisioning.image import debian, disk, root, slot
from provisioning.image.building import Workshop, tell
from provisioning.image.declaration import Declaration


def build(
    place: Annotated[Path, typer.Argument(metavar="DIR", help="Where it is built; 6 GB.")],
    *,
    wheel: Annotated[Path, typer.Option(help="The release's wheel.")],
    flavour: Annotated[str, typer.Option(help="The kind of board: qemu or pi.")] = "qemu",
    firmware: Annotated[Path | None, typer.Option(help="Folder with the packages of Raspberry Pi's archive.")] = None,
    introduction: Annotated[
        str, typer.Option(help="The fleet's introduction.json; without it no name is claimed.")
    ] = "",
    display: Annotated[str, typer.Option(help="The panel, as `kiosk_display` of the role.")] = "7-inch",
) -> None:
    """Build DIR/out/kiosk.img."""
    began = time.monotonic()
    told = Declaration.read()
    board = told.flavour(flavour)
    given = board.packages_in(firmware)
    if os.geteuid() != 0:
        message = "An image is built as root: it holds files of other users. Run it with sudo."
        raise RefusedError(message)
    place.mkdir(parents=True, exist_ok=True)
    workshop = Workshop(place.resolve(), told)
    made = slot.made(workshop, wheel)
    tell(f"The slot of {made.version} for {made.platform} is there.")
    release = root.prepare(workshop, made, board, given or debian.kernel(workshop, board.kernel))
    options = [
        f"kiosk_display={display}",
        *([f"kiosk_introduction={Path(introduction).resolve()}"] if introduction else []),
    ]
    tell(root.apply(workshop, wheel, options))
    root.finish(workshop, release)
    image = disk.press(workshop, board, release)
    for name, file in (("image", image), *((part.stem, part) for part in sorted((place / "parts").glob("*.part")))):
        size = file.stat()
        tell(f"  {name:8} {size.st_size / 2**20:6.0f} MiB, {size.st_blocks / 2**11:6.0f} MiB written")
    tell(f"{image}: for {flavour}, kernel {release}, in {time.monotonic() - began:.0f} s")


def main() -> int:
    """Run the command; gives the exit code."""
    try:
        typer.run(build)
    except ProvisioningError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
