# SPDX-License-Identifier: Apache-2.0
"""Runs inside the chroot: a first enrolment by touch in foot under cage, the camera's picture, and Thai letters beside
accepted pixels.

The screen is headless and the panel is emulated; cage, foot, libinput, the font, the terminal's settings and the app
are those of a kiosk. Screenshots stay in build/foot/out.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageChops

from kiosk.screens.app import KioskApp
from kiosk.screens.picture import Picture
from kiosk.screens.sentence import Choice
from kiosk.screens.sixel_picture import framed, shown_size
from kiosk.screens.wording import load_wordings
from tests.foot import panel
from tests.foot.kiosk import FRAME, JOURNAL, NEXT, OUT, WRITTEN
from tests.foot.panel import Tap
from tests.kiosk.screens.displays import PANELS, ROLE, Display
from tests.kiosk.screens.moments import MOMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

RUN = Path("/run")
ACCEPTED = Path(__file__).parent / "accepted"
CLUSTERS = ("ปิ่น", "ญี่ปุ่น", "น้ำ", "กู้", "ที่นี่")
COLUMNS = 16  # that the words take
SARA_AM, NIKHAHIT = "\u0e33".encode(), "\u0e4d".encode()
START_S, EACH_S, END_S = 20.0, 9.0, 240.0
_DIFFERENCE = 8.0  # mean of 255 levels over a cell of letters, or over a picture
_DRAWN_S = 4.0  # until the app is up and has drawn
_FOOT_UP_S = 60.0
_SETTLED_S = 2.0  # until foot has drawn itself anew in another size

# Where a finger comes down on the way of a first enrolment: a state, and the choice on its screen.
TOUCHES = (
    ("attract", "choice-start"),
    ("menu", "choice-enroll"),
    ("notice", "tick"),
    ("notice-ticked", "choice-agree"),
    ("confirm", "choice-yes"),
    ("accepted", "choice-done"),
    ("rate", "choice-done"),
)
HEARD = ["start", "enroll", "tick", "agree", "yes", "done", "done"]
SHOWN = {
    "Attract",
    "Menu",
    "Notice",
    "InsertCard",
    "Reading",
    "ConfirmIdentity",
    "Looking",
    "Accepted",
    "Rate",
    "TakeCard",
}


def settings(display: Display) -> Path:
    """Write foot's settings as the role does."""
    text = (ROLE / "templates" / "foot.ini.j2").read_text(encoding="utf-8")
    for key in ("font_px", "line_px"):
        text = text.replace(
            f"{{{{ kiosk_displays[kiosk_display].text[kiosk_text].{key} }}}}", str(getattr(display, key))
        )
    path = RUN / f"foot-{display.name}.ini"
    path.write_text(text, encoding="utf-8")
    return path


def corner(display: Display) -> tuple[int, int]:
    """Return where the first cell begins: foot centres its cells."""
    width, height = display.cell_px
    return display.width_px % width // 2, display.height_px % height // 2


async def middles(display: Display) -> list[tuple[int, int]]:
    """Find, in pixels, the middle of each choice that will be touched."""
    found = []
    app = KioskApp(send=lambda _: None, wordings=load_wordings())
    width, height = display.cell_px
    left, top = corner(display)
    async with app.run_test(size=display.cells) as pilot:
        for name, choice in TOUCHES:
            app.show(MOMENTS[name])
            await pilot.pause()
            region = app.screen.query_one(f"#{choice}", Choice).region
            found.append(
                (left + (2 * region.x + region.width) * width // 2, top + (2 * region.y + region.height) * height // 2)
            )
    return found


@contextmanager
def terminal(display: Display, *command: str, taps: list[Tap] | None = None) -> Iterator[None]:
    """Run a command in foot under cage on a screen of this size."""
    environment = {**os.environ, "WLR_BACKENDS": "headless", "WLR_RENDERER": "pixman", "WLR_LIBINPUT_NO_DEVICES": "1"}
    cage = ["cage", "-d", "--", "foot", "--config", str(settings(display)), "--fullscreen", *command]
    if taps is not None:
        environment |= {"WLR_BACKENDS": "headless,libinput", "LIBSEAT_BACKEND": "noop"}
        del environment["WLR_LIBINPUT_NO_DEVICES"]
        cage = [*emulated(display, taps), "env", *cage]  # without env libinput does not start
    with (OUT / f"cage-{display.name}.log").open("wb") as log:
        running = subprocess.Popen(
            cage, env=environment, stdout=log, stderr=log, cwd=RUN
        )  # in / libinput does not start
        try:
            wait_for(RUN / "wayland-0")
            size = f"{display.width_px}x{display.height_px}"
            run("wlr-randr", "--output", "HEADLESS-1", "--custom-mode", size)
            time.sleep(_SETTLED_S)
            (RUN / "sized").touch()
            yield
        finally:
            running.terminate()
            running.wait()
            for left in ("wayland-0", "wayland-0.lock", "sized"):
                (RUN / left).unlink(missing_ok=True)


def emulated(display: Display, taps: list[Tap]) -> list[str]:
    """Write what the panel is and does; return the command that plays it."""
    for name, text in (
        ("panel.umockdev", panel.DESCRIPTION),
        ("panel.ioctl", panel.answers(display.width_px, display.height_px)),
        ("panel.events", panel.script(taps)),
        ("under.sh", panel.UNDER),
    ):
        (RUN / name).write_text(text, encoding="utf-8")
    device = "/dev/input/event0"
    played = ("-i", f"{device}={RUN}/panel.ioctl", "-e", f"{device}={RUN}/panel.events")
    return ["umockdev-run", "-d", f"{RUN}/panel.umockdev", *played, "--", "sh", str(RUN / "under.sh")]


def wait_for(path: Path) -> None:
    """Wait until a file is there."""
    until = time.monotonic() + _FOOT_UP_S
    while not path.exists():
        if time.monotonic() > until:
            sys.exit(f"{path} is not there after {_FOOT_UP_S:.0f} s; see build/foot/out/cage-*.log")
        time.sleep(0.1)


def run(*command: str) -> None:
    """Run a client of cage."""
    subprocess.run(command, env={**os.environ, "WAYLAND_DISPLAY": "wayland-0"}, check=True)


def journey(display: Display) -> bool:
    """Touch through a first enrolment, one tap drifting and one slow, and take a picture of each state."""
    for path in (JOURNAL, WRITTEN):
        path.unlink(missing_ok=True)
    taps = [Tap(START_S + EACH_S * number, *middle) for number, middle in enumerate(asyncio.run(middles(display)))]
    taps[1] = replace(taps[1], held_s=0.3, drift_x=30, drift_y=8)
    taps[3] = replace(taps[3], held_s=0.9)
    waits = (0, 0, 0, 0, 9, 24, 24)  # the card is read before the fifth, the face is looked at before the sixth
    taps = [replace(tap, at_s=tap.at_s + wait) for tap, wait in zip(taps, waits, strict=True)]
    with terminal(display, "python3", "-m", "tests.foot.kiosk", "record", taps=taps):
        until = time.monotonic() + END_S
        seen = 0
        while time.monotonic() < until:
            lines = [json.loads(line) for line in JOURNAL.read_text().splitlines()] if JOURNAL.exists() else []
            shown = [line["shown"] for line in lines if "shown" in line]
            if len(shown) > seen:
                seen = len(shown)
                time.sleep(0.7)  # until it is drawn
                run("grim", str(OUT / f"{display.name}-{seen:02}-{shown[-1]}.png"))
            if any(line.get("ended") for line in lines):
                break
            time.sleep(0.1)
    heard = [line["heard"] for line in lines if "heard" in line]
    written = WRITTEN.read_bytes()
    return all(
        (
            tell(
                f"seven touches are heard, a drifting and a slow one among them: {', '.join(heard)}",
                good=heard == HEARD,
            ),
            tell(f"every state of a first enrolment was shown: {', '.join(shown)}", good=set(shown) >= SHOWN),
            tell("SARA AM never reached the terminal", good=SARA_AM not in written and NIKHAHIT in written),
        )
    )


def picture(display: Display) -> bool:
    """Compare the camera's picture with what was to be drawn, and make sure that the next screen wipes it."""
    box, expected = asyncio.run(to_be_drawn(display))
    shots = [OUT / f"picture-{display.name}.png", OUT / f"picture-{display.name}-after.png"]
    NEXT.unlink(missing_ok=True)
    with terminal(display, "python3", "-m", "tests.foot.kiosk", "look"):
        for shot in shots:
            time.sleep(_DRAWN_S)
            run("grim", str(shot))
            NEXT.touch()
    seen, after = (Image.open(shot).convert("RGB").crop(box) for shot in shots)
    off = mean(ImageChops.difference(seen, expected).convert("L"))
    left = mean(ImageChops.difference(after, Image.new("RGB", after.size, after.getpixel((0, 0)))).convert("L"))
    good = off <= _DIFFERENCE and left <= _DIFFERENCE
    size = f"{expected.width} x {expected.height}"
    return tell(
        f"{display.name}: a picture of {size} pixels is {off:.1f} of 255 off, {left:.1f} is left after it", good=good
    )


async def to_be_drawn(display: Display) -> tuple[tuple[int, int, int, int], Image.Image]:
    """Return where the camera's picture belongs, in pixels, and how it should look."""
    app = KioskApp(send=lambda _: None, wordings=load_wordings())
    (cell_width, cell_height), (left, top) = display.cell_px, corner(display)
    async with app.run_test(size=display.cells) as pilot:
        app.show(MOMENTS["looking-stand_here"])
        await pilot.pause()
        region = app.screen.query_one(Picture).region
    room = region.width * cell_width, region.height * cell_height
    size = shown_size(FRAME, room)
    x = left + (region.x + (room[0] - size[0]) // 2 // cell_width) * cell_width
    y = top + (region.y + (room[1] - size[1]) // 2 // cell_height) * cell_height
    return (x, y, x + size[0], y + size[1]), Image.frombytes("RGB", size, framed(FRAME, size))


def letters(display: Display) -> bool:
    """Compare Thai clusters with the pixels that were accepted."""
    shot = OUT / f"clusters-{display.name}.png"
    with terminal(display, "python3", "-m", "tests.foot.letters", *CLUSTERS):
        wait_for(RUN / "printed")
        time.sleep(1.5)
        run("grim", str(shot))
    (RUN / "printed").unlink()
    (width, height), (left, top) = display.cell_px, corner(display)
    seen = Image.open(shot).convert("L").crop((left, top, left + width * COLUMNS, top + height))
    reference = ACCEPTED / shot.name
    if not reference.exists():
        seen.save(OUT / f"new-{shot.name}")
        where = f"look at out/new-{shot.name} and put it into {ACCEPTED.name}/ as {shot.name}"
        return tell(f"{display.name}: nothing accepted yet; {where}", good=False)
    accepted = Image.open(reference).convert("L")
    worst = max(difference(seen, accepted, display, at) for at in range(COLUMNS))
    return tell(
        f"{display.name}: Thai clusters are as accepted, worst cell {worst:.1f} of 255", good=worst <= _DIFFERENCE
    )


def difference(seen: Image.Image, accepted: Image.Image, display: Display, column: int) -> float:
    """Return the mean difference of one column of cells."""
    width, height = display.cell_px
    box = (column * width, 0, (column + 1) * width, height)
    return mean(ImageChops.difference(seen.crop(box), accepted.crop(box)))


def mean(levels: Image.Image) -> float:
    """Return the mean level of a grey picture."""
    counts = levels.histogram()
    return sum(level * count for level, count in enumerate(counts)) / sum(counts)


def tell(what: str, *, good: bool) -> bool:
    """Print one line of the result."""
    sys.stdout.write(f"{'ok      ' if good else 'FAILED  '}{what}\n")
    sys.stdout.flush()
    return good


def main() -> None:
    """Try all of it; exit with 2 when something is not as it should be."""
    for program in ("foot", "cage", "umockdev-run"):
        said = subprocess.run(
            [program, "-v" if program == "cage" else "--version"], capture_output=True, text=True, check=False
        )
        sys.stdout.write((said.stdout + said.stderr).splitlines()[0] + "\n")
    results = [journey(PANELS[0])]  # first: its panel must be the first pseudo-terminal
    results += [picture(display) for display in PANELS]
    results += [letters(display) for display in PANELS]
    sys.exit(0 if all(results) else 2)


if __name__ == "__main__":
    main()
