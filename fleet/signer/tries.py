# SPDX-License-Identifier: Apache-2.0
"""How often an address was refused lately: whoever guesses has to wait.

In this process's memory, and forgotten with it. Source: docs/adr/0037; OWASP ASVS 5.0, 6.3.1.
"""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict, deque

MOST = 10
WITHIN_MS = 15 * 60 * 1000  # as long as a claim lives
_ADDRESSES = 10_000  # the one that was quiet for longest is forgotten first
_IPV6_SITE = 64  # RFC 6177: whoever has one address there has them all


class Tries:
    """Refused tries by address."""

    def __init__(self) -> None:
        """Nobody was refused yet."""
        self._refused: OrderedDict[str, deque[int]] = OrderedDict()
        self._one_at_a_time = threading.Lock()

    def may_ask(self, address: str, now_ms: int) -> bool:
        """Whether this address may try a code."""
        with self._one_at_a_time:
            times = self._refused.get(_site(address))
            return times is None or len(times) < MOST or times[0] <= now_ms - WITHIN_MS

    def refused(self, address: str, now_ms: int) -> None:
        """Note that a try was refused."""
        site = _site(address)
        with self._one_at_a_time:
            self._refused.setdefault(site, deque(maxlen=MOST)).append(now_ms)
            self._refused.move_to_end(site)
            while len(self._refused) > _ADDRESSES:
                self._refused.popitem(last=False)


def _site(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""  # whoever has none shares one
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _IPV6_SITE), strict=False))
