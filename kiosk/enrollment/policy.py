# SPDX-License-Identifier: Apache-2.0
"""The rules of a session as frozen, versioned data, each with its unit and source. A kiosk cannot lower them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """How long and how often. Sources are pages of the design; see docs/tour.md."""

    version: str = "session-1"
    notice_version: str = "notice-1"
    idle_s: float = 45.0  # journeys: idle 45 s
    warning_s: float = 20.0  # WCAG 2.2.1: at least 20 s to answer
    extensions: int = 10  # WCAG 2.2.1: extendable at least ten times
    card_attempts: int = 3  # journeys J4
    face_attempts: int = 3  # compliance C-06
    minimum_age_years: int = 20  # compliance P-04: below it, staff with a guardian
    reading_s: float = 30.0  # journeys SC-05: 8 s; a card that takes longer than this is held back by a fault or a ruse
    put_back_s: float = 20.0  # to put a pulled card back: as long as the idle warning; then what was read is wiped
    put_backs: int = 3  # as many as a card's attempts
    watcher_lag_s: float = 1.0  # four of the watcher's looks: a removal that it has not seen by then was none
    looking_s: float = 80.0  # twice an attempt's own limit: past it the camera hangs
    status_timeout_s: float = 10.0  # journeys SC-08: more than 10 s is "slow"
    check_answer_s: float = 15.0  # journeys J3: then the next in the queue shall not read it
    outcome_timeout_s: float = 20.0  # then "saved, we will tell you"
    activation_wait_s: float = 90.0  # journeys SC-09
    farewell_s: float = 8.0  # how long a last word stays on the screen
    deferred_hours: int = 0  # journeys J9: how long a request may be kept without a network; 0 takes none
    take_card_s: float = 15.0  # journeys SC-13
    rating_s: float = 8.0  # journeys SC-12; 0 asks nobody
    complaint_s: float = 20.0  # to choose one of four, as long as the idle warning
    help_s: float = 300.0  # how long a helper is waited for before silence counts again
    helper_late_s: float = 120.0  # how much longer than promised one who was named is waited for
    help_watched: bool = False  # whether somebody at the hospital watches the console for who asks for help
    counter: str = ""  # journeys J6: where staff go on with whoever cannot here; empty where the hospital has not said
    mor_prom_link: str = ""  # Mor Prom's own page, once the ministry has named it; without it no QR code is offered
    offers_slip: bool = False  # journeys SC-09: whether a printer is here that can give the code on paper
    announcements: tuple[tuple[str, str], ...] = ()  # Thai and English, as last announced
    announce_s: float = 8.0  # how long the offer and each announcement stands
    offers_staff: bool = True  # journeys J10: a tile for staff
    hand_over_s: float = 240.0  # as long as a link to a person's phone is good for (partners/provider_id)
    enrolls_staff: bool = False  # whether that leads on to a Provider ID, or says what can be done here today
