# SPDX-License-Identifier: Apache-2.0
"""The words of complaints: what they are about, how far they have come, and why something was not done."""

from __future__ import annotations

from flask_babel import lazy_gettext

from fleet.complaints.rules import LONGEST, Deed, Source, State, Term, Why
from wire.opinions import Category, Opinion, Place

CATEGORIES = {
    Category.CARD: lazy_gettext("Card or reader"),
    Category.FACE: lazy_gettext("Camera or face"),
    Category.CODE: lazy_gettext("Code or Mor Prom"),
    Category.MACHINE: lazy_gettext("Screen, sound or printer"),
    Category.WORDS: lazy_gettext("Hard to understand or to use"),
    Category.SERVICE: lazy_gettext("Service and waiting"),
    Category.OTHER: lazy_gettext("Something else"),
}
TERMS = {
    Term.SHORT: lazy_gettext("Short term, urgent"),
    Term.LONG: lazy_gettext("Long term, development"),
}
SOURCES = {
    Source.KIOSK: lazy_gettext("At the kiosk"),
    Source.WALK_IN: lazy_gettext("In person"),
    Source.PHONE: lazy_gettext("By phone"),
}
STATES = {
    State.NEW: lazy_gettext("new"),
    State.TAKEN: lazy_gettext("taken"),
    State.ANSWERED: lazy_gettext("answered"),
    State.CLOSED: lazy_gettext("closed"),
}
DEEDS = {
    Deed.TAKE: lazy_gettext("Take it"),
    Deed.ANSWER: lazy_gettext("Answer it"),
    Deed.CLOSE: lazy_gettext("Close it"),
    Deed.REOPEN: lazy_gettext("Open it again"),
}
PLACES = {
    Place.MENU: lazy_gettext("on the menu"),
    Place.PROBLEM: lazy_gettext("after a problem"),
    Place.RATING: lazy_gettext("after a low rating"),
}
ABOUT = {
    Opinion.ABOUT_WAITING: lazy_gettext("Waiting"),
    Opinion.ABOUT_WORDS: lazy_gettext("Words that were not understood"),
    Opinion.ABOUT_MACHINE: lazy_gettext("A machine that is hard to use"),
    Opinion.ABOUT_OTHER: lazy_gettext("Something else"),
}
WHY = {
    Why.STATE: lazy_gettext("Somebody has changed it meanwhile."),
    Why.NO_WORDS: lazy_gettext("Say it in a sentence."),
    Why.LENGTH: lazy_gettext("Give at most %(n)s letters.", n=LONGEST),
    Why.CONTROLS: lazy_gettext("Give plain words."),
    Why.NUMBER: lazy_gettext("It holds 13 digits, as a citizen number has. It must name nobody: leave it out."),
    Why.NO_PLACE: lazy_gettext("Say where: a province, or the five digits of a facility in it."),
    Why.NO_KIND: lazy_gettext("Choose what it is about, how urgent it is and how it came."),
}
