# SPDX-License-Identifier: Apache-2.0
"""What is known of a kiosk as facts that are kept apart: place in life, link, software, health, certificate.

One function judges them all, from what the controller holds and by its own clock. `fleet.devices.health.Condition` is
their summary in one word, judged by the database for lists; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from fleet.devices import certificates
from fleet.devices.health import RESTING, Care, Condition
from fleet.devices.vigil import SILENT_AFTER_MS

if TYPE_CHECKING:
    from fleet.devices.certificates import Validity
    from fleet.devices.health import Device

QUIET_AFTER_MS = 3 * 60 * 1000  # three heartbeats: may be a restart, so nobody is called yet


class Lifecycle(StrEnum):
    """Where it is in its life."""

    REGISTERED = "registered"  # and never heard from
    IN_SERVICE = "in_service"
    REPORTED_LOST = "reported_lost"  # by one person: another one has to confirm
    REVOKED = "revoked"


class Connectivity(StrEnum):
    """How long ago it was heard."""

    NEVER = "never"
    ONLINE = "online"
    QUIET = "quiet"  # missed heartbeats, and not yet so long that it counts as silent
    CLOSED = "closed"  # so long, and its facility was not open for as long: it may be switched off
    SILENT = "silent"


class Software(StrEnum):
    """Its release beside the one that most kiosks run."""

    UNKNOWN = "unknown"
    SAME_AS_MOST = "same_as_most"
    ANOTHER = "another"


class Health(StrEnum):
    """Whether it asked for somebody when it was last heard."""

    UNKNOWN = "unknown"  # never heard, or so long ago that what it said is old
    FINE = "fine"
    RESTING = "resting"  # closed by its operators
    NEEDS_CARE = "needs_care"


@dataclass(frozen=True, slots=True)
class Besides:
    """What stands beside a kiosk's last words: opening hours, what most run, until when its certificate is good.

    None where nobody said.
    """

    silent_ms: int  # what was heard last at or before it is silence, by the hours of its facility
    usual_release: str | None = None
    certificate_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """The five, and why it needs care."""

    lifecycle: Lifecycle
    connectivity: Connectivity
    software: Software
    health: Health
    certificate: Validity
    cares: tuple[Care, ...]

    @property
    def condition(self) -> Condition:
        """The summary in one word."""
        if self.lifecycle is Lifecycle.REVOKED:
            return Condition.REVOKED
        by_link = {
            Connectivity.NEVER: Condition.NEVER_SEEN,
            Connectivity.SILENT: Condition.SILENT,
            Connectivity.CLOSED: Condition.RESTING,
        }
        if self.connectivity in by_link:
            return by_link[self.connectivity]
        by_health = {Health.NEEDS_CARE: Condition.NEEDS_CARE, Health.RESTING: Condition.RESTING}
        return by_health.get(self.health, Condition.OK)


def judge(device: Device, now_ms: int, *, is_reported_lost: bool, besides: Besides) -> Facts:
    """Judge a kiosk from what was last heard of it."""
    connectivity = _connectivity(device.seen_ms, now_ms, besides.silent_ms)
    is_heard = connectivity in (Connectivity.ONLINE, Connectivity.QUIET)
    return Facts(
        lifecycle=_lifecycle(device, is_reported_lost=is_reported_lost),
        connectivity=connectivity,
        software=_software(device.release, besides.usual_release),
        health=_health(device) if is_heard else Health.UNKNOWN,
        certificate=certificates.judge(besides.certificate_ms, now_ms),
        cares=device.cares if is_heard else (),
    )


def _health(device: Device) -> Health:
    if device.cares:
        return Health.NEEDS_CARE
    return Health.RESTING if device.screen == RESTING else Health.FINE


def _lifecycle(device: Device, *, is_reported_lost: bool) -> Lifecycle:
    if device.condition is Condition.REVOKED:
        return Lifecycle.REVOKED
    if is_reported_lost:
        return Lifecycle.REPORTED_LOST
    return Lifecycle.REGISTERED if device.seen_ms is None else Lifecycle.IN_SERVICE


def _connectivity(seen_ms: int | None, now_ms: int, silent_ms: int) -> Connectivity:
    if seen_ms is None:
        return Connectivity.NEVER
    if seen_ms <= now_ms - SILENT_AFTER_MS:
        return Connectivity.SILENT if seen_ms <= silent_ms else Connectivity.CLOSED
    return Connectivity.QUIET if seen_ms <= now_ms - QUIET_AFTER_MS else Connectivity.ONLINE


def _software(release: str | None, usual: str | None) -> Software:
    if release is None or usual is None:
        return Software.UNKNOWN
    return Software.SAME_AS_MOST if release == usual else Software.ANOTHER
