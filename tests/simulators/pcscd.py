# SPDX-License-Identifier: Apache-2.0
"""A private real pcscd with one virtual reader, for tests and the demo; several may run beside each other.

It sees no reader of this machine and no other program sees it: it runs in its own mount namespace, where the folder of
its socket and the folder of USB drivers are its own. A client reaches it by `env`. libpcsclite reads that variable once
a process, so one process can only ever talk to one folder's daemon. The daemon ends with the thread that started it.
"""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

READER_NAME = "Virtual PCD"

_DRIVERS = Path("/usr/lib/pcsc/drivers")
_VPCD = _DRIVERS / "serial" / "libifdvpcd.so"
_SOCKET_PATH_LIMIT = 107  # sockaddr_un
_STARTS = 5  # other programs may take a port between choosing and binding
_READY_S = 10.0
_STOP_S = 5.0

# One folder stands in for /run, /run/pcscd and the drivers of real readers; `setpriv` ends the daemon with its parent.
_SCRIPT = """
set -e
mount -t tmpfs none /run
mkdir /run/pcscd
mount --bind {run} /run/pcscd
mount --bind {drivers} {system_drivers}
exec setpriv --pdeathsig KILL pcscd --foreground --config {readers}
"""


class PcscDaemon:
    """`with PcscDaemon(directory) as daemon:` - then `daemon.env` for clients and `daemon.vpcd_port` for the card."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory.resolve()
        self._process: subprocess.Popen[bytes] | None = None
        self.vpcd_port = 0

    @property
    def env(self) -> dict[str, str]:
        """What a client's environment needs."""
        return {"PCSCLITE_CSOCK_NAME": str(self._socket)}

    @property
    def _socket(self) -> Path:
        return self._directory / "run" / "pcscd.comm"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the daemon and return when its reader waits for a card. After `stop` it may be started again."""
        self._lay_out()
        for _ in range(_STARTS):
            self.vpcd_port = _two_free_ports()
            self._write_reader()
            self._launch()
            if self._becomes_ready():
                return
            self.stop()
        log = (self._directory / "pcscd.log").read_text(errors="replace")[-500:]
        message = f"pcscd did not start; it said: {log!r}. Install pcscd and vsmartcard-vpcd; allow user namespaces."
        raise RuntimeError(message)

    def stop(self) -> None:
        """End the daemon; every connection to it breaks."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _lay_out(self) -> None:
        if len(str(self._socket)) > _SOCKET_PATH_LIMIT:
            message = f"{self._socket} is too long for a socket. Choose a shorter directory."
            raise ValueError(message)
        for name in ("run", "drivers", "readers"):
            (self._directory / name).mkdir(parents=True, exist_ok=True)
        shutil.copy(_VPCD, self._directory / "libifdvpcd.so")

    def _write_reader(self) -> None:
        (self._directory / "readers" / "vpcd").write_text(
            f'FRIENDLYNAME "{READER_NAME}"\n'
            f"DEVICENAME /dev/null:{self.vpcd_port:#06x}\n"
            f"LIBPATH {self._directory / 'libifdvpcd.so'}\n"
            f"CHANNELID {self.vpcd_port:#06x}\n"
        )

    def _launch(self) -> None:
        script = _SCRIPT.format(
            run=shlex.quote(str(self._directory / "run")),
            drivers=shlex.quote(str(self._directory / "drivers")),
            system_drivers=_DRIVERS,
            readers=shlex.quote(str(self._directory / "readers")),
        )
        rights = [] if os.geteuid() == 0 else ["--map-root-user"]
        self._socket.unlink(missing_ok=True)
        with (self._directory / "pcscd.log").open("wb") as log:
            self._process = subprocess.Popen(
                ["unshare", "--mount", *rights, "sh", "-c", script],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env={"PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"},
            )  # fmt: skip

    def _becomes_ready(self) -> bool:
        assert self._process is not None
        deadline = time.monotonic() + _READY_S
        while time.monotonic() < deadline and self._process.poll() is None:
            if self._socket.exists() and _listens(self._process.pid, self.vpcd_port):
                return True
            time.sleep(0.01)
        return False


def _two_free_ports() -> int:
    """Find a port that is free together with its successor: the virtual reader has two slots."""
    while True:
        port = 20000 + secrets.randbelow(12000)
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind(("", port))
                second.bind(("", port + 1))
            except OSError:
                continue
        return port


def _listens(pid: int, port: int) -> bool:
    """Whether this process itself listens on the port; to try it by connecting would insert a card."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = {row[9] for row in rows if row[3] == "0A" and int(row[1].split(":")[1], 16) == port}
    try:
        files = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
    except OSError:
        return False
    return any(f"socket:[{inode}]" in files for inode in inodes)
