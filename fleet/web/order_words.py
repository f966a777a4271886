# SPDX-License-Identifier: Apache-2.0
"""The words of orders to a kiosk: what each does, how one stands, and which make sense now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext, lazy_gettext

from fleet.devices.health import RESTING
from fleet.devices.orders import State, Why
from fleet.web.wording import age as written_age
from fleet.web.wording import code_words, number, written_moment
from wire.orders import NotUpdated, Op

if TYPE_CHECKING:
    from fleet.devices.health import Device
    from fleet.devices.orders import Given
    from wire.orders import Diagnosis

OPS = {
    Op.CLOSE: lazy_gettext("Close for a while"),
    Op.REOPEN: lazy_gettext("Open again"),
    Op.RESTART: lazy_gettext("Restart its program"),
    Op.DIAGNOSE: lazy_gettext("Collect diagnostics"),
    Op.ROTATE_KEY: lazy_gettext("Make a new key"),
    Op.UPDATE: lazy_gettext("Install a release"),
}
EFFECTS = {
    Op.CLOSE: lazy_gettext(
        "The screen says that the kiosk is closed for a while and sends people elsewhere, until somebody opens it "
        "again, also after a power cut. Whoever is being served is served to the end."
    ),
    Op.REOPEN: lazy_gettext("The kiosk serves people again."),
    Op.RESTART: lazy_gettext(
        "The screen's program ends and starts anew within seconds. Nothing is lost. Whoever is being served is served "
        "to the end first."
    ),
    Op.DIAGNOSE: lazy_gettext(
        "The kiosk sends figures about the machine: versions, temperature, disk, queue and parts. Nobody notices it at "
        "the kiosk, and it names nobody."
    ),
    Op.ROTATE_KEY: lazy_gettext(
        "The kiosk makes a new TLS key, gets a certificate for it and connects with that, within a minute or two. "
        "Nobody notices. The old one comes on the next list of revoked ones. A kiosk that may be in the wrong hands is "
        "reported lost instead."
    ),
    Op.UPDATE: lazy_gettext("The kiosk fetches the release, tries it between two visits, and goes back if it fails."),
}
STATES = {
    State.QUEUED: lazy_gettext("Waits for the kiosk"),
    State.SENT: lazy_gettext("Sent, no answer yet"),
    State.TAKEN: lazy_gettext("The kiosk is doing it"),
    State.DONE: lazy_gettext("Done"),
    State.REFUSED: lazy_gettext("Refused by the kiosk"),
    State.EXPIRED: lazy_gettext("Too late: the kiosk did not answer within an hour"),
    State.CANCELLED: lazy_gettext("Cancelled"),
}
REASONS = {
    "unknown_op": lazy_gettext("Its release does not know this order. Update the kiosk."),
    "cannot_renew": lazy_gettext("It does not renew its certificate by itself. Commission it again."),
    "not_renewed": lazy_gettext("No certificate came in an hour. Ask whoever runs the controller for the signer."),
    NotUpdated.CANNOT_UPDATE: lazy_gettext("Nothing on it installs releases. Update it by the playbook."),
    NotUpdated.SAME_RELEASE: lazy_gettext("It has this release already."),
    NotUpdated.OLDER_RELEASE: lazy_gettext("It has a later release."),
    NotUpdated.CANNOT_FOLLOW: lazy_gettext("The release follows a later one than it has. Roll that one out first."),
    NotUpdated.NOT_OFFERED: lazy_gettext(
        "Its channel does not offer this release. Publish it, or see which one it has."
    ),
    NotUpdated.NOT_BELIEVED: lazy_gettext(
        "What is published is not signed as it must be, or too old. Check the repository, and the kiosk's clock."
    ),
    NotUpdated.UNREACHABLE: lazy_gettext("The repository did not answer. Check the way from the kiosk to it."),
    NotUpdated.NO_ROOM: lazy_gettext("There is no room for it. Look at the kiosk's disk."),
    NotUpdated.UNFIT: lazy_gettext("The release does not fit this machine. Ask whoever made it."),
    NotUpdated.NEVER_QUIET: lazy_gettext("Somebody was served all the time. It is asked again."),
    NotUpdated.CANNOT_SWITCH: lazy_gettext("It may not stop or start its own units. Run the playbook."),
    NotUpdated.TRIED_BEFORE: lazy_gettext("The release has failed here as often as may be."),
    NotUpdated.TRIAL_SCREEN: lazy_gettext("It went back: with the release the welcome screen did not stand."),
    NotUpdated.TRIAL_READER: lazy_gettext("It went back: with the release the card reader was not found."),
    NotUpdated.TRIAL_CAMERA: lazy_gettext("It went back: with the release the camera gave no picture."),
    NotUpdated.TRIAL_STORE: lazy_gettext("It went back: with the release nothing could be kept."),
    NotUpdated.TRIAL_UNITS: lazy_gettext("It went back: with the release a process did not stay up."),
    NotUpdated.INTERRUPTED: lazy_gettext("Power or the machine failed during the trial, more than once."),
    NotUpdated.REPLACED: lazy_gettext("A later order names another release."),
    NotUpdated.NO_ANSWER: lazy_gettext("What installs releases said nothing for a day. Restart the kiosk."),
}
WHY_NOT = {
    Why.REVOKED: lazy_gettext("The kiosk is withdrawn already."),
    Why.TAKES_NONE: lazy_gettext("Its release takes no orders yet. Update the kiosk."),
    Why.UNKNOWN_OP: lazy_gettext("There is no such order."),
    Why.ONE_IS_OPEN: lazy_gettext("Another order is open there. Wait for its end, or take it back."),
    Why.UNDER_WAY: lazy_gettext("It is too late to take it back: it is on its way to the kiosk."),
    Why.NOT_OPEN: lazy_gettext("The order has ended meanwhile."),
}
TONES = {
    State.QUEUED: "needs_care",
    State.SENT: "needs_care",
    State.TAKEN: "needs_care",
    State.DONE: "ok",
    State.REFUSED: "silent",
    State.EXPIRED: "silent",
    State.CANCELLED: "revoked",
}


@dataclass(frozen=True, slots=True)
class Offered:
    """An order that makes sense now, with what will happen."""

    op: Op
    name: str
    effect: str


def offered(device: Device) -> tuple[Offered, ...]:
    """What makes sense to order of a kiosk as it was last heard."""
    door = Op.REOPEN if device.screen == RESTING else Op.CLOSE
    return tuple(Offered(op, str(OPS[op]), str(EFFECTS[op])) for op in (door, Op.RESTART, Op.DIAGNOSE, Op.ROTATE_KEY))


def op_words(op: str, release: str | None = None) -> str:
    """Name what was ordered."""
    name = str(OPS[Op(op)]) if op in set(Op) else op
    return name if release is None else f"{name} {release}"


def remark(order: Given) -> str:
    """Say what there is to add to how an order stands."""
    if order.state is State.CANCELLED:
        return str(gettext("by %(name)s", name=order.cancelled_by))
    if order.reason is not None:
        return str(REASONS.get(order.reason, order.reason))
    return "" if order.ended_ms is None else written_moment(order.ended_ms)


def diagnosis_words(found: Diagnosis) -> tuple[tuple[str, str], ...]:
    """Say the facts of a machine, each with its name."""
    unknown = "—"

    def known(value: int | None, unit: str) -> str:
        return unknown if value is None else f"{number(value)} {unit}"

    oldest = found.oldest_unacked_s
    return (
        (gettext("Release"), found.release),
        (gettext("Python"), found.python),
        (gettext("System kernel"), found.system),
        (gettext("Machine is on for"), written_age(found.uptime_s)),
        (gettext("Program runs for"), written_age(found.process_s)),
        (gettext("Temperature"), known(found.temperature_c, "°C")),
        (gettext("Memory free"), known(found.memory_free_mib, "MiB")),
        (gettext("Disk free"), known(found.disk_free_mib, "MiB")),
        (gettext("Unsent"), number(found.outbox)),
        (gettext("The oldest unsent waits"), unknown if oldest is None else written_age(oldest)),
        (gettext("Link"), code_words(found.link)),
        (gettext("Screen"), code_words(found.screen)),
        (gettext("Reader"), code_words(found.reader)),
        (gettext("Camera"), code_words(found.camera)),
        (gettext("The last card reads"), _counted(found.card_reads)),
        (gettext("Visits by how they ended"), _counted(found.endings)),
    )


def _counted(counts: dict[str, int]) -> str:
    return " · ".join(f"{code} {number(n)}" for code, n in counts.items()) or "—"
