# SPDX-License-Identifier: Apache-2.0
"""What was seen of the fleet at one moment, as values: the rooms that know it are read by the entrypoint."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fleet.alerts.rules import RuleId
    from fleet.alerts.subjects import Subject
    from fleet.store.scope import Scope

Key = tuple["RuleId", "Subject"]


@dataclass(frozen=True, slots=True)
class Observation:
    """A fact that a rule is about, and since when it has been one; None: that is not known, and now is the first sight.

    `undecided` says that it cannot be told now whether it is one: a kiosk that is silent says nothing of its reader,
    and one that is silent at night may be switched off. Then no alarm begins, and none ends.
    """

    rule: RuleId
    subject: Subject
    since_ms: int | None = None
    code: str | None = None
    n: int | None = None
    of: int | None = None
    undecided: bool = False

    @property
    def key(self) -> Key:
        """What there is at most one alarm of."""
        return self.rule, self.subject

    @property
    def sort_key(self) -> tuple[object, ...]:
        """Decided facts first, then the oldest: the same one counts in whatever order they came."""
        said = (self.code or "", -1 if self.n is None else self.n, -1 if self.of is None else self.of)
        since = (self.since_ms is None, self.since_ms or 0)
        return (self.rule.value, self.subject.sort_key, self.undecided, *since, *said)


@dataclass(frozen=True, slots=True)
class Sight:
    """One look at the fleet. `kiosks` is how many stand at each facility that has any."""

    at_ms: int
    observations: tuple[Observation, ...]
    kiosks: Mapping[Scope, int] = field(default_factory=dict)
