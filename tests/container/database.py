# SPDX-License-Identifier: Apache-2.0
"""Runs beside three containers on one bridge, in a network space that is theirs alone, and says what it finds.

1. Ansible comes by SSH and applies the role `database` to two members and a witness; a second run changes nothing.
2. The controller's own engine makes its tables through the URL that names both members, and writes.
3. The leader's container is killed; the standby leads, and holds what was acknowledged.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError

from fleet.store.replication import Standby
from fleet.store.schema import upgrade
from fleet.store.session import open_engine, reading, unit_of_work
from fleet.store.tables import courier
from tests.container.machine import UnmetError, run, tell, wait_until
from tests.simulators import patroni

if TYPE_CHECKING:
    from sqlalchemy import Engine

HERE = Path(__file__).parent
HOUSE = HERE.parents[1]
BRIDGE, HOST = "members", "10.71.0.1"
MEMBERS = {"db-a": "10.71.0.11", "db-b": "10.71.0.12", "db-w": "10.71.0.13"}
WRITTEN = 200
_PATIENCE_S = 300.0


class Containers:
    """The three, their papers, and how one gets in: `place` is where root and packages are, `made` is written."""

    def __init__(self, place: Path) -> None:
        self.place, self.made = place, place / "made"
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.ssh = [
            *("-i", str(self.made / "key"), "-F", "none", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR"),
            *("-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={self.made / 'known'}"),
        ]

    def boot(self, name: str) -> None:
        """Start one; it has the bridge, and nothing of the machine's network."""
        network = self.made / f"{name}.network"
        network.write_text(f"[Match]\nName=host0\n[Network]\nAddress={MEMBERS[name]}/24\nLinkLocalAddressing=no\n")
        places = {
            self.place / "fetched": "/srv/fetched",
            HERE / "debian.list": "/etc/apt/sources.list",
            network: "/etc/systemd/network/10-host0.network",
            self.made / "key.pub": "/root/.ssh/authorized_keys",
        }
        self._running[name] = subprocess.Popen(
            [
                *("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", f"--directory={self.place / 'root'}"),
                *("--volatile=overlay", f"--machine={name}", f"--hostname={name}", f"--network-bridge={BRIDGE}"),
                *(f"--bind-ro={here}:{there}" for here, there in places.items()),
                *("--console=read-only", "--boot", "systemd.wants=systemd-networkd.service"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=(self.made / f"{name}.console").open("wb"),
            stderr=subprocess.STDOUT,
        )

    def kill(self, name: str) -> None:
        """SIGKILL to its first process: everything in it is gone at once."""
        nspawn = self._running.pop(name)
        for first in Path(f"/proc/{nspawn.pid}/task/{nspawn.pid}/children").read_text().split():
            os.kill(int(first), signal.SIGKILL)
        nspawn.wait()

    def kill_all(self) -> None:
        """End what runs."""
        for name in list(self._running):
            self.kill(name)

    def inside(self, name: str, *command: str, check: bool = True) -> str:
        """Run a command in one, by SSH; gives what it prints."""
        return run("ssh", *self.ssh, f"root@{MEMBERS[name]}", *command, check=check)

    def is_up(self, name: str) -> bool:
        """Whether one lets us in."""
        return self.inside(name, "echo up", check=False) == "up\n"

    def roles(self, asked: str) -> dict[str, str]:
        """Each member's part, as `patronictl` on one of them says; empty while it cannot."""
        said = self.inside(asked, "patronictl -c /etc/patroni/config.yml list -f json", check=False)
        return {
            row["Member"]: row["Role"] for row in json.loads(said or "[]") if row["State"] in {"running", "streaming"}
        }

    def apply(self) -> int:
        """Run the playbook on the three; gives how many tasks changed something.

        Raises:
            UnmetError: a task fails.
        """
        began = time.monotonic()
        said = run(
            *(str(Path(sys.executable).parent / "ansible-playbook"), "--inventory", str(self.made / "inventory.json")),
            str(HOUSE / "ansible/site.yml"),
            env={**os.environ, "ANSIBLE_CONFIG": str(HOUSE / "ansible/ansible.cfg"), "LC_ALL": "C.UTF-8"},
        )
        counts = re.findall(r"^(\S+) +: (ok=.*)$", said, re.MULTILINE)
        changed = sum(int(found) for found in re.findall(r"changed=(\d+)", said))
        (self.made / f"site-{changed}.log").write_text(said)
        tell(f"  site.yml in {time.monotonic() - began:.0f} s")
        for name, figures in counts:
            tell(f"    {name}: {' '.join(figures.split()[:4])}")
        return changed

    def write(self) -> None:
        """The papers, and the inventory as docs/operations.md has it."""
        ca, papers = patroni.certify(MEMBERS)
        (self.made / "ca.pem").write_bytes(ca)
        for name, (certificate, key) in papers.items():
            (self.made / f"{name}.crt").write_bytes(certificate)
            (self.made / f"{name}.key").write_bytes(key)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.made / "key"))
        places = [{"name": name, "address": address} for name, address in MEMBERS.items()]
        values = {
            "ansible_user": "root",
            "ansible_python_interpreter": "/usr/bin/python3",
            "ansible_ssh_common_args": " ".join(self.ssh),
            "database_me": "{{ inventory_hostname }}",
            "database_members": places[:2],
            "database_witness": places[2],
            "database_clients": [f"{HOST}/32"],
            "database_ca": str(self.made / "ca.pem"),
            "database_certificate": f"{self.made}/{{{{ inventory_hostname }}}}.crt",
            "database_key": f"{self.made}/{{{{ inventory_hostname }}}}.key",
            "database_passwords": patroni.PASSWORDS,
        }
        hosts = {name: {"ansible_host": address} for name, address in MEMBERS.items()}
        inventory = {"all": {"children": {"database": {"vars": values, "hosts": hosts}}}}
        (self.made / "inventory.json").write_text(json.dumps(inventory))

    def url(self) -> str:
        """The controller's, with both members."""
        hosts = "&".join(f"host={address}:5432" for address in list(MEMBERS.values())[:2])
        return (
            f"postgresql://dipchip:{patroni.PASSWORDS['fleet']}@/fleet?{hosts}"
            f"&target_session_attrs=read-write&sslmode=verify-full&sslrootcert={self.made / 'ca.pem'}&connect_timeout=3"
        )


def _commits(engine: Engine, n: int) -> bool:
    try:
        with unit_of_work(engine) as connection:
            connection.execute(courier.insert().values(name=f"courier-{n}", until_ms=n))
    except (OperationalError, InterfaceError, InternalError):
        return False
    return True


def _check(containers: Containers) -> None:
    tell("The role is applied to three machines:")
    containers.apply()
    tell("... and again:")
    changed = containers.apply()
    if changed:
        message = f"{changed} tasks changed something the second time; see site-{changed}.log"
        raise UnmetError(message)
    pair = ["Leader", "Sync Standby"]
    wait_until(lambda: sorted(containers.roles("db-a").values()) == pair, "a leader and a standby", _PATIENCE_S)
    engine = open_engine(containers.url())
    upgrade(engine)
    standby = Standby(engine)
    wait_until(lambda: standby.horizon() is not None, "the controller sees what the standby flushed", _PATIENCE_S)
    acknowledged = {f"courier-{n}" for n in range(WRITTEN) if _commits(engine, n)}
    if len(acknowledged) != WRITTEN:
        message = f"only {len(acknowledged)} of {WRITTEN} were acknowledged"
        raise UnmetError(message)
    (leader,) = (name for name, role in containers.roles("db-a").items() if role == "Leader")
    (other,) = {"db-a", "db-b"} - {leader}
    tell(f"{WRITTEN} writes are acknowledged; the container of the leader, {leader}, is killed:")
    containers.kill(leader)
    killed = time.monotonic()
    wait_until(lambda: _commits(engine, WRITTEN), "the standby takes writes", _PATIENCE_S)
    tell(f"  the same URL takes writes after {time.monotonic() - killed:.0f} s")
    wait_until(lambda: containers.roles(other).get(other) == "Leader", "the standby is leader", _PATIENCE_S)
    with reading(engine) as connection:
        held = set(connection.execute(select(courier.c.name)).scalars())
        count = connection.execute(select(func.count()).select_from(courier)).scalar_one()
    if acknowledged - held:
        message = f"{len(acknowledged - held)} acknowledged writes are lost"
        raise UnmetError(message)
    tell(f"  {other} leads and holds {count} writes: none that was acknowledged is lost")
    wait_until(lambda: standby.horizon() is None, "alone it has no standby", _PATIENCE_S)
    engine.dispose()


def main() -> int:
    """Run it; 0 when all holds."""
    containers = Containers(Path(sys.argv[1]))
    for command in (
        "link set lo up",
        f"link add {BRIDGE} type bridge",
        f"addr add {HOST}/24 dev {BRIDGE}",
        f"link set {BRIDGE} up",
    ):
        run("ip", *command.split())
    containers.write()
    with ExitStack() as stack:
        stack.callback(containers.kill_all)
        for name in MEMBERS:
            containers.boot(name)
        try:
            for name in MEMBERS:
                wait_until(partial(containers.is_up, name), f"{name} lets one in", _PATIENCE_S)
                containers.inside(name, "apt-get -qq update")
            _check(containers)
        except UnmetError as error:
            tell(str(error))
            for name in MEMBERS:
                said = containers.inside(name, "journalctl --no-pager --unit=etcd --unit=patroni", check=False)
                (containers.made / f"{name}.journal").write_text(said)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
