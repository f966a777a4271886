# SPDX-License-Identifier: Apache-2.0
"""The role `database` without Ansible: its templates filled in, etcd and Patroni started on three loopback addresses.

Each address stands for a machine. It is what the role installs but for paths, users and systemd.
"""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tests.simulators.services import Service, wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLE = Path(__file__).parents[2] / "ansible" / "roles" / "database"
OWNER = "postgres"
PASSWORDS = {"superuser": "s3cret one", "replication": "s3cret two", "fleet": "s3cret-three"}
_PROGRAMS = ("etcd", "patroni", "patronictl")
_NAMES = ("db-a", "db-b", "witness")


def missing() -> str | None:
    """Why it cannot be run here, None when it can."""
    absent = [name for name in _PROGRAMS if shutil.which(name) is None]
    return f"not installed: {', '.join(absent)} (apt-get install patroni etcd-server)" if absent else None


class Machine:
    """One of the three: its folder, its vote, and its Patroni where it holds data."""

    def __init__(self, folder: Path, name: str, address: str, members: Mapping[str, str]) -> None:
        self.name, self.address = name, address
        self.folder = folder / name
        self.folder.mkdir()
        if os.geteuid() == 0:
            shutil.chown(self.folder, OWNER)
        self._values = self._filled_in(members)

    def _filled_in(self, members: Mapping[str, str]) -> dict[str, Any]:
        values: dict[str, Any] = yaml.safe_load((ROLE / "defaults/main.yml").read_text())
        values |= yaml.safe_load((ROLE / "vars/main.yml").read_text())
        places = [{"name": name, "address": address} for name, address in members.items()]
        return values | {
            "database_binaries": "/usr/lib/postgresql/15/bin",
            "database_me": self.name,
            "database_members": places[:2],
            "database_witness": places[2],
            "database_voters": places,
            "database_here": {"name": self.name, "address": self.address},
            "database_clients": ["127.0.0.0/8"],
            "database_passwords": PASSWORDS,
            "database_papers": str(self.folder),
            "database_data": str(self.folder / "data"),
            "database_sockets": str(self.folder),
            "database_voters_data": str(self.folder / "votes"),
        }

    def write(self, ca: bytes, certificate: bytes, key: bytes) -> None:
        """Put its papers and settings into its folder."""
        papers = {"ca.pem": ca, "node.crt": certificate, "etcd.key": key, "postgres.key": key}
        jinja = Environment(loader=FileSystemLoader(ROLE / "templates"), undefined=StrictUndefined, trim_blocks=True)  # noqa: S701 - no HTML
        for name in ("etcd", "patroni.yml", "first.sql"):
            papers[name] = jinja.get_template(f"{name}.j2").render(self._values).encode() + b"\n"
        # Here all three send from one address; the pairs of "who" and "from where" are the role's.
        papers["patroni.yml"] = re.sub(
            rb"(replicator|postgres) 127[0-9.]+/32", rb"\1 127.0.0.1/32", papers["patroni.yml"]
        )
        for name, content in papers.items():
            path = self.folder / name
            path.write_bytes(content)
            path.chmod(0o600)
            if os.geteuid() == 0:
                shutil.chown(path, OWNER)

    def vote(self) -> Service:
        """Its etcd."""
        told = dict(
            line.split("=", 1) for line in (self.folder / "etcd").read_text().splitlines() if line.startswith("ETCD")
        )
        return Service([*_as_owner(), "etcd"], log=self.folder / "vote.log", env=told)

    def patroni(self) -> Service:
        """Its Patroni, which runs PostgreSQL."""
        command = [*_as_owner(), "patroni", str(self.folder / "patroni.yml")]
        return Service(command, log=self.folder / "patroni.log", env={"HOME": str(self.folder)})

    def kill_postgres(self) -> None:
        """SIGKILL to PostgreSQL and all that it has started."""
        server = int((self.folder / "data/postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
        for process in (server, *map(int, children)):
            os.kill(process, 9)

    def members(self) -> dict[str, tuple[str, str]]:
        """Each member's role and state, as `patronictl` says."""
        command = ["patronictl", "-c", str(self.folder / "patroni.yml"), "list", "-f", "yaml"]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        rows = yaml.safe_load(said.stdout) if said.returncode == 0 else None
        return {row["Member"]: (row["Role"], row["State"]) for row in rows or ()}


def three(folder: Path) -> list[Machine]:
    """Two members and a witness, with papers of one authority."""
    members = {name: f"127.0.71.{n + 1}" for n, name in enumerate(_NAMES)}
    machines = [Machine(folder, name, address, members) for name, address in members.items()]
    ca, papers = certify(members)
    for machine in machines:
        machine.write(ca, *papers[machine.name])
    return machines


def certify(members: Mapping[str, str]) -> tuple[bytes, dict[str, tuple[bytes, bytes]]]:
    """An authority's certificate, and each member's certificate and key by its name, all PEM."""
    ca_key, ca = _certificate("authority", None, None)
    papers = {}
    for name, address in members.items():
        key, certificate = _certificate(name, address, (ca_key, ca))
        written = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        papers[name] = _pem(certificate), written
    return _pem(ca), papers


def wait_for_pair(machine: Machine) -> None:
    """Wait until there is a leader and a synchronous standby."""

    def both() -> bool:
        return sorted(role for role, _ in machine.members().values()) == ["Leader", "Sync Standby"]

    wait_until(both, "there is a leader and a synchronous standby", 120)


def url(machines: list[Machine]) -> str:
    """Whichever of the two takes writes, as docs/operations.md writes it."""
    hosts = "&".join(f"host={machine.address}:5432" for machine in machines[:2])
    ca = machines[0].folder / "ca.pem"
    return (
        f"postgresql://dipchip:{PASSWORDS['fleet']}@/fleet?{hosts}"
        f"&target_session_attrs=read-write&sslmode=verify-full&sslrootcert={ca}"
    )


def _as_owner() -> list[str]:
    return ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--init-groups", "--"] if os.geteuid() == 0 else []


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _certificate(
    name: str, address: str | None, issuer: tuple[ec.EllipticCurvePrivateKey, x509.Certificate] | None
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[1].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if address is not None:
        # etcd holds a voter's certificate against the address from which it comes.
        names = [x509.IPAddress(ipaddress.ip_address(each)) for each in (address, "127.0.0.1")]
        uses = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
    return key, builder.sign(issuer[0] if issuer else key, hashes.SHA256())
