# SPDX-License-Identifier: Apache-2.0
"""The words of the import pages: kinds, columns, stages, effects, and why something is not done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext, lazy_gettext

from fleet.people.entries import Effect, Stage, Why
from fleet.people.figures import Kind
from fleet.web.wording import THAI, language, province_name

if TYPE_CHECKING:
    from fleet.people.entries import NotDoneError
    from fleet.people.figures import Place
    from fleet.people.problems import Problem, Wording

KINDS = {
    Kind.DENOMINATORS: lazy_gettext("Denominators of KPI 57 (B1, B2)"),
    Kind.OFFICIAL: lazy_gettext("Figures of the ministry (A, B)"),
    Kind.INDICATORS: lazy_gettext("Indicators of Health Region 8"),
}
COLUMNS = {
    "fiscal_year": lazy_gettext("fiscal year of the Buddhist era, as 2570"),
    "period": lazy_gettext("months: 6 or 12; of indicators 3, 6, 9 or 12"),
    "province": lazy_gettext("two-digit code, or the province's name"),
    "figure": lazy_gettext("the indicator's code, as R8-1"),
    "a1": lazy_gettext("staff with an active Health ID"),
    "b1": lazy_gettext("health personnel (HROPS)"),
    "a2": lazy_gettext("people with an active Health ID"),
    "b2": lazy_gettext("registered people (NHSO)"),
    "num": lazy_gettext("how many, of those below"),
    "den": lazy_gettext("of how many; empty where the indicator is a count"),
}
STAGES = {
    Stage.PROPOSED: lazy_gettext("Waits for approval"),
    Stage.EXPIRED: lazy_gettext("Not answered in 72 hours"),
    Stage.REJECTED: lazy_gettext("Turned down"),
    Stage.IMPORTED: lazy_gettext("In the books"),
    Stage.UNDONE: lazy_gettext("Undone"),
    Stage.AT_ONCE: lazy_gettext("Imported without approval"),
}
EFFECTS = {
    Effect.NEW: lazy_gettext("New"),
    Effect.CHANGED: lazy_gettext("Changes"),
    Effect.SAME: lazy_gettext("Stays the same"),
    Effect.TAKEN_AWAY: lazy_gettext("Is taken away"),
}
_WHY = {
    Why.SETTLED: lazy_gettext("It has been answered already, or is expired. Propose it anew if it is still wanted."),
    Why.OWN: lazy_gettext("Nobody approves what they proposed. Let another person look at it."),
    Why.PART: lazy_gettext("It holds places that your account does not reach. Let somebody answer whose account does."),
    Why.NOT_AS_SEEN: lazy_gettext(
        "Something else was imported since you opened the page. Look at what it changes now, then approve it."
    ),
    Why.REASON: lazy_gettext("Figures of the ministry that are in force would change. Give the reason."),
    Why.NOTHING_KEPT: lazy_gettext(
        "What it replaced is not known: it is from before that was kept. Import the right file anew."
    ),
}


def why(error: NotDoneError) -> str | None:
    """Say why something is not done, and what to do; None where there is nothing of which to do it."""
    if error.why is Why.UNKNOWN:
        return None
    if error.why is Why.IN_THE_WAY:
        later = ", ".join(map(str, error.batches))
        return str(gettext("It cannot be undone: batch %(n)s has replaced rows of it. Undo that first.", n=later))
    return str(_WHY[error.why])


def written(wording: Wording) -> str:
    """Give a phrase of a problem in the language of this answer."""
    return wording.thai if language() == THAI else wording.english


def told(problem: Problem) -> tuple[int, str, str, str]:
    """Take a problem's row and column, what was found there and what is expected."""
    return problem.row, problem.column, written(problem.found), written(problem.expected)


def place_words(place: Place) -> str:
    """Name what a row is about, but for its year and months."""
    return province_name(place.province) if place.province is not None else place.figure or ""
