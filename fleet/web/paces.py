# SPDX-License-Identifier: Apache-2.0
"""How often one token may ask: a bucket of as many questions as may come at once, filled again at a steady pace.

Buckets stand in the memory of this process: one that starts anew has full ones, and two consoles have two each. Nothing
but the machine's own work is protected by them, and a row that is written for each question would be more of it.
"""

from __future__ import annotations

import threading

AT_ONCE = 120  # questions: every province, once, and some more
EVERY_MS = 500  # then two a second


class TooOftenError(Exception):
    """A token asks too often; `wait_ms` is when it may ask again."""

    def __init__(self, wait_ms: int) -> None:
        """Keep how long."""
        self.wait_ms = wait_ms
        super().__init__(str(wait_ms))


class Paces:
    """The buckets of all tokens, by their numbers: there are as many as tokens that the database knows."""

    def __init__(self) -> None:
        self._full_ms: dict[int, int] = {}  # when each will be full again
        self._turn = threading.Lock()

    def take(self, token: int, now_ms: int) -> None:
        """Count a question.

        Raises:
            TooOftenError: the token's bucket is empty; the question is not counted.
        """
        with self._turn:
            full_ms = max(self._full_ms.get(token, 0), now_ms) + EVERY_MS
            wait_ms = full_ms - now_ms - AT_ONCE * EVERY_MS
            if wait_ms > 0:
                raise TooOftenError(wait_ms)
            self._full_ms[token] = full_ms
