# SPDX-License-Identifier: Apache-2.0
"""The searcher of memory finds what stands there and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulators import memory
from tests.simulators.tests.test_needles import NEEDLES

# It says when it holds the needle; it builds it in memory, so that its command line does not.
HOLDER = """
import sys
held = bytes(byte ^ 255 for byte in bytes.fromhex(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


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
