# SPDX-License-Identifier: Apache-2.0
"""The updater: it ends what an earlier run left, then installs the release that was ordered, or that a stick holds.

It runs from `proven`, not from the release on trial, as a user of its own; it sees no person, no card and no camera. It
runs once and exits.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import ssl
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from platform import machine
from typing import TYPE_CHECKING

import structlog

from kiosk import config, device, logs
from kiosk.store import bell, orders
from kiosk.store.database import Store, StoreError
from kiosk.update.book import Book, seen
from kiosk.update.errors import ReleaseError
from kiosk.update.slots import Link, Slots
from kiosk.update.switching import Switching
from kiosk.update.trial import Patience, Sights
from kiosk.update.units import Systemd
from wire.events import ClockSync
from wire.ids import ReleaseVersion
from wire.orders import NotUpdated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kiosk.store.orders import Update
    from kiosk.update.book import Page
    from kiosk.update.sources import Source
    from kiosk.update.units import Units

log = structlog.get_logger()

_LOCK = "run.lock"
_REFUSED = 3  # the exit code by hand; an order is answered in the store


def run(settings_file: Path, source: Path | None, *, by_hand: bool, again: bool) -> int:
    """End what was left; then the order's release, or by hand whatever the source offers. Gives the exit code.

    Raises:
        ConfigError: this kiosk installs no releases, or another updater is at work.
    """
    settings = config.read(settings_file)
    if settings.updates.root is None and not by_hand:
        return 0
    if settings.updates.root is None:
        message = f"{settings_file}: updates.root is empty, so that no release is believed. See docs/operations.md."
        raise config.ConfigError(message)
    _become_owner(settings.updates.state)
    os.umask(0o022)  # slots are read by every process of the kiosk
    logs.configure("kiosk-update", settings.log_level, sys.stderr)
    with _alone(settings.updates.state):
        updater = Updater(settings, Systemd())
        bell.heard(settings.store)
        updater.resume()
        return updater.by_hand(source, again=again) if by_hand else updater.by_order()


class Updater:
    """One kiosk's updater."""

    def __init__(self, settings: config.Settings, units: Units, patience: Patience | None = None) -> None:
        """Take the settings, and what starts and stops units."""
        updates = settings.updates
        self._settings = settings
        self._slots, self._book = Slots(updates.home), Book(updates.state)
        self._sights = Sights(settings.store, units)
        self._switching = Switching(
            slots=self._slots,
            book=self._book,
            units=units,
            sights=self._sights,
            store=settings.store,
            boot=device.boot(),
            patience=patience or Patience(),
        )

    def resume(self) -> None:
        """End what an earlier run has left, whatever has become of store, network and repository."""
        self._switching.resume()
        self._sights.close()

    def by_order(self) -> int:
        """Install what was ordered, if anything was; the order's answer lies in the store then."""
        wanted = self._wanted()
        if wanted is None:
            return 0
        ending = self._book.read().ending
        if ending is not None and ending.order == wanted.n:  # it was cut off before it could say so
            self._answer(wanted.n, ending.reason)
            return 0
        log.info("release_ordered", release=wanted.release)
        try:
            reason = self._install(ReleaseVersion(wanted.release), self._source(None), order=wanted.n)
        except ReleaseError as error:
            log.error("release_not_installed", reason=error.reason, technician=str(error))  # noqa: TRY400 - as it says
            reason = error.reason
        self._answer(wanted.n, reason)
        return 0

    def by_hand(self, folder: Path | None, *, again: bool) -> int:
        """Install whatever is offered, and tell the technician."""
        try:
            reason = self._install(None, self._source(folder), order=None, again=again)
        except ReleaseError as error:
            sys.stderr.write(f"{error.reason}: {error}\n")
            return _REFUSED
        runs = self._slots.where(Link.CURRENT)
        if reason is None:
            sys.stdout.write(f"{runs} stands.\n")
            return 0
        sys.stderr.write(
            f"{reason}: the release did not stand, and {runs} runs again. Run `dipchip-kiosk doctor`, and read"
            " `journalctl -u dipchip-kiosk-ui -u dipchip-kiosk-courier`.\n"
        )
        return _REFUSED

    def _install(
        self, wanted: ReleaseVersion | None, source: Source, *, order: int | None, again: bool = False
    ) -> NotUpdated | None:
        from kiosk.update.offers import Asker  # noqa: PLC0415 - the way back must not wait for The Update Framework
        from kiosk.update.taking import Taking  # noqa: PLC0415 - likewise

        updates, page = self._settings.updates, self._look_at_clock()
        asker = Asker(
            root=_root(updates),
            state=updates.state / "believed",
            channel=updates.channel,
            platform=f"{machine()}-cp3{sys.version_info.minor}",
            not_before=datetime.fromtimestamp(page.latest_ms / 1000, UTC),
        )
        taking = Taking(slots=self._slots, source=source, asker=asker, fetched=updates.state / "fetched")
        version = taking.take(wanted, page, again=again)
        try:
            return self._switching.switch(version, order)
        finally:
            self._sights.close()

    def _look_at_clock(self) -> Page:
        """Remember the time, while the kernel knows it to be right: one wrong by years would end all releases."""
        page = self._book.read()
        if device.clock_sync()[0] is ClockSync.SYNCED:
            page = seen(page, device.wall_ms())
            self._book.write(page)
        return page

    def _source(self, folder: Path | None) -> Source:
        from kiosk.update.sources import FolderSource, HttpsSource  # noqa: PLC0415 - as above

        updates = self._settings.updates
        place = updates.repository if folder is None else str(folder)
        if not place:
            message = "updates.repository is empty: no release comes by the network. Give --from with a stick's folder."
            raise ReleaseError(NotUpdated.CANNOT_UPDATE, message)
        if not place.startswith("https://"):
            return FolderSource(Path(place))
        try:
            context = ssl.create_default_context(cafile=None if updates.ca is None else str(updates.ca))
        except OSError as error:
            message = (
                f"updates.ca: is no file of certificates ({error.strerror or 'unreadable'}). Give the authority's."
            )
            raise ReleaseError(NotUpdated.CANNOT_UPDATE, message) from error
        return HttpsSource(place, context)

    def _wanted(self) -> Update | None:
        try:
            store = Store(self._settings.store)
            try:
                update = orders.book(store).update
            finally:
                store.close()
        except StoreError as error:
            log.error("store_unfit", technician=str(error))  # noqa: TRY400 - the sentence is the whole story
            return None
        return None if update is None or update.ended else update

    def _answer(self, n: int, reason: NotUpdated | None) -> None:
        """Say it in the store. Where that fails the book keeps a trial's ending, and the order is looked at again."""
        try:
            store = Store(self._settings.store)
            try:
                orders.answer_update(store, n, reason)
            finally:
                store.close()
        except StoreError as error:
            log.error("order_not_answered", technician=str(error))  # noqa: TRY400 - the sentence is the whole story


def _root(updates: config.Updates) -> bytes:
    try:
        return (updates.root or Path()).read_bytes()
    except OSError as error:
        message = (
            f"{updates.root}: cannot be read ({error.strerror}). Give the first root of the releases; run site.yml."
        )
        raise ReleaseError(NotUpdated.CANNOT_UPDATE, message) from error


def _become_owner(state: Path) -> None:
    """A technician is root: what is made here must be the updater's own."""
    if os.geteuid() != 0:
        return
    try:
        owner = pwd.getpwuid(state.stat().st_uid)
    except (OSError, KeyError) as error:
        message = f"{state}: is not there, or nobody's. Run site.yml, which makes it."
        raise config.ConfigError(message) from error
    if owner.pw_uid != 0:
        os.initgroups(owner.pw_name, owner.pw_gid)
        os.setgid(owner.pw_gid)
        os.setuid(owner.pw_uid)


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    try:
        descriptor = os.open(state / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    except OSError as error:
        message = f"{state}: cannot be written ({error.strerror}). Run it with sudo; site.yml makes the folder."
        raise config.ConfigError(message) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        message = "An update is under way. Watch it: journalctl -f -u dipchip-kiosk-update."
        raise config.ConfigError(message) from error
    else:
        yield
    finally:
        os.close(descriptor)
