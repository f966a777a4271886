# SPDX-License-Identifier: Apache-2.0
"""What the relay needs from the world: an identity provider, a Provider ID office, and its own keys in one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from fleet.partners.idp.shapes import Enrolment, Refused, Standing, Submission
    from fleet.partners.provider_id.shapes import HandOver, Progress
    from fleet.relay.tokens import TokenKey
    from wire.sealing import OpeningKey
    from wire.signing import SigningKey


class IdentityProvider(Protocol):
    """Issues Health IDs. Every call may be repeated; each raises `ProviderUnavailableError` when it gives no answer."""

    def submit(self, event: str, person: Submission) -> Enrolment:
        """Submit a person once; the same event gives the same enrolment."""

    def status(self, reference: str) -> Enrolment:
        """How an enrolment stands, with its PIN while it is accepted."""

    def new_pin(self, reference: str, key: str) -> Enrolment | Refused:
        """Give an accepted enrolment a new PIN in place of the last, once a key; or say why there is none."""

    def status_of(self, citizen_number: str) -> Standing:
        """How a person stands."""


class ProviderIdOffice(Protocol):
    """Gives Provider IDs. Every call may be repeated; each raises `OfficeUnavailableError` when it gives no answer."""

    @property
    def hands_over(self) -> bool:
        """Whether a person can be handed over to their own phone at all."""

    def has_provider_id(self, citizen_number: str) -> bool | None:
        """Whether a person has one; None when nobody can be asked."""

    def begin(self, ask: str, citizen_number: str, word: tuple[str, str]) -> HandOver:
        """Begin to hand a person over, with words in Thai and English; the same ask gives the same hand-over."""

    def progress(self, ask: str) -> Progress:
        """How far that has come."""


@dataclass(frozen=True, slots=True)
class Partners:
    """The outside systems that the relay asks."""

    provider: IdentityProvider
    office: ProviderIdOffice


@dataclass(frozen=True, slots=True)
class RelayKeyring:
    """The three keys that only the relay holds."""

    opening: OpeningKey
    token: TokenKey
    answer: SigningKey
