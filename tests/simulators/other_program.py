# SPDX-License-Identifier: Apache-2.0
"""Another program at the reader service: a process of its own that connects to cards, resets them, stays connected.

It speaks PC/SC by pyscard's plain functions and shows their result codes as they are. Tests tell it what to do; run as
a module it takes one JSON list a line (function, arguments) and answers with one JSON value a line.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Self

from smartcard import scard

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

_PROTOCOLS = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
_WAIT_MS = 10_000
_END_S = 5.0


class OtherProgram:
    """`with OtherProgram(daemon.env) as other:` - a client of that daemon, whatever this process is connected to."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__], env={**os.environ, **env}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def readers(self) -> list[str]:
        """Name the readers that the service lists."""
        return list(self._ask("readers"))

    def wait_for(self, reader: str, state: int) -> bool:
        """Wait until a reader's state has one of these bits; false when it takes too long."""
        return bool(self._ask("wait_for", reader, state))

    def connect(self, reader: str) -> int:
        """Connect, shared; returns the result code."""
        return int(self._ask("connect", reader))

    def transmit(self, command: bytes) -> tuple[int, bytes]:
        """Send a command over the connection; returns the result code and the answer."""
        result, answer = self._ask("transmit", command.hex())
        return int(result), bytes.fromhex(answer)

    def disconnect(self, *, reset: bool = False) -> int:
        """Disconnect and leave the card as it is, or reset it; returns the result code."""
        return int(self._ask("disconnect", reset))

    def _ask(self, function: str, *arguments: object) -> Any:  # noqa: ANN401 - what the function returns
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([function, *arguments]) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


class _Client:
    """The program itself, in its own process."""

    def __init__(self) -> None:
        self._context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)[1]
        self._handle = 0
        self._protocol = 0

    def readers(self) -> list[str]:
        return list(scard.SCardListReaders(self._context, [])[1])

    def wait_for(self, reader: str, state: int) -> bool:
        known = int(scard.SCARD_STATE_UNAWARE)
        while True:
            result, states = scard.SCardGetStatusChange(self._context, _WAIT_MS, [(reader, known)])
            if result == scard.SCARD_E_UNKNOWN_READER:
                return bool(state & scard.SCARD_STATE_UNKNOWN)
            if result != scard.SCARD_S_SUCCESS:
                return False
            known = int(states[0][1]) & ~int(scard.SCARD_STATE_CHANGED)
            if known & state:
                return True

    def connect(self, reader: str) -> int:
        result, self._handle, self._protocol = scard.SCardConnect(
            self._context, reader, scard.SCARD_SHARE_SHARED, _PROTOCOLS
        )
        return _code(result)

    def transmit(self, command: str) -> tuple[int, str]:
        pci = scard.SCARD_PCI_T1 if self._protocol == scard.SCARD_PROTOCOL_T1 else scard.SCARD_PCI_T0
        result, answer = scard.SCardTransmit(self._handle, pci, list(bytes.fromhex(command)))
        return _code(result), bytes(byte & 0xFF for byte in answer).hex()

    def disconnect(self, reset: bool) -> int:  # noqa: FBT001 - as it came in the list
        disposition = scard.SCARD_RESET_CARD if reset else scard.SCARD_LEAVE_CARD
        return _code(scard.SCardDisconnect(self._handle, disposition))


def _code(result: int) -> int:
    return int(result) & 0xFFFFFFFF


if __name__ == "__main__":
    client = _Client()
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        print(json.dumps(getattr(client, name)(*arguments)), flush=True)  # noqa: T201 - the answer
