# SPDX-License-Identifier: Apache-2.0
"""The searcher of memory finds what stands there and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.simulators import memory

NEEDLES = {
    "noise": np.random.default_rng(3).integers(0, 256, 96, np.uint8).tobytes(),
    "floats": np.arange(17, 49, dtype=np.float32).tobytes(),
    "numbers": np.linspace(-0.2, 0.2, 4).tobytes(),
    "short": b"\0\0\0\1\2\0",
}
# It says when it holds the needle; it builds it in memory, so that its command line does not.
HOLDER = """
import sys
held = bytes(byte ^ 255 for byte in bytes.fromhex(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("name", NEEDLES)
@pytest.mark.parametrize("place", [0, 1, 2, 3, 8 * 2**20 - 50, 8 * 2**20 - 3, 8 * 2**20 - 1, 8 * 2**20, 9 * 2**20 + 1])
def test_a_needle_is_found_wherever_it_stands(name: str, place: int) -> None:
    content = bytearray(10 * 2**20)
    content[place : place + len(NEEDLES[name])] = NEEDLES[name]
    assert name in memory.found(bytes(content), NEEDLES)


def test_nothing_is_found_where_nothing_is() -> None:
    noise = np.random.default_rng(4).integers(0, 256, 3 * 2**20, np.uint8).tobytes()
    assert memory.found(noise + bytes(3 * 2**20), NEEDLES) == set()
    assert memory.found(b"", NEEDLES) == memory.found(b"\0", NEEDLES) == set()


def test_half_a_needle_is_none() -> None:
    assert memory.found(bytes(10) + NEEDLES["noise"][:90], {"noise": NEEDLES["noise"]}) == set()


@pytest.mark.skipif(os.geteuid() != 0, reason="reading another process's memory needs root")
def test_what_a_living_process_holds_is_found_in_its_memory() -> None:
    needle = NEEDLES["noise"]
    inverted = bytes(byte ^ 255 for byte in needle)
    command = [sys.executable, "-c", HOLDER, inverted.hex()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        glance = memory.look(process.pid, {"held": needle, "other": inverted})
        assert glance is not None
        assert glance.found == {"held"}
        pid = process.pid
        process.communicate()
    assert memory.look(pid, {"held": needle}) is None


def test_files_that_a_process_may_write_are_told(tmp_path: Path) -> None:
    with (tmp_path / "written").open("w") as file, (tmp_path / "written").open("r"):
        assert Path(file.name) in memory.files_it_may_write(os.getpid())
        assert memory.reads_from(os.getpid(), tmp_path)
    assert not memory.reads_from(os.getpid(), tmp_path)
