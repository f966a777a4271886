# SPDX-License-Identifier: Apache-2.0
"""Boots an image twice, and says what the machine says of itself: `python -m tests.image.harness IMAGE DIR`.

1. A machine without a name: commissioning is on its screen.
2. The same image with a name: the kiosk's screen and its courier run.

The image is not changed: who the machine is lies on a second disk, and the units that look are handed in from outside.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path

from PIL import Image

from tests.image.board import Board, load

HERE = Path(__file__).parent
# By the short names that there is room for (56 characters) in what QEMU hands in.
UNITS = {"i.service": HERE / "image-identity.service", "r.service": HERE / "image-report.service"}
PATIENCE_S = 1800.0
_LIGHT = 128  # of 255
SIZE = "16G"  # of the card, which is larger than the image
CASES = {
    "nameless": ["dipchip-kiosk-commission.service"],
    "named": ["dipchip-kiosk-ui.service", "dipchip-kiosk-courier.service"],
}
# What the machine must say, whoever it is.
FACTS = {
    "failed": r"$",
    "root": r"squashfs .*\bro\b",
    "written": r".*Read-only file system$",
    "data": r"ext4 +1[0-9](\.\d+)?G$",
    "mounts": r"(?=.*/etc overlay)(?=.*/var overlay)(?=.*/opt/dipchip ext4)(?=.*/var/lib/dipchip-store ext4)",
    "machine": r"33$",
    "swap": r"1$",  # the heading
    "journal": r"[1-9]",
    "cores": r"\|/bin/false$",
    "watchdog": r"15s$",
    "clock": r"active",
}


def tell(words: str) -> None:
    """Say something to whoever waits."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def fleet(place: Path) -> Path:
    """A fleet, and one kiosk of it that has its name."""
    provision = (str(Path(sys.executable).parent / "dipchip-provision"),)
    urls = ("--database-url", "sqlite:///fleet.db", "--idp-url", "http://127.0.0.1:9", "--https-host", "localhost")
    for line in (
        ("fleet", str(place), "--installed", "--open-console", "--broker-host", "localhost", *urls),
        (
            "kiosk",
            str(place),
            "--installed",
            "--id",
            "k-udon-01",
            "--facility",
            "10670",
            "--province",
            "41",
            "--out",
            str(place / "kiosk"),
        ),
    ):
        subprocess.run([*provision, *line], check=True, capture_output=True)
    return place


def second_disk(into: Path, fleet: Path, case: str) -> Path:
    """The disk that says who the machine is, and what it is asked."""
    with tarfile.open(into, "w") as disk:

        def put(name: str, content: bytes, mode: int = 0o640) -> None:
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.uname, member.gname = len(content), mode, "root", "dipchip-store"
            disk.addfile(member, io.BytesIO(content))

        put("run/image-report.sh", (HERE / "report.sh").read_bytes())
        put("run/image-units", " ".join(CASES[case]).encode())
        put("etc/dipchip/introduction.json", (fleet / "introduction.json").read_bytes(), 0o644)
        if case == "named":
            for path in sorted(path for path in (fleet / "kiosk").rglob("*") if path.is_file()):
                closed = path.suffix in {".key", ".jwk"}
                name = f"etc/dipchip/kiosk/{path.relative_to(fleet / 'kiosk')}"
                put(name, path.read_bytes(), 0o600 if closed else 0o640)
    return into


def reported(said: str) -> dict[str, list[str]]:
    """What the report has said, by name."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^REPORT (\w+) ?([^\r\n]*)", said, re.MULTILINE):
        found.setdefault(name, []).append(value.strip())
    return found


def drawn(board: Board, picture: Path) -> bool:
    """Whether the display shows more than a console: our screens are light."""
    board.picture(picture)
    with Image.open(picture) as shown:
        grey = shown.convert("L")
        light = sum(grey.histogram()[_LIGHT:])
        return light * 2 > grey.width * grey.height


def unmet(case: str, found: dict[str, list[str]]) -> list[str]:
    """What is not as it must be."""
    wrong = [
        f"{name}: {found.get(name)}, not {pattern}"
        for name, pattern in FACTS.items()
        if not re.match(pattern, found.get(name, ["nothing was said"])[0])
    ]
    wanted = [f"{unit} active 0" for unit in CASES[case]]
    return wrong + ([] if found.get("unit") == wanted else [f"units: {found.get('unit')}, not {wanted}"])


def boot(case: str, image: Path, place: Path) -> list[str]:
    """Boot the image in one state; gives what is not as it must be."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    started = load(image, place)
    disk = place / "card.qcow2"
    subprocess.run(
        ["qemu-img", "create", "-q", "-f", "qcow2", "-b", str(image.resolve()), "-F", "raw", str(disk), SIZE],
        check=True,
    )
    board = Board(place, started, disk, second_disk(place / "second", fleet(place / "fleet"), case), UNITS)
    up = 0.0
    try:
        while board.runs and "end" not in reported(board.said()):
            if board.seconds > PATIENCE_S:
                return [f"not within {PATIENCE_S:.0f} s; {board.serial} says how far it came"]
            if not up and "up" in reported(board.said()):
                up = board.seconds
            time.sleep(2.0)
        if not board.runs:
            return [f"the machine went off; {board.serial} says why"]
        while not drawn(board, place / "screen.png"):
            if board.seconds > PATIENCE_S:
                return [f"nothing is drawn; {board.serial} says how far it came"]
            time.sleep(5.0)
        tell(f"  drawn after {board.seconds:.0f} s at the latest; the picture: {place / 'screen.png'}")
    finally:
        board.off()
    found = reported(board.said())
    tell(f"  from partition {started.partition}; all runs after {up:.0f} s, by its own clock {found['up'][0]} s")
    tell(f"  memory in MiB (total used free ...): {found['memory'][0]}; {found['analyze'][0]}")
    return unmet(case, found)


def main() -> int:
    """Boot in each state; gives the exit code."""
    image, place = Path(sys.argv[1]), Path(sys.argv[2])
    for case in sys.argv[3:] or list(CASES):
        tell(f"{case} ...")
        wrong = boot(case, image, place / case)
        if wrong:
            tell(f"FAILED: {case}: " + "\n  ".join(wrong))
            return 1
    tell("All is as it must be.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
