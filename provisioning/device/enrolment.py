# SPDX-License-Identifier: Apache-2.0
"""Makes this machine the kiosk that a claim names. It may be cut off at any moment and goes on from what it finds.

1. Keys are made into `pending/`, each once.
2. The answer to the claim is written there before anything of it is used.
3. What both hold is put in its place; the settings come last, because the units wait for them.
4. `pending/` goes.

Source: docs/adr/0037; journeys, J11.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from provisioning.device.believing import begun, pinned, trust_file
from provisioning.device.keys import Keys, signing_key
from provisioning.errors import FolderError, RefusedError
from provisioning.files import as_json, folder, private, public, read, secret
from provisioning.identities import AgentWish, Reached, Releases, Site, settings
from provisioning.places import KioskPlaces
from wire.certificates import proven
from wire.claims import CLAIM, Bundle
from wire.envelope import decode
from wire.errors import WireError
from wire.ids import key_id
from wire.wrapped_keys import is_wrapped

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from provisioning.files import Report
    from provisioning.places import Layout
    from wire.claims import ClaimCode, Introduction
    from wire.signing import SigningKey

_PENDING, _BUNDLE, _SETTINGS = "pending", "bundle.json", "kiosk.toml"


@dataclass(frozen=True, slots=True)
class Hardware:
    """What is plugged into this machine, as `dipchip-provision kiosk` takes it."""

    camera: str
    camera_pin: str
    reader: str
    models: str
    agent: AgentWish
    event_key_token: str = ""
    tls_in_chip: bool = False
    printer: str = ""

    def __repr__(self) -> str:
        """Leave out the token's address: it holds a PIN."""
        return f"Hardware(camera={self.camera!r}, reader={self.reader!r})"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Where this machine's identity goes, of which fleet it is, and how its signer is asked."""

    place: Path
    introduction: Introduction
    layout: Layout
    ask: Callable[[Introduction, str, bytes], bytes]

    def run(
        self, code: ClaimCode, facility: str, hardware: Hardware, now: datetime, report: Report
    ) -> tuple[Bundle, bytes]:
        """Claim a name, and become it; who it is, and the fingerprint of its keys.

        Raises:
            RefusedError: this machine has an identity, or what is plugged in cannot serve as the claim wants.
            NotGrantedError, NotReachedError: as `ask` says.
            FolderError: a file cannot be used.
        """
        self._refuse_if_done()
        pending = folder(self.place / _PENDING, private=True)
        keys = Keys.born(pending, hardware.event_key_token, report, tls_in_chip=hardware.tls_in_chip)
        bundle = self._kept(keys, now)
        if bundle is None:
            known = pinned(self.introduction.roots)
            asked = keys.claim(code, facility, None if known is None else known.version)
            answer = self.ask(self.introduction, CLAIM, asked)
            bundle = self._believed(answer, keys, now)
            self._roots(bundle, now)
            private(pending / _BUNDLE, answer, report)
        self._install(keys, bundle, hardware, trust_file(self._roots(bundle, now), bundle.trust), report)
        self._sweep()
        return bundle, keys.fingerprint()

    def finish(self) -> bool:
        """Take away what a power cut left after everything was in its place; whether that was all that was to do."""
        if not ((self.place / _SETTINGS).exists() and (self.place / _PENDING).exists()):
            return False
        self._sweep()
        return True

    @property
    def keeps_tls_in_chip(self) -> bool:
        """Whether the TLS key of the kiosk that this machine has become is in its TPM."""
        return is_wrapped(read(self.place / KioskPlaces().key))

    def _refuse_if_done(self) -> None:
        if (self.place / _SETTINGS).exists():
            message = (
                f"{self.place / _SETTINGS}: this machine is a kiosk already. "
                "One that comes back, or gets another name, starts with a fresh image."
            )
            raise RefusedError(message)

    def _kept(self, keys: Keys, now: datetime) -> Bundle | None:
        file = self.place / _PENDING / _BUNDLE
        return self._believed(read(file), keys, now) if file.exists() else None

    def _believed(self, answer: bytes, keys: Keys, now: datetime) -> Bundle:
        """The answer, if it is of this fleet and for these very keys."""
        root = self.introduction.root
        try:
            bundle = decode(answer, Bundle)
            leaf = proven(bundle.certificate, x509.load_pem_x509_certificate(root.encode()), bundle.kiosk, now)
        except (WireError, ValueError) as error:
            message = (
                f"The answer is not of this image's fleet ({error}). Check the clock; else take the fleet's image."
            )
            raise FolderError(message) from error
        if bundle.root != root or leaf.public_key() != keys.tls.public_key():
            message = "The answer is for another fleet or another key. Start with a fresh image and another claim."
            raise FolderError(message)
        return bundle

    def _roots(self, bundle: Bundle, now: datetime) -> bytes | None:
        """The roots to install; None where the image knows none."""
        certificate = x509.load_pem_x509_certificate(bundle.root.encode())
        digest = certificate.fingerprint(hashes.SHA256()).hex()
        return begun(self.introduction.roots, bundle.roots, bundle.trust, digest, now)

    def _install(self, keys: Keys, bundle: Bundle, hardware: Hardware, trust: bytes, report: Report) -> None:
        beside, place = KioskPlaces(), self.place
        policy = None if bundle.policy is None else place / beside.policy
        root = place / beside.release_root  # by the image, where releases are signed
        releases = Releases(root if root.exists() else None)
        site = self._site(bundle, hardware, policy, releases)  # may refuse, before anything is in its place
        folder(place / "tls")
        public(place / beside.ca, bundle.root.encode("ascii"), report)
        public(place / beside.trust, trust, report)
        if policy is not None and bundle.policy is not None:
            public(policy, bundle.policy.encode("ascii"), report)
        self._named(beside.event_key, keys.event, f"{bundle.kiosk}#1", report)
        self._named(beside.courier_key, keys.courier, f"{bundle.kiosk}#2", report)
        chain = bundle.certificate.encode("ascii")
        private(place / beside.key, keys.tls_pem() + chain, report)
        public(place / beside.certificate, chain, report)
        if not self.layout.is_installed:
            folder(place / beside.spool)
        broker, https = bundle.brokers[0], bundle.https
        reached = Reached(broker.host, broker.port, https.host, https.port)
        public(place / _SETTINGS, settings(site, reached), report)

    def _site(self, bundle: Bundle, hardware: Hardware, policy: Path | None, releases: Releases) -> Site:
        return Site(
            kiosk=bundle.kiosk,
            facility=bundle.facility,
            province=bundle.province,
            shard=bundle.shard,
            profile=str(bundle.profile),
            camera=hardware.camera,
            camera_pin=hardware.camera_pin,
            reader=hardware.reader,
            models=hardware.models,
            policy=policy,
            layout=self.layout,
            agent=hardware.agent,
            printer=hardware.printer,
            releases=releases,
        )

    def _named(self, name: str, key: SigningKey, kid: str, report: Report) -> None:
        path, named = self.place / name, key.named(key_id(kid))
        there = secret(path, lambda: as_json(named.jwk()), report)
        if signing_key(path, there).public() != named.public():
            message = f"{path}: is another kiosk's key. Start with a fresh image."
            raise FolderError(message)

    def _sweep(self) -> None:
        shutil.rmtree(self.place / _PENDING)
