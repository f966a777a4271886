# SPDX-License-Identifier: Apache-2.0
"""A private real pcscd with virtual readers, for tests and the demo; several may run beside each other.

It sees no reader of this machine and no other program sees it: it runs in its own mount namespace, where the folder of
its socket and the folder of USB drivers are its own. A client reaches it by `env`. libpcsclite reads that variable once
a process, so one process can only ever talk to one folder's daemon. The daemon ends with the thread that started it.

Without `readers` there is one, in the configuration. With names they are USB readers: all attached at first, and
`detach` and `attach` pull them out and plug them in while clients are connected. Each has two slots, as vpcd has.
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

from tests.simulators.usb import UsbBus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
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
exec setpriv --pdeathsig KILL env {variables} pcscd --foreground --config {readers}
"""


class PcscDaemon:
    """`with PcscDaemon(directory) as daemon:` - then `daemon.env` for clients and `daemon.vpcd_port` for the card."""

    def __init__(self, directory: Path, readers: Sequence[str] = ()) -> None:
        self._directory = directory.resolve()
        self._process: subprocess.Popen[bytes] | None = None
        self._names = tuple(readers)
        self._attached = list(readers)
        self._bus = UsbBus(self._directory) if readers else None
        self._ports: dict[str, int] = {}

    @property
    def vpcd_port(self) -> int:
        """Where the card of the first reader's first slot connects."""
        return next(iter(self._ports.values()), 0)

    def port(self, reader: str, slot: int = 0) -> int:
        """Where the card of a reader's slot connects; the same whether the reader is attached or not."""
        return self._ports[reader] + slot

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
        """Start the daemon and return when its readers wait for cards.

        After `stop` it may be started again, with the readers that were attached, on the ports that it had.
        """
        self._lay_out()
        for _ in range(_STARTS):
            self._ports = self._ports or self._free_ports()
            self._write_readers()
            self._launch()
            if self._becomes_ready():
                return
            self.stop()
            self._ports = {}
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

    def attach(self, reader: str) -> None:
        """Plug a reader in; returns when it waits for cards.

        Raises:
            RuntimeError: it does not come.
        """
        if reader not in self._attached:
            self._attached.append(reader)
        self._bus_of(reader).plug(self._ports[reader])
        if not self._wait_until(lambda: self._waits_for_cards(reader)):
            message = f"pcscd did not take the reader {reader!r}. Is another program on its port?"
            raise RuntimeError(message)

    def detach(self, reader: str) -> None:
        """Pull a reader out, its card in it or not; returns when pcscd has let go of it.

        Raises:
            RuntimeError: it does not go.
        """
        self._attached.remove(reader)
        self._bus_of(reader).unplug(self._ports[reader])
        if not self._wait_until(lambda: not self._listens(self.port(reader), self.port(reader, 1))):
            message = f"pcscd did not let go of the reader {reader!r}."
            raise RuntimeError(message)

    def _bus_of(self, reader: str) -> UsbBus:
        if self._bus is None or reader not in self._names:
            message = f"{reader!r} is no USB reader of this daemon: name it in `readers`."
            raise ValueError(message)
        return self._bus

    def _lay_out(self) -> None:
        if len(str(self._socket)) > _SOCKET_PATH_LIMIT:
            message = f"{self._socket} is too long for a socket. Choose a shorter directory."
            raise ValueError(message)
        for name in ("run", "drivers", "readers"):
            (self._directory / name).mkdir(parents=True, exist_ok=True)
        shutil.copy(_VPCD, self._directory / "libifdvpcd.so")
        if self._bus is not None:
            self._bus.build()

    def _free_ports(self) -> dict[str, int]:
        ports: dict[str, int] = {}
        for name in self._names or (READER_NAME,):
            ports[name] = _two_free_ports(set(ports.values()))
        return ports

    def _write_readers(self) -> None:
        if self._bus is not None:
            shutil.rmtree(self._directory / "drivers")
            self._bus.lay_out(self._directory / "drivers", _VPCD, self._ports)
            return
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
            variables=shlex.join(f"{name}={value}" for name, value in (self._bus.env if self._bus else {}).items()),
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
        if not self._wait_until(self._socket.exists):
            return False
        if self._bus is None:
            return self._wait_until(lambda: self._waits_for_cards(READER_NAME))
        if not self._wait_until(self._bus.is_watched):
            return False
        try:
            for reader in self._attached:
                self.attach(reader)
        except RuntimeError:
            return False
        return True

    def _waits_for_cards(self, reader: str) -> bool:
        return self._listens(self.port(reader)) and self._listens(self.port(reader, 1))

    def _listens(self, *ports: int) -> bool:
        """Whether the daemon listens on any of these."""
        return self._process is not None and any(_listens(self._process.pid, port) for port in ports)

    def _wait_until(self, holds: Callable[[], bool]) -> bool:
        """Wait for something that the daemon does; false when it takes too long or the daemon ends."""
        deadline = time.monotonic() + _READY_S
        while self._process is not None and self._process.poll() is None and time.monotonic() < deadline:
            if holds():
                return True
            time.sleep(0.01)
        return False


def _two_free_ports(taken: set[int]) -> int:
    """Find a port that is free together with its successor: the virtual reader has two slots."""
    while True:
        port = 20000 + secrets.randbelow(12000)
        if {port - 1, port, port + 1} & taken:
            continue
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
