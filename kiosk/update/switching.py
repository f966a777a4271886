# SPDX-License-Identifier: Apache-2.0
"""Lets a kiosk run another release, tries it, and goes back where it does not stand; whatever is cut off, and whenever.

1. Nobody is served, and nobody begins. 2. The trial stands in the book. 3. The units are down, and what they told is
taken down. 4. `current` leads to the new release. 5. The units are up, and are judged.
6. It stands: `proven` leads to it, then the book says so. 7. It does not: the book says so, then the way back.

Whoever comes after a cut finds in the book and the links how far it was. Two starts of the machine are granted to a
trial; the third goes back, because a release may be what starts the machine again and again.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from msgspec.structs import replace

from kiosk.store.visiting import quiet
from kiosk.update.book import Ending, Trial, failed, stood
from kiosk.update.errors import ReleaseError
from kiosk.update.slots import Link
from kiosk.update.trial import Patience, watch
from wire.ids import ReleaseVersion
from wire.orders import NotUpdated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from kiosk.update.book import Book, Page
    from kiosk.update.slots import Slots
    from kiosk.update.trial import Sights
    from kiosk.update.units import Units

log = structlog.get_logger()

MOST_BOOTS = 2


@dataclass(frozen=True, slots=True)
class Pace:
    """How long is waited for a moment in which nobody is served, before a switch and before the way back."""

    quiet_s: float = 6 * 3600.0
    back_s: float = 1800.0  # then whoever stands there is before a kiosk that does not stand
    between_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Switching:
    """One kiosk's two links and its units. `boot` is this boot's id."""

    slots: Slots
    book: Book
    units: Units
    sights: Sights
    store: Path
    boot: str
    patience: Patience = field(default_factory=Patience)
    pace: Pace = field(default_factory=Pace)
    clock_s: Callable[[], float] = time.monotonic
    wait: Callable[[float], object] = time.sleep

    def resume(self) -> None:
        """End what an earlier run has left: judge it, or go back."""
        page = self.book.read()
        trial = page.trial
        if trial is None:
            return
        log.info("trial_found", release=trial.version, boots=trial.boots)
        if trial.failed is not None:
            self._go_back(page, trial)
        elif self.slots.where(Link.CURRENT) != trial.version:  # it was cut off before 4
            self.units.start()
            self.book.write(replace(page, trial=None))
        elif self.slots.where(Link.PROVEN) == trial.version:
            self._keep(page, trial)
        else:
            self._look_again(page, trial)

    def switch(self, version: ReleaseVersion, order: int | None) -> NotUpdated | None:
        """Run another release and judge it; why it did not stand, or None.

        Raises:
            ReleaseError: NEVER_QUIET, CANNOT_SWITCH, CANNOT_UPDATE; nothing was switched.
        """
        back_to = self.slots.where(Link.PROVEN)
        if back_to is None:
            message = (
                f"{self.slots.home / Link.PROVEN}: leads to no release, so that there is no way back. Run site.yml."
            )
            raise ReleaseError(NotUpdated.CANNOT_UPDATE, message)
        page = self.book.read()
        with self._quiet(self.pace.quiet_s) as is_quiet:  # 1
            if not is_quiet:
                message = "Somebody was served all the time. Close the kiosk for a while, and order it again."
                raise ReleaseError(NotUpdated.NEVER_QUIET, message)
            trial = Trial(version, back_to, self.sights.look(), self.boot, order=order)
            page = replace(page, trial=trial, ending=None)
            self.book.write(page)  # 2
            try:
                self.units.stop()  # 3
            except ReleaseError:
                self.units.start()
                self.book.write(replace(page, trial=None))
                raise
            self.sights.forget()
            self.slots.point(Link.CURRENT, version)  # 4
            self.units.start()  # 5
        log.info("release_on_trial", release=version, back_to=back_to)
        return self._judge(page, trial)

    def _look_again(self, page: Page, trial: Trial) -> None:
        boots = trial.boots + (trial.boot != self.boot)
        trial = replace(trial, boot=self.boot, boots=boots)
        page = replace(page, trial=trial)
        self.book.write(page)
        if boots > MOST_BOOTS:
            self._fail(page, trial, NotUpdated.INTERRUPTED)
            return
        self.units.start()
        self._judge(page, trial)

    def _judge(self, page: Page, trial: Trial) -> NotUpdated | None:
        reason = watch(self.sights, trial.before, self.patience, clock_s=self.clock_s, wait=self.wait)
        if reason is None:
            self._keep(page, trial)  # 6
        else:
            self._fail(page, trial, reason)  # 7
        return reason

    def _keep(self, page: Page, trial: Trial) -> None:
        version = ReleaseVersion(trial.version)
        if self.slots.where(Link.PROVEN) != version:
            self.slots.point(Link.PROVEN, version)
        self.book.write(replace(stood(page, version), trial=None, ending=Ending(version, trial.order)))
        log.info("release_proven", release=version)
        self.slots.prune(ReleaseVersion(trial.back_to))  # from which this very process runs

    def _fail(self, page: Page, trial: Trial, reason: NotUpdated) -> None:
        log.error("release_failed", release=trial.version, reason=reason)
        trial = replace(trial, failed=reason)
        page = replace(failed(page, trial.version), trial=trial)
        self.book.write(page)
        self._go_back(page, trial)

    def _go_back(self, page: Page, trial: Trial) -> None:
        back_to = ReleaseVersion(trial.back_to)
        if self.slots.where(Link.CURRENT) != back_to:
            with self._quiet(self.pace.back_s):
                try:
                    self.units.stop()
                except ReleaseError as error:  # started anew they come from where the link leads
                    log.error("units_not_stopped", technician=str(error))  # noqa: TRY400 - the sentence is the whole story
                self.sights.forget()
                self.slots.point(Link.CURRENT, back_to)
        self.units.start()
        self.book.write(replace(page, trial=None, ending=Ending(trial.version, trial.order, trial.failed)))
        log.info("release_taken_back", release=trial.version, back_to=back_to)

    @contextmanager
    def _quiet(self, patience_s: float) -> Iterator[bool]:
        until_s = self.clock_s() + patience_s
        while True:
            with quiet(self.store) as is_quiet:
                if is_quiet or self.clock_s() >= until_s:
                    yield is_quiet
                    return
            self.wait(self.pace.between_s)
