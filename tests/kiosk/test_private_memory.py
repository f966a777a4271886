# SPDX-License-Identifier: Apache-2.0
"""The real processes leave no core file and let nobody of their own user look into them, before they read anything.

A pipe stands where the settings file should: a process that waits for it has come as far as that and no further.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.simulators import memory
from tests.simulators.services import script, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NOBODY = 65534
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.geteuid() == 0 else []
MAY_LOCK = ["--inh-caps=+ipc_lock", "--ambient-caps=+ipc_lock"]  # as good as the limit that the unit lifts
CONSOLE = script("dipchip-kiosk")
PROCESSES = {
    "person": [sys.executable, "-m", "kiosk.entrypoints.person", "{settings}", "0"],
    "screen": [CONSOLE, "ui", "--config", "{settings}", "--log", "{settings}.log"],
    "courier": [CONSOLE, "courier", "--config", "{settings}"],
    "agent": [CONSOLE, "agent", "--config", "{settings}"],
}


@pytest.fixture
def settings() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="dc-"))  # pytest's own folders are closed to nobody
    folder.chmod(0o777)
    pipe = folder / "kiosk.toml"
    os.mkfifo(pipe)
    pipe.chmod(0o666)
    yield pipe
    shutil.rmtree(folder)


@contextmanager
def _running(command: Sequence[str], *rights: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([*AS_NOBODY, *rights, *command], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def _awaited(pipe: Path, process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Until its end the process waits for what the pipe will say."""
    ends: list[int] = []

    def is_open() -> bool:
        with suppress(OSError):  # ENXIO: nobody reads yet
            ends.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        return bool(ends) or process.poll() is not None

    wait_until(is_open, "the settings are asked for")
    assert ends, "the process ended before it asked for its settings"
    try:
        yield
    finally:
        os.close(ends[0])


def _looks_into(pid: int) -> bool:
    """Whether another process of the same user may."""
    return subprocess.run([*AS_NOBODY, "cat", f"/proc/{pid}/maps"], capture_output=True, check=False).returncode == 0


def _skip_where_nobody_has_no_python() -> None:
    tried = [*AS_NOBODY, sys.executable, "-c", "import kiosk"]
    if AS_NOBODY and subprocess.run(tried, capture_output=True, check=False).returncode:
        pytest.skip("nobody may not run this interpreter")


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_leaves_no_core_file_and_is_closed_to_its_own_user(settings: Path, name: str) -> None:
    _skip_where_nobody_has_no_python()
    command = [word.format(settings=settings) for word in PROCESSES[name]]
    with _running(["sleep", "60"]) as open_one, _running(command) as process, _awaited(settings, process):
        assert memory.core_bytes(process.pid) == ("0", "0")
        assert Path(f"/proc/{process.pid}/mem").stat().st_uid == 0, "the kernel gives what may be dumped to its user"
        assert not _looks_into(process.pid)
        assert _looks_into(open_one.pid), "the test itself can look"


@pytest.mark.skipif(not (AS_NOBODY and memory.may_lock(os.getpid())), reason="giving a right needs to have it")
@pytest.mark.parametrize("name", ["person", "screen"])
def test_with_the_right_to_lock_memory_a_process_does(settings: Path, name: str) -> None:
    _skip_where_nobody_has_no_python()
    command = [word.format(settings=settings) for word in PROCESSES[name]]
    with _running(command, *MAY_LOCK) as process, _awaited(settings, process):
        assert memory.status(process.pid, "Uid").split()[0] == str(NOBODY)
        assert memory.status(process.pid, "VmLck") not in {"", "0 kB"}
