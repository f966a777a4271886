# SPDX-License-Identifier: Apache-2.0
"""`make bench SUITE=face PAIRS=<folder>`, as it is called there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from kiosk.face.evaluation.record import from_bytes
from kiosk.face.policy import DLIB
from tests.simulators.people_folder import people_folder

HOUSE = Path(__file__).parents[4]


def bench(pairs: Path, at: Path) -> subprocess.CompletedProcess[str]:
    at.mkdir(exist_ok=True)
    env = {**os.environ, "PAIRS": str(pairs), "PYTHONPATH": str(HOUSE), "OPENCV_LOG_LEVEL": "ERROR"}
    command = [sys.executable, "-m", "benchmarks", "face"]
    return subprocess.run(command, cwd=at, env=env, capture_output=True, text=True, check=False)


def test_run_twice_it_prints_the_same_figures_and_writes_the_same_record(tmp_path: Path) -> None:
    folder = people_folder(tmp_path / "people", people=2, pictures=4)
    first, second = bench(folder, tmp_path / "first"), bench(folder, tmp_path / "second")
    assert (first.returncode, first.stderr) == (0, "")
    assert second.stdout == first.stdout
    record = Path("build") / "face" / f"record-{DLIB}.json"
    assert f"Calibration record: {record}" in first.stdout
    written = (tmp_path / "first" / record).read_bytes()
    assert (tmp_path / "second" / record).read_bytes() == written
    assert from_bytes(written).data.people == 2
    for peer in (f"{DLIB}, three frames fused", f"{DLIB}, one frame", "plain dlib (face_recognition), one frame"):
        assert f"| {peer} " in first.stdout
    assert "demo-" not in first.stdout


def test_a_folder_that_does_not_serve_is_said_in_one_sentence(tmp_path: Path) -> None:
    told = bench(tmp_path / "nowhere", tmp_path)
    assert told.returncode == 1
    assert told.stderr == "face: There is no such folder of pictures.\n"
