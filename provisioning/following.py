# SPDX-License-Identifier: Apache-2.0
"""Gives broker and door their revocation lists: those that were made offline, with the signer's in its place.

It takes no list of a stranger and none that is over, and no entry is lost by it while its list lasts; it holds no key
and talks to nobody. What has changed an empty file beside the lists says, for whoever may restart a service.
Source: docs/adr/0039; RFC 5280, 5 and 6.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509

from provisioning.errors import FolderError, RefusedError
from provisioning.files import public, read
from wire.certificates import list_pem, lists_of
from wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from provisioning.files import Report

_SOON = timedelta(days=1)  # whoever is served a list that is over refuses everybody
READ_AGAIN, CUT_OFF = "read-again", "cut-off"  # a list changed; somebody newly on it may be connected


@dataclass(frozen=True, slots=True)
class Lists:
    """Where the lists are: made offline, whose they may be, the signer's, and what broker or door reads."""

    offline: Path
    authorities: Path
    given: Path
    served: Path


def follow(lists: Lists, now: datetime, report: Report) -> int:
    """Serve the best list of each authority; how many certificates are newly on them.

    Raises:
        FolderError: a file cannot be read or written.
        RefusedError: what is given is no list of this fleet's that is good now; what was served is served on.
    """
    authorities = _authorities(lists.authorities)
    chosen = {each.issuer: each for each in _read(lists.offline)}
    served = _read(lists.served) if lists.served.exists() else []
    for each in (*served, *(_given(lists.given, authorities, now) if lists.given.exists() else ())):
        if each.issuer in chosen:
            chosen[each.issuer] = _better(chosen[each.issuer], each, now)
    fresh = _serials(chosen.values()) - _serials(served)
    content = b"".join(map(list_pem, chosen.values()))
    if lists.served.exists() and read(lists.served) == content:
        report.kept(lists.served)
        return 0
    if fresh:
        public(lists.served.with_name(CUT_OFF), b"", report)  # first: after a power cut it is seen that it is due
    public(lists.served, content, report)
    public(lists.served.with_name(READ_AGAIN), b"", report)
    return len(fresh)


def _better(
    one: x509.CertificateRevocationList, other: x509.CertificateRevocationList, now: datetime
) -> x509.CertificateRevocationList:
    """The one that lasts; of two that last, the one with every entry of the other and more; else the one made last.

    The list that is made offline each month may lack what the signer has listed meanwhile, and is newer.
    """
    lasting = [each for each in (one, other) if each.next_update_utc is not None and each.next_update_utc > now + _SOON]
    if len(lasting) == 1:
        return lasting[0]
    ours, theirs = _serials([one]), _serials([other])
    if ours != theirs and (ours < theirs or theirs < ours):
        return one if theirs < ours else other
    return max(one, other, key=_made)


def _made(listed: x509.CertificateRevocationList) -> tuple[datetime, int]:
    """By day and number: the signer and whoever keeps the authority count each for themselves."""
    return listed.last_update_utc, listed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def _given(path: Path, authorities: list[x509.Certificate], now: datetime) -> list[x509.CertificateRevocationList]:
    try:
        given = lists_of(read(path))
    except WireError as error:
        message = f"{path}: {error}. The lists that were served are served on; look at the signer's log."
        raise RefusedError(message) from error
    for each in given:
        if each.next_update_utc is None or each.next_update_utc <= now:
            message = f"{path}: is over. The lists that were served are served on; is the signer's clock right?"
            raise RefusedError(message)
        if not any(_is_of(each, authority) for authority in authorities):
            message = f"{path}: is not this fleet's. The lists that were served are served on; who wrote it?"
            raise RefusedError(message)
    return given


def _is_of(listed: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    try:
        return listed.issuer == authority.subject and listed.is_signature_valid(authority.public_key())  # type: ignore[arg-type]  # an authority of ours has a key that signs
    except (TypeError, ValueError):
        return False


def _authorities(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(read(path))
    except ValueError as error:
        message = f"{path}: not certificates. Give the ca-clients.pem that `dipchip-provision fleet` made."
        raise FolderError(message) from error


def _read(path: Path) -> list[x509.CertificateRevocationList]:
    try:
        return lists_of(read(path))
    except WireError as error:
        message = f"{path}: {error}. Give the crl.pem that `dipchip-provision fleet` made; run the playbook again."
        raise FolderError(message) from error


def _serials(lists: Iterable[x509.CertificateRevocationList]) -> set[tuple[x509.Name, int]]:
    return {(each.issuer, entry.serial_number) for each in lists for entry in each}
