# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import subprocess
import sys

import pytest

from kiosk.logs import EX_SOFTWARE
from tests.simulators.holders import invalid_number

NUMBER = invalid_number(1)


def _run(body: str) -> subprocess.CompletedProcess[str]:
    program = (
        f"import sys, threading, structlog\nfrom kiosk import logs\nlogs.configure('t', 'info', sys.stderr)\n{body}"
    )
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)


def test_a_field_that_is_not_on_the_list_never_reaches_a_log() -> None:
    done = _run(f"structlog.get_logger().info('event_filed', event_id='e', name='{NUMBER}')")
    line = json.loads(done.stderr)
    assert (line["event"], line["event_id"], line["process"]) == ("event_filed", "e", "t")
    assert NUMBER not in done.stderr


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (f"number = '{NUMBER}'\nint(number + 'x')", 1),
        (f"threading.Thread(target=lambda: int('{NUMBER}x')).start()\nthreading.Event().wait(30)", EX_SOFTWARE),
        (f"try:\n  int('{NUMBER}x')\nexcept ValueError as e:\n  raise RuntimeError('{NUMBER}') from e", 1),
    ],
    ids=["main", "thread", "chained"],
)
def test_a_defect_ends_the_process_and_says_where_but_quotes_nothing(body: str, code: int) -> None:
    done = _run(body)
    assert done.returncode == code
    assert NUMBER not in done.stderr + done.stdout
    line = json.loads(done.stderr.splitlines()[-1])
    assert line["event"] == "incident"
    assert line["error"] in {"ValueError", "RuntimeError"}
