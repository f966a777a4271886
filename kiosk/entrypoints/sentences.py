# SPDX-License-Identifier: Apache-2.0
"""The screens' words for a terminal that breaks lines by itself, and where a code's sentence for technicians stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.enrollment.failures import Failure, Fault
from wire.lettering.thai import WORD_MARK, joined

if TYPE_CHECKING:
    from kiosk.screens.wording import Wording


def key_of(code: str, otherwise: str) -> str:
    """The key of a code's sentence; codes that are no `Failure` and no `Fault` stand in the table `otherwise`."""
    if code in set(Failure):
        return f"failure.{code}.technician"
    return f"fault.{code}" if code in set(Fault) else f"{otherwise}.{code}"


def plain(wording: Wording, key: str, **values: object) -> str:
    """One line of words, without marks for line breaks, that can be copied into a letter."""
    return joined(wording.text(key, **values)).replace("\n", " ").replace(WORD_MARK, "")
