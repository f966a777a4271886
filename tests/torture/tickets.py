# SPDX-License-Identifier: Apache-2.0
"""What the harness writes down of each event, where no card can forget it: whose it is, and that it was promised.

A line is an event, a word and the number of a made-up person.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TRIED, PROMISED = "tried", "promised"


@dataclass(frozen=True, slots=True)
class Tickets:
    """The events that a person was promised, and whose each event is that was tried."""

    promised: set[str] = field(default_factory=set)
    people: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Tickets:
        """Those of one machine."""
        tickets = cls()
        for line in path.read_text(encoding="ascii").splitlines() if path.exists() else ():
            event, word, who = line.split()
            tickets.people[event] = who
            if word == PROMISED:
                tickets.promised.add(event)
        return tickets
