# SPDX-License-Identifier: Apache-2.0
"""A TPM 2.0 in software (swtpm) with one token of Debian's PKCS#11 module and P-256 keys that never leave it.

Between it and whoever asks stands tpm2-abrmd, as the kernel's own resource manager stands behind /dev/tpmrm0: a TPM has
room for three objects, and several processes use it at once.
"""

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
PROVIDER = Path("/usr/lib/x86_64-linux-gnu/ossl-modules/tpm2.so")
# What the role `kiosk` installs for the courier.
OPENSSL_CONF = Path(__file__).parents[2] / "ansible/roles/kiosk/files/openssl-tpm.cnf"
_TCTI = Path("/usr/lib/x86_64-linux-gnu/libtss2-tcti-tabrmd.so.0")
_PATIENCE_S = 120.0  # each look is a process, and a busy machine starts one slowly
_PROGRAMS = ("swtpm", "pkcs11-tool", "tpm2-abrmd", "tpm2_getrandom", "dbus-daemon")
_PACKAGES = {MODULE: "libtpm2-pkcs11-1", PROVIDER: "tpm2-openssl", _TCTI: "libtss2-tcti-tabrmd0"}


def missing() -> str:
    """What is not installed, in words; empty when all is there."""
    lacking = [name for name in _PROGRAMS if shutil.which(name) is None]
    lacking += [package for file, package in _PACKAGES.items() if not file.exists()]
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
        self._bus = f"unix:abstract=dipchip-tpm-{self._port}"
        bus = ["dbus-daemon", "--session", "--nofork", f"--address={self._bus}"]
        manager = ["tpm2-abrmd", "--session", "--allow-root", f"--tcti=swtpm:host=127.0.0.1,port={self._port}"]
        self._services = (
            Service([*command, "--flags", "not-need-init,startup-clear"], log=folder / "swtpm.log"),
            Service(bus, log=folder / "bus.log"),
            Service(manager, log=folder / "abrmd.log", env={"DBUS_SESSION_BUS_ADDRESS": self._bus}),
        )

    @property
    def environment(self) -> dict[str, str]:
        """What the module needs to find it."""
        variables = ("TPM2_PKCS11_TCTI", "TPM2TOOLS_TCTI", "TPM2OPENSSL_TCTI")
        found = dict.fromkeys(variables, "tabrmd:bus_type=session") | {"DBUS_SESSION_BUS_ADDRESS": self._bus}
        return found | {"TPM2_PKCS11_STORE": str(self.store), "TSS2_LOG": "all+NONE"}

    @property
    def for_tls(self) -> dict[str, str]:
        """What a process needs whose TLS key is in it, as the courier's unit says it."""
        return self.environment | {"OPENSSL_CONF": str(OPENSSL_CONF)}

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

    def _module(self, *words: str) -> None:
        self._run("pkcs11-tool", "--module", str(MODULE), *words)

    def _run(self, *command: str) -> None:
        environment = {**os.environ, **self.environment}
        subprocess.run(command, check=True, capture_output=True, env=environment, timeout=60)

    def __enter__(self) -> Self:
        """Start it, and make the token."""
        for path in (self._state, self.store):
            path.mkdir(parents=True, exist_ok=True)
        try:
            chip, bus, manager = self._services
            chip.start()
            bus.start()
            wait_until(self._listen, "the TPM and the bus listen", _PATIENCE_S)
            manager.start()
            wait_until(self._answers, "the TPM answers", _PATIENCE_S)
            if not self._has_token:
                self._make_token()
        except BaseException:
            self._stop()
            raise
        return self

    def _make_token(self) -> None:
        self._module("--slot-index", "0", "--init-token", "--label", TOKEN, "--so-pin", _SO_PIN)
        officer = ("--login", "--login-type", "so", "--so-pin", _SO_PIN)
        self._module("--token-label", TOKEN, *officer, "--init-pin", "--pin", PIN)

    def _listen(self) -> bool:
        """Whether the manager can begin: it does not wait for what it stands between."""
        with socket.socket(socket.AF_UNIX) as bus:
            if bus.connect_ex("\0" + self._bus.partition("abstract=")[2]) != 0:
                return False
        return self._says_a_number(f"swtpm:host=127.0.0.1,port={self._port}")

    def _answers(self) -> bool:
        return self._says_a_number(self.environment["TPM2TOOLS_TCTI"])

    def _says_a_number(self, tcti: str) -> bool:
        try:
            self._run("tpm2_getrandom", "--tcti", tcti, "1")
        except subprocess.CalledProcessError:
            return False
        return True

    def _stop(self) -> None:
        for service in reversed(self._services):
            service.stop()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self._stop()


def _two_ports() -> tuple[int, int]:
    """Two neighbours that nobody listens on: the client looks for swtpm's control beside its server."""
    while True:
        port = free_port()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port + 1)) != 0:
                return port, port + 1
