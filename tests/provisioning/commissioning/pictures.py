# SPDX-License-Identifier: Apache-2.0
"""Draw commissioning's screens to be looked at: `python -m tests.provisioning.commissioning.pictures FOLDER`.

SVG as a terminal would draw it; PNG by rsvg-convert, and `index.html` that shows them all. A long text is drawn part by
part.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import App

from provisioning.commissioning import dialogues, sheet
from provisioning.commissioning.becoming import Identity
from provisioning.commissioning.claiming import DIGITS
from provisioning.commissioning.examining import Doctor
from provisioning.commissioning.pages import Act, Answer, Form, Line, Page, Work, line
from provisioning.commissioning.screens import PageScreen, Touch
from provisioning.commissioning.steps import Outcome, Progress, Result, Step
from provisioning.commissioning.words import load_words
from tests.kiosk.screens.terminal import svg
from tests.simulators.doctor import AT_MS, DARK, FOR_IT, NO_CARD, REFUSED_PORT, WELL, ToldDoctor
from wire.claims import ALPHABET, CODE_LETTERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kiosk.findings import Finding
    from provisioning.commissioning.dialogues import Dialogue

_PAGE = (
    '<!doctype html><meta charset="utf-8"><title>Commissioning</title><style>img{margin:8px;max-width:46%}</style>\n'
)
SIZES = ((80, 24), (58, 15), (46, 12))
_WORDS = "ช้าง  elephant\nคอมพิวเตอร์  computer\nน้ำแข็ง  ice\nรถไฟ  train"


def pages(place: Path) -> Mapping[str, tuple[Step, Page]]:
    """Pages that look different, with the longest of their kind."""
    told = ToldDoctor(place / "doctor")
    config = place / "kiosk.toml"
    config.touch()
    doctor = Doctor(told.command, config)

    def found(dialogue: Dialogue, *findings: Finding) -> Page:
        told.finds(*findings)
        next(dialogue)
        work = dialogue.send(_GO)
        assert isinstance(work, Work)
        page = dialogue.send(work.run())
        assert isinstance(page, Page)
        return page

    def examined(step: Step, *parts: str) -> Dialogue:
        return dialogues.examined(step, doctor, parts, dialogues.no_card if step is Step.READER else lambda _: None)

    network = ("clock", "network", "certificates")
    return {
        "way": (Step.WAY, Page(line("way.title"), (line("way.begin"),), (Act.GO,))),
        "facility": (Step.CLAIM, Page(line("claim.facility"), (), (Act.SCAN, Act.GO), Form.KEYS, DIGITS, 5)),
        "code": (
            Step.CLAIM,
            Page(line("claim.code"), (), (Act.RETYPE, Act.GO), Form.KEYS, ALPHABET, CODE_LETTERS),
        ),
        "scan": (Step.CLAIM, Page(line("scan.title"), (line("scan.busy"),), form=Form.BUSY)),
        "refused": (
            Step.CLAIM,
            Page(line("claim.title"), (line("refused.not_this_door"),), (Act.MESSAGE, Act.RETYPE, Act.AGAIN)),
        ),
        "words": (
            Step.WORDS,
            Page(
                line("words.title"),
                (line("words.words", words=_WORDS),),
                (Act.NO, Act.YES),
                Form.BIG,
            ),
        ),
        "network-closed": (Step.NETWORK, found(examined(Step.NETWORK, *network), REFUSED_PORT)),
        "network-well": (Step.NETWORK, found(examined(Step.NETWORK, *network), *WELL.values())),
        "for-it": (Step.NETWORK, Page(line("for_it.title"), (Line(told=FOR_IT),), (Act.CLOSE,))),
        "reader-no-card": (Step.READER, found(examined(Step.READER, "reader"), NO_CARD)),
        "camera-dark": (Step.CAMERA, found(examined(Step.CAMERA, "camera"), DARK)),
        "touch": (Step.TOUCH, _first(dialogues.touched())),
        "sound": (Step.SOUND, Page(line("sound.title"), (line("sound.noticed"),), (Act.NO, Act.AGAIN, Act.YES))),
        "printer": (Step.PRINTER, Page(line("printer.title"), (line("printer.printer_not_set"),), _WAYS_ON)),
        "visit": (Step.VISIT, _first(dialogues.visited(lambda: ""))),
        "visit-ended": (Step.VISIT, Page(line("visit.title"), (line("visit.ended"),), (Act.LATER, Act.AGAIN))),
        "report-kept": (Step.HAND_OVER, _unsent()),
        "privacy": (Step.PRIVACY, _first(dialogues.confirmed(Step.PRIVACY))),
        "busy": (Step.HAND_OVER, dialogues.busy(Step.HAND_OVER)),
        "sheet": (Step.HAND_OVER, Page(line("hand_over.title"), (_paper(doctor),), (Act.GO,))),
    }


class Album(App[None]):
    """Shows a page."""

    CSS_PATH = Path(str(resources.files("provisioning.commissioning") / "commissioning.tcss"))


async def drawings(step: Step, page: Page, language: str, size: tuple[int, int]) -> list[str]:
    """Return each part of a page as SVG."""
    album, drawn = Album(), list[str]()
    screen = PageScreen(
        page, load_words()[language], step, can_go_back=list(Step).index(step) > list(Step).index(Step.NETWORK)
    )
    async with album.run_test(size=size) as pilot:
        screen.fit(album.size)
        await album.push_screen(screen)
        await pilot.pause()
        drawn.append(svg(album))
        while screen.query("#more"):
            screen.query_one("#more", Touch).action_touch()
            await pilot.pause()
            drawn.append(svg(album))
    return drawn


def main() -> None:
    """Draw all pages, or those whose name begins as told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="")
    wanted = parser.parse_args()
    wanted.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        named = {name: each for name, each in pages(Path(place)).items() if name.startswith(wanted.only)}
    drawn_all: list[Path] = []
    for name, (step, page) in named.items():
        for language in ("th", "en"):
            for size in SIZES:
                drawn = asyncio.run(drawings(step, page, language, size))
                for at, drawing in enumerate(drawn, 1):
                    part = f"-{at}" if len(drawn) > 1 else ""
                    picture = wanted.folder / f"{name}-{language}-{size[0]}x{size[1]}{part}.png"
                    subprocess.run(["rsvg-convert", "-o", picture], input=drawing.encode(), check=True)
                    drawn_all.append(picture)
    index = wanted.folder / "index.html"
    index.write_text(
        _PAGE + "\n".join(f'<img loading="lazy" src="{each.name}">' for each in drawn_all), encoding="utf-8"
    )
    sys.stdout.write(f"{index}\n")


_GO = Answer(Act.GO)
_WAYS_ON = (Act.ABSENT, Act.LATER, Act.AGAIN)


def _unsent() -> Page:
    lines = (line("report.kept"), line("refused.port_silent"))
    return Page(line("report.title"), lines, (Act.MESSAGE, Act.ANYWAY, Act.AGAIN))


def _first(dialogue: Dialogue) -> Page:
    page = next(dialogue)
    assert isinstance(page, Page)
    return page


def _paper(doctor: Doctor) -> Line:
    """The sheet of a commissioning in which one thing needs care and one was left."""
    figures = {"picture": "640x480 px", "rate": "15.0 1/s", "brightness": "12.0"}
    results = tuple(
        Result(step, Outcome.CARE, AT_MS, "camera_dark", figures)
        if step is Step.CAMERA
        else Result(step, Outcome.ABSENT if step is Step.SOUND else Outcome.WELL, AT_MS)
        for step in Step
    )
    identity, told = Identity("k-udon-01", "10670", "test", "0 2257 7119"), doctor.all()
    progress = Progress(kiosk="k-udon-01", results=results)
    papers = {name: sheet.lines(words, identity, progress, told, AT_MS) for name, words in load_words().items()}
    return Line(told={name: "\n".join(lines) for name, lines in papers.items()})


if __name__ == "__main__":
    main()
