# SPDX-License-Identifier: Apache-2.0
"""A person's frames, portrait and embedding are in that person's process, and afterwards nowhere.

One is served before a camera whose every frame carries a pattern, then another. The first one's process is looked into
while it lives, so that the same needles can be believed when nothing else holds them.
"""

from __future__ import annotations

import os
import stat
import time
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kiosk.face.engines import EngineChoice, load_engine
from tests.simulators import memory
from tests.simulators.lobby import Lobby
from tests.simulators.patient import CITIZENS
from tests.simulators.services import wait_until
from tests.simulators.traces import Marked, MarkedScene, Traces, kinds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kiosk.face.shapes import FaceEngine

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

PERSON = "kiosk.entrypoints.person"
PATIENCE_S = 240
FIRST, SECOND = (Marked(one.seed, one.face, one.province) for one in CITIZENS[:2])
ELSEWHERE = (Path("/dev/shm"), Path("/var/tmp"), Path("/run"))  # noqa: S108 - looked into, not written to


@dataclass
class Sightings:
    """What was seen of the two people's processes while they lived, and who is left."""

    lobby: Lobby
    searcher: Executor
    traces: list[Traces] = field(default_factory=list)
    people: list[memory.Glance] = field(default_factory=list)
    screens: list[memory.Glance] = field(default_factory=list)
    began_s: float = field(default_factory=time.time)

    def look(self, marked: Path) -> int:
        """Look into the process of the person who is before the camera, once it compares; returns its id."""
        screen = self.lobby.terminal.pid
        person, glance = 0, None

        def is_comparing() -> bool:
            nonlocal person, glance
            person = next(iter(memory.children_of(screen, PERSON)), 0)  # the next one waits already
            if memory.reads_from(person, marked):
                glance = self.aside(person)
            return glance is not None and {"embedding", "frame"} <= self.kinds(glance, of=-1)

        wait_until(is_comparing, "the portrait has become an embedding, and a frame has come", PATIENCE_S)
        assert glance is not None
        self.people.append(glance)
        seen = self.aside(screen)
        assert seen is not None
        self.screens.append(seen)
        return person

    def kinds(self, glance: memory.Glance, *, of: int) -> set[str]:
        """What a process held of one of the people: frame, half, portrait, enlarged, embedding."""
        prefix = f"{range(len(self.traces))[of]} "
        return kinds({name.removeprefix(prefix) for name in glance.found if name.startswith(prefix)})

    def aside(self, pid: int) -> memory.Glance | None:
        """Look for what any of the people could leave, in a process of its own: nobody is kept waiting by it."""
        needles = {f"{n} {name}": needle for n, one in enumerate(self.traces) for name, needle in one.needles.items()}
        return self.searcher.submit(memory.look, pid, needles).result()

    def others(self) -> dict[str, int]:
        """Every process that goes on: the screen's, the next two people's, the courier's and the controller's."""
        pids = {service.name: service.pid for service in self.lobby.services}
        pids["screen"] = self.lobby.terminal.pid
        wait_until(lambda: len(memory.children_of(pids["screen"], PERSON)) == 2, "the next two people's processes")
        pids["next person"], pids["person after"] = memory.children_of(pids["screen"], PERSON)
        return pids


@pytest.fixture(scope="module")
def seen(place: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sightings]:
    """Two people are served, one after the other, and each one's process is looked into."""
    if os.geteuid() != 0:
        pytest.skip("reading another process's memory needs root")
    clips = tmp_path_factory.mktemp("marked")
    engine = load_engine(EngineChoice.DEMONSTRATION)
    with pytest.MonkeyPatch.context() as changed:
        lobby = Lobby(place / "memory", clips=clips)
        temporary = lobby.directory / "tmp"
        temporary.mkdir()
        changed.setenv("TMPDIR", str(temporary))
        lobby.scene = scene = MarkedScene(lobby.directory / "scene", clips)
        with ProcessPoolExecutor(1, get_context("spawn")) as searcher, lobby:
            sightings = Sightings(lobby, searcher)
            lobby.wait_for_link()
            for citizen in (FIRST, SECOND):
                scene.mark = citizen.seed
                _serve(sightings, citizen, engine, clips / f"marked-{citizen.seed}")
            yield sightings


def _serve(sightings: Sightings, citizen: Marked, engine: FaceEngine, marked: Path) -> None:
    with ThreadPoolExecutor(1) as aside:
        visit = aside.submit(sightings.lobby.patient(citizen).visit, PATIENCE_S)
        wait_until(lambda: any(marked.glob("demo*.avi")), "somebody stands before the camera", PATIENCE_S)
        sightings.traces.append(Traces(citizen, engine, next(marked.glob("demo*.avi"))))
        person = sightings.look(marked)
        visit.result()
    wait_until(lambda: not Path(f"/proc/{person}").exists(), "the person's process has ended")


def test_the_needles_are_found_in_the_living_process_of_the_person_they_are_of(seen: Sightings) -> None:
    for number, glance in enumerate(seen.people):
        assert seen.kinds(glance, of=number) >= {"frame", "portrait", "embedding"}


def test_the_next_persons_process_holds_nothing_of_the_one_before(seen: Sightings) -> None:
    first, second = seen.people
    assert seen.kinds(first, of=0) != set()
    assert seen.kinds(second, of=0) == set()


def test_no_process_that_goes_on_holds_a_frame_a_portrait_or_an_embedding(seen: Sightings) -> None:
    assert sum(seen.lobby.kiosk_books().endings.values()) >= 2, "both were served"
    glances = {name: seen.aside(pid) for name, pid in seen.others().items()}
    assert {"screen", "next person", "kiosk-courier"} <= set(glances)
    assert {name: glance and set(glance.found) for name, glance in glances.items()} == {name: set() for name in glances}


def _files(seen: Sightings) -> Iterator[Path]:
    """The store, the logs and the temporary folder of this lobby; elsewhere what was written since it began."""
    for folder in (seen.lobby.directory, *ELSEWHERE):
        for path in folder.rglob("*"):
            with suppress(OSError):
                found = path.lstat()
                if stat.S_ISREG(found.st_mode) and (folder == seen.lobby.directory or found.st_mtime >= seen.began_s):
                    yield path


def test_store_logs_and_temporary_folders_hold_nothing_of_them(seen: Sightings) -> None:
    files = {path: path.read_bytes() for path in _files(seen)}
    assert {"store.db", "kiosk-ui.log"} <= {path.name for path in files}
    for traces in seen.traces:
        assert {path: seen_there for path, content in files.items() if (seen_there := traces.in_bytes(content))} == {}


def test_a_frame_in_the_temporary_folder_would_be_found(seen: Sightings) -> None:
    planted = seen.lobby.directory / "tmp" / "planted"
    planted.write_bytes(bytes(1000) + seen.traces[0].frame.tobytes())
    try:
        found = {
            path: seen_there for path in _files(seen) if (seen_there := seen.traces[0].in_bytes(path.read_bytes()))
        }
    finally:
        planted.unlink()
    assert found == {planted: {"frame"}}


def test_a_persons_process_can_write_to_no_file_but_the_log(seen: Sightings) -> None:
    assert [glance.writable for glance in seen.people] == [{seen.lobby.logs / "kiosk-ui.log"}] * 2


def test_nothing_of_them_went_to_swap_and_their_pages_are_locked(seen: Sightings) -> None:
    assert {glance.swapped for glance in (*seen.people, *seen.screens)} == {"0 kB"}
    if memory.may_lock(os.getpid()):
        assert "0 kB" not in {glance.locked for glance in (*seen.people, *seen.screens)}


def test_no_process_of_the_screen_leaves_a_core_file(seen: Sightings) -> None:
    assert {glance.core_bytes for glance in (*seen.people, *seen.screens)} == {("0", "0")}
