# SPDX-License-Identifier: Apache-2.0
"""HELLO: the kiosk asks under a fresh nonce how far the controller is, and believes only that answer to go back.

Source: security design, section 5.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

EVERY_S = 300.0  # the controller may have been restored from a backup while the connection stood
AGAIN_S = 5.0  # until it is answered: the controller may not be listening yet
NAMED = 256  # streams in one HELLO; with what the answer adds it still fits the largest message

Named = TypeVar("Named")


@dataclass(frozen=True, slots=True)
class Greeting:
    """When to say HELLO, and under which nonce. `said` counts those that were answered on this connection."""

    nonce: str | None = None
    at_s: float | None = None  # None: at once
    said: int = 0

    def due(self, now_s: float, fresh: Callable[[], str]) -> tuple[Greeting, str | None]:
        """The nonce to say HELLO under now, None when it is not time. One that is not answered is said again."""
        if self.at_s is not None and now_s < self.at_s:
            return self, None
        nonce = self.nonce if self.nonce is not None else fresh()
        return Greeting(nonce, now_s + AGAIN_S, self.said), nonce

    def is_answered_by(self, nonce: str | None) -> bool:
        """Whether a receipt with this nonce answers the HELLO that is open: it was made after that was said."""
        return nonce is not None and nonce == self.nonce

    def answered(self, now_s: float) -> Greeting:
        """After the answer: a nonce is good once, and HELLO is said again later."""
        return Greeting(None, now_s + EVERY_S, self.said + 1)

    def reconnected(self) -> Greeting:
        """After a new connection: a fresh one, at once."""
        return Greeting()

    def named(self, streams: Sequence[Named]) -> list[Named]:
        """Which of the kiosk's streams, newest first, this HELLO names: all, or in turns as many as it can."""
        if len(streams) <= NAMED:
            return list(streams)
        first = self.said * NAMED % len(streams)
        return list(islice([*streams[first:], *streams[:first]], NAMED))
