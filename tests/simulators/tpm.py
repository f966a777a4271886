# SPDX-License-Identifier: Apache-2.0
"""A TPM 2.0 in software (swtpm) behind Debian's PKCS#11 module, with one token and P-256 keys that never leave it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.simulators.broker import free_port
from tests.simulators.services import Service, wait_until

if TYPE_CHECKING:
    from types import TracebackType

MODULE = Path("/usr/lib/x86_64-linux-gnu/libtpm2_pkcs11.so.1")
TOKEN, PIN, _SO_PIN = "dipchip", "12345678", "87654321"
_PROGRAMS = ("swtpm", "pkcs11-tool", "tpm2_flushcontext")


def missing() -> str:
    """What is not installed, in words; empty when all is there."""
    lacking = [name for name in _PROGRAMS if shutil.which(name) is None]
    lacking += [] if MODULE.exists() else ["libtpm2-pkcs11-1"]
    lacking += [] if importlib.util.find_spec("pkcs11") else ["python-pkcs11"]
    return f"not installed: {', '.join(lacking)}" if lacking else ""


class Tpm:
    """As a context manager it runs from entry to exit. `store` is what lies on the card: blobs for it alone."""

    def __init__(self, folder: Path, store: Path | None = None) -> None:
        """Prepare; without a store a token is made."""
        self.store = store or folder / "store"
        self._has_token = store is not None
        self._state = folder / "tpm"
        self._port, control = _two_ports()
        command = ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self._state.absolute()}"]
        command += ["--server", f"type=tcp,port={self._port}", "--ctrl", f"type=tcp,port={control}"]
        self._service = Service([*command, "--flags", "not-need-init,startup-clear"], log=folder / "swtpm.log")

    @property
    def environment(self) -> dict[str, str]:
        """What the module needs to find it."""
        where = f"swtpm:host=127.0.0.1,port={self._port}"
        found = {"TPM2_PKCS11_TCTI": where, "TPM2TOOLS_TCTI": where, "TPM2_PKCS11_STORE": str(self.store)}
        return found | {"TSS2_LOG": "all+NONE"}

    def make_key(self, label: str) -> str:
        """Make a key in it; its URI."""
        login = ("--token-label", TOKEN, "--login", "--pin", PIN)
        self._module(
            *login, "--keypairgen", "--key-type", "EC:prime256v1", "--label", label, "--id", "01", "--usage-sign"
        )
        return self.uri(label)

    @staticmethod
    def uri(label: str) -> str:
        """How a key in the token is named (RFC 7512)."""
        return f"pkcs11:token={TOKEN};object={label}?module-path={MODULE}&pin-value={PIN}"

    def forget(self) -> None:
        """Flush what a program has left in it. The kernel's resource manager does that before a real one."""
        for kind in ("-t", "-l", "-s"):
            self._run("tpm2_flushcontext", kind)

    def _module(self, *words: str) -> None:
        self._run("pkcs11-tool", "--module", str(MODULE), *words)
        self.forget()

    def _run(self, *command: str) -> None:
        environment = {**os.environ, **self.environment}
        subprocess.run(command, check=True, capture_output=True, env=environment, timeout=60)

    def __enter__(self) -> Self:
        """Start it, and make the token."""
        for path in (self._state, self.store):
            path.mkdir(parents=True, exist_ok=True)
        self._service.start()
        try:
            wait_until(self._answers, "the TPM answers")
            if not self._has_token:
                self._make_token()
        except BaseException:
            self._service.stop()
            raise
        return self

    def _make_token(self) -> None:
        self._module("--slot-index", "0", "--init-token", "--label", TOKEN, "--so-pin", _SO_PIN)
        officer = ("--login", "--login-type", "so", "--so-pin", _SO_PIN)
        self._module("--token-label", TOKEN, *officer, "--init-pin", "--pin", PIN)

    def _answers(self) -> bool:
        try:
            self.forget()
        except subprocess.CalledProcessError:
            return False
        return True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self._service.stop()


def _two_ports() -> tuple[int, int]:
    """Two neighbours that nobody listens on: the client looks for swtpm's control beside its server."""
    while True:
        port = free_port()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port + 1)) != 0:
                return port, port + 1
