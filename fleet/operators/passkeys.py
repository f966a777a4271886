# SPDX-License-Identifier: Apache-2.0
"""Passkeys: a key that a phone, a computer or a stick holds, and uses once it has verified its person itself.

1. One is added by whoever has signed in and shown password and code once more. Who made the device is not asked.
2. It signs in alone: the device must say that it verified the person, and the signature covers this console's name,
   this challenge and this origin. The challenge is the ticket of an errand: good once, in this browser.
3. Where the device counts, the count must have grown: a copy of the key is found by it.

No secret is kept: what stands in the table opens nothing. Source: W3C Web Authentication Level 3, 7.1 and 7.2.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog
import webauthn
from sqlalchemy import delete, func, select, update
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from fleet.operators import signing_in
from fleet.operators.accounts import AccountRefusedError, of_row
from fleet.operators.one_time_codes import ISSUER
from fleet.store.operator_tables import operator, operator_passkey
from fleet.store.session import insert, reading, unit_of_work

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, Row

    from fleet.operators.accounts import Account
    from fleet.operators.one_time_codes import OperatorKey

log = structlog.get_logger(__name__)
MOST = 10  # of an account
LONGEST_NAME = 64  # letters
# What a browser may send that is no answer of a device at all.
_NO_ANSWER = (WebAuthnException, ValueError, TypeError, KeyError, AttributeError)


@dataclass(frozen=True, slots=True)
class Ceremony:
    """One asking of a device: the origin that the browser shows, and the ticket that the device signs."""

    origin: str
    ticket: str

    @property
    def name(self) -> str:
        """The console's name, to which keys are bound."""
        return urlsplit(self.origin).hostname or ""

    @property
    def challenge(self) -> bytes:
        """The ticket as the device is given it."""
        return self.ticket.encode(errors="replace")


@dataclass(frozen=True, slots=True)
class Passkey:
    """One as it is listed."""

    number: int
    name: str
    made_ms: int
    used_ms: int | None


def wanted_new(connection: Connection, account: Account, key: OperatorKey, ceremony: Ceremony) -> str:  # 1
    """What the browser asks a device for, to add a passkey: JSON."""
    known = select(operator_passkey.c.credential).where(operator_passkey.c.operator == account.number)
    options = webauthn.generate_registration_options(
        rp_id=ceremony.name,
        rp_name=ISSUER,
        user_id=key.token(f"user|{account.number}"),
        user_name=account.name,
        user_display_name=account.display,
        challenge=ceremony.challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in connection.execute(known).scalars()],
    )
    return webauthn.options_to_json(options)


def add(connection: Connection, account: Account, name: str, answer: str, ceremony: Ceremony, now_ms: int) -> None:
    """Keep what a device answered.

    Raises:
        AccountRefusedError: it is no such answer, the account has enough, or the name cannot be.
    """
    label = name.strip()
    if not 0 < len(label) <= LONGEST_NAME or not label.isprintable():
        message = f"name: give 1 to {LONGEST_NAME} letters by which you will know the device."
        raise AccountRefusedError(message)
    own = select(func.count()).select_from(operator_passkey).where(operator_passkey.c.operator == account.number)
    if connection.execute(own).scalar_one() >= MOST:
        message = f"An account has {MOST} passkeys at most. Remove one first."
        raise AccountRefusedError(message)
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=ceremony.challenge,
            expected_rp_id=ceremony.name,
            expected_origin=ceremony.origin,
            require_user_verification=True,
        )
    except _NO_ANSWER as error:
        log.warning("passkey_refused", why=type(error).__name__)
        message = "The device's answer was not accepted. Begin again."
        raise AccountRefusedError(message) from error
    row = {"credential": made.credential_id, "operator": account.number, "public_key": made.credential_public_key}
    row |= {"uses": made.sign_count, "name": label, "made_ms": now_ms}
    written = insert(connection, operator_passkey).values(**row).on_conflict_do_nothing()
    if connection.execute(written.returning(operator_passkey.c.id)).first() is None:
        message = "That passkey is here already."
        raise AccountRefusedError(message)


def wanted_known(ceremony: Ceremony) -> str:  # 2
    """What the browser asks a device for, to sign in with any passkey that it has for this console: JSON."""
    options = webauthn.generate_authentication_options(
        rp_id=ceremony.name, challenge=ceremony.challenge, user_verification=UserVerificationRequirement.REQUIRED
    )
    return webauthn.options_to_json(options)


def sign_in(engine: Engine, answer: str, ceremony: Ceremony, address: str, now_ms: int) -> str | None:
    """Sign in with what a device answered; the new session's id, or None."""
    try:
        found = _of(engine, webauthn.base64url_to_bytes(json.loads(answer)["rawId"]))
        if found is None:
            return None
        used = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=ceremony.challenge,
            expected_rp_id=ceremony.name,
            expected_origin=ceremony.origin,
            credential_public_key=found.public_key,
            credential_current_sign_count=found.uses,  # 3
            require_user_verification=True,
        )
    except _NO_ANSWER as error:
        log.warning("passkey_refused", why=type(error).__name__)
        return None
    with unit_of_work(engine) as connection:
        this = (operator_passkey.c.id == found.passkey) & (operator_passkey.c.uses == found.uses)
        counted = update(operator_passkey).where(this).values(uses=used.new_sign_count, used_ms=now_ms)
        if connection.execute(counted).rowcount != 1:
            return None
        still = select(operator).where(operator.c.id == found.id, operator.c.disabled_ms.is_(None))
        row = connection.execute(still).first()
        return None if row is None else signing_in.begin(connection, of_row(row), address, "passkey", now_ms)


def read_all(connection: Connection, account: Account) -> list[Passkey]:
    """An account's passkeys, the oldest first."""
    columns = (operator_passkey.c.id, operator_passkey.c.name, operator_passkey.c.made_ms, operator_passkey.c.used_ms)
    own = select(*columns).where(operator_passkey.c.operator == account.number).order_by(operator_passkey.c.id)
    return [Passkey(*row) for row in connection.execute(own)]


def end(connection: Connection, account: Account, number: int) -> bool:
    """Remove one of an account's passkeys; whether it had it."""
    own = (operator_passkey.c.operator == account.number) & (operator_passkey.c.id == number)
    return connection.execute(delete(operator_passkey).where(own)).rowcount == 1


def _of(engine: Engine, credential: bytes) -> Row[Any, Any, Any, Any] | None:
    columns = (operator_passkey.c.id.label("passkey"), operator_passkey.c.public_key, operator_passkey.c.uses)
    joined = select(operator.c.id, *columns).join_from(operator_passkey, operator)
    with reading(engine) as connection:
        usable = joined.where(operator_passkey.c.credential == credential, operator.c.disabled_ms.is_(None))
        return connection.execute(usable).first()
