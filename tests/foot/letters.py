# SPDX-License-Identifier: Apache-2.0
"""Prints words as the screens draw them, black on white, once the screen has its size; leaves a file to say so."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from wire.lettering.thai import drawable

while not Path("/run/sized").exists():
    time.sleep(0.1)
sys.stdout.write("\x1b[?25l\x1b[30;107m\x1b[2J\x1b[H" + " ".join(map(drawable, sys.argv[1:])))
sys.stdout.flush()
Path("/run/printed").touch()
time.sleep(3600)
