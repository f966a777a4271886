# SPDX-License-Identifier: Apache-2.0
"""Brings a release into a slot: what the channel offers, if that is what is wanted and may be had here.

Nothing that runs is touched. What came of a file before the network failed is kept, and gone on with.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from kiosk.update.errors import FetchError, NoRoomError, OtherBytesError, ReleaseError
from kiosk.update.offers import offered
from kiosk.update.slots import Link
from kiosk.update.unpacking import unpack
from wire.ids import ReleaseVersion
from wire.orders import NotUpdated
from wire.releases import place

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeVar

    from kiosk.update.book import Page
    from kiosk.update.offers import Asker, Offer
    from kiosk.update.slots import Slots
    from kiosk.update.sources import Source

    T = TypeVar("T")

log = structlog.get_logger()

MOST_FAILURES = 2
_MIB = 2**20
RESERVE_BYTES = 256 * _MIB  # what records and logs still need beside a release


@dataclass(frozen=True, slots=True)
class Taking:
    """Where releases come from and go to. `pauses_s` are those between asking a repository that does not answer."""

    slots: Slots
    source: Source
    asker: Asker
    fetched: Path
    pauses_s: tuple[float, ...] = (5, 15, 60, 120, 300, 300, 600, 900, 900)
    reserve_bytes: int = RESERVE_BYTES
    wait: Callable[[float], object] = field(default=time.sleep)

    def take(self, wanted: ReleaseVersion | None, page: Page, *, again: bool = False) -> ReleaseVersion:
        """Have a slot hold the wanted version, or whatever is offered.

        Raises:
            ReleaseError: why it may not be had, or cannot.
        """
        if wanted is not None:
            self._require_fitting(wanted, page, again=again)
        offer = self._patiently(lambda: offered(self.source, self.asker))
        if offer is None or (wanted is not None and offer.bundle.version != wanted):
            told = "nothing" if offer is None else offer.bundle.version
            message = f"The channel {self.asker.channel} offers {told}. Publish the wanted release, or wait for it."
            raise ReleaseError(NotUpdated.NOT_OFFERED, message)
        version = ReleaseVersion(offer.bundle.version)
        self._require_fitting(version, page, again=again)
        self._require_following(offer)
        if not self.slots.holds(version, offer.file.sha256):
            self._bring(version, offer)
        return version

    def _require_fitting(self, version: ReleaseVersion, page: Page, *, again: bool) -> None:
        if version == self.slots.where(Link.CURRENT):
            message = f"{version}: is what runs here."
            raise ReleaseError(NotUpdated.SAME_RELEASE, message)
        highest = max([page.proven, self.slots.where(Link.PROVEN) or "0.0.0"], key=_place)
        if _place(version) < _place(highest):
            message = f"{version}: {highest} has stood here, and a kiosk does not go back to what has known holes."
            raise ReleaseError(NotUpdated.OLDER_RELEASE, message)
        if page.failures.get(version, 0) >= MOST_FAILURES and not again:
            message = (
                f"{version}: has failed its trial here {page.failures[version]} times. See why in the journal; then"
                " sign a later version, or run `dipchip-kiosk update --again` at the kiosk."
            )
            raise ReleaseError(NotUpdated.TRIED_BEFORE, message)

    def _require_following(self, offer: Offer) -> None:
        current = self.slots.where(Link.CURRENT) or "0.0.0"
        if _place(offer.bundle.follows) > _place(current):
            message = f"{offer.bundle.version}: goes over {offer.bundle.follows} or later, and here is {current}."
            raise ReleaseError(NotUpdated.CANNOT_FOLLOW, f"{message} Install one between them, or run site.yml.")

    def _bring(self, version: ReleaseVersion, offer: Offer) -> None:
        try:
            self.slots.prune()
            self._require_room(offer)
            self._patiently(lambda: self._fetched(offer))
            unpack(self.fetched / offer.file.name, offer.bundle, self.slots.begin(version))
            self.slots.finish(version, offer.file.sha256)
        except OSError as error:
            message = f"{self.slots.releases}: does not take the release ({error.strerror}). Run site.yml, free space."
            raise ReleaseError(NotUpdated.NO_ROOM, message) from error
        finally:
            self.slots.tidy()
        shutil.rmtree(self.fetched, ignore_errors=True)
        log.info("release_unpacked", release=version)

    def _fetched(self, offer: Offer) -> None:
        try:
            self.source.bring(offer.file, offer.path, self.fetched)
        except NoRoomError as error:
            raise ReleaseError(NotUpdated.NO_ROOM, str(error)) from error
        except OtherBytesError as error:
            raise ReleaseError(NotUpdated.NOT_BELIEVED, str(error)) from error
        except FetchError as error:
            raise ReleaseError(NotUpdated.UNREACHABLE, str(error)) from error

    def _require_room(self, offer: Offer) -> None:
        self.fetched.mkdir(parents=True, exist_ok=True)
        parts = [path for path in self.fetched.iterdir() if path.name.startswith(f".{offer.file.name}")]
        have = sum(path.stat().st_size for path in parts)
        for path in set(self.fetched.iterdir()) - set(parts):
            path.unlink()  # of a release that nobody wants any more
        needed = {self.fetched: offer.file.size_bytes - have, self.slots.releases: offer.bundle.unpacked_bytes}
        if self.fetched.stat().st_dev == self.slots.releases.stat().st_dev:
            needed = {self.slots.releases: sum(needed.values())}
        for folder, size in needed.items():
            free, wanted = shutil.disk_usage(folder).free, size + self.reserve_bytes
            if free < wanted:
                message = (
                    f"{folder}: {free // _MIB} MiB are free, and the release needs {wanted // _MIB}."
                    " Free space on the card, or put in a larger one."
                )
                raise ReleaseError(NotUpdated.NO_ROOM, message)

    def _patiently(self, ask: Callable[[], T]) -> T:
        """Ask again while nobody answers: a network that comes and goes is no reason to give up."""
        for pause_s in self.pauses_s:
            try:
                return ask()
            except ReleaseError as error:
                if error.reason is not NotUpdated.UNREACHABLE:
                    raise
                log.info("repository_unreachable", technician=str(error))
                self.wait(pause_s)
        return ask()


def _place(version: str) -> tuple[int, ...]:
    return place(ReleaseVersion(version))
