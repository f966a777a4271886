# SPDX-License-Identifier: Apache-2.0
"""The kiosk's command with a defect: `python -m tests.simulators.failing_screen ui ...` fails where F9 is pressed.

The defect is in the screen that shows the person's name, and its error holds that name, as a real one could.
"""

from __future__ import annotations

from kiosk.entrypoints.cli import main
from kiosk.screens.confirm import ConfirmScreen


def _fail(screen: ConfirmScreen) -> None:
    name = screen.state.name_th
    raise RuntimeError(name)


ConfirmScreen.key_f9 = _fail  # type: ignore[attr-defined] # Textual finds it by its name

if __name__ == "__main__":
    main()
