# SPDX-License-Identifier: Apache-2.0
"""How long to wait before the next try, and when to leave a provider alone that does not answer at all.

Pauses grow exponentially with jitter, so that a thousand waiters do not return at once.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from fleet.partners.idp.shapes import ProviderUnavailableError
from fleet.partners.provider_id.shapes import OfficeUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fleet.partners.idp.shapes import Enrolment, Refused, Standing, Submission
    from fleet.partners.provider_id.shapes import HandOver, Progress
    from fleet.relay.ports import IdentityProvider, ProviderIdOffice

_RETRY_FIRST_MS = 2_000
_RETRY_LAST_MS = 5 * 60_000
_RETRY_STEPS = 16  # beyond it the longest pause is long reached
_POLL_LAST_MS = 60 * 60_000
_POLL_GROWTH = 1.5
_POLL_STEPS = 40  # likewise
_FAILURES = 3  # in a row, whoever was asked about: then it is the provider and not the person
_REST_LAST_MS = 30_000

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def retry_ms(attempts: int) -> int:
    """The pause after `attempts` failures: between half and the whole of what it could be."""
    most = min(_RETRY_LAST_MS, _RETRY_FIRST_MS << min(attempts, _RETRY_STEPS))
    return most // 2 + secrets.randbelow(most // 2)


def poll_ms(first_ms: int, polls: int) -> int:
    """The pause before looking again whether a person has used the PIN: short at first, an hour later on."""
    return min(_POLL_LAST_MS, round(first_ms * _POLL_GROWTH ** min(polls, _POLL_STEPS)))


class Rest:
    """Leaves a system alone for a while after several failures in a row: each of them costs a timeout.

    Args:
        now_ms: the clock.
        unavailable: the system's own error, made of one word.
    """

    def __init__(
        self, now_ms: Callable[[], int], unavailable: type[ProviderUnavailableError | OfficeUnavailableError]
    ) -> None:
        self._now_ms = now_ms
        self._unavailable = unavailable
        self._failures = 0
        self._until_ms = 0

    def asked(self, call: Callable[Given, Answer], *args: Given.args, **kwargs: Given.kwargs) -> Answer:
        """Ask, or refuse to without asking."""
        if self._now_ms() < self._until_ms:
            code = "resting"
            raise self._unavailable(code)
        try:
            answer = call(*args, **kwargs)
        except self._unavailable:
            self._failures += 1
            if self._failures >= _FAILURES:
                self._until_ms = self._now_ms() + min(_REST_LAST_MS, retry_ms(self._failures - _FAILURES))
            raise
        self._failures = 0
        return answer


class RestingProvider:
    """The identity provider, left alone for a while when it fails."""

    def __init__(self, provider: IdentityProvider, now_ms: Callable[[], int]) -> None:
        self._provider = provider
        self._rest = Rest(now_ms, ProviderUnavailableError)

    def submit(self, event: str, person: Submission) -> Enrolment:
        """As the provider does it."""
        return self._rest.asked(self._provider.submit, event, person)

    def status(self, reference: str) -> Enrolment:
        """As the provider does it."""
        return self._rest.asked(self._provider.status, reference)

    def new_pin(self, reference: str, key: str) -> Enrolment | Refused:
        """As the provider does it."""
        return self._rest.asked(self._provider.new_pin, reference, key)

    def status_of(self, citizen_number: str) -> Standing:
        """As the provider does it."""
        return self._rest.asked(self._provider.status_of, citizen_number)


class RestingOffice:
    """The office that gives Provider IDs, left alone likewise: nobody's PIN waits for it."""

    def __init__(self, office: ProviderIdOffice, now_ms: Callable[[], int]) -> None:
        self._office = office
        self._rest = Rest(now_ms, OfficeUnavailableError)
        self.hands_over = office.hands_over

    def has_provider_id(self, citizen_number: str) -> bool | None:
        """As the office does it."""
        return self._rest.asked(self._office.has_provider_id, citizen_number)

    def begin(self, ask: str, citizen_number: str, word: tuple[str, str]) -> HandOver:
        """As the office does it."""
        return self._rest.asked(self._office.begin, ask, citizen_number, word)

    def progress(self, ask: str) -> Progress:
        """As the office does it."""
        return self._rest.asked(self._office.progress, ask)
