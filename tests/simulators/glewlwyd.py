# SPDX-License-Identifier: Apache-2.0
"""The real glewlwyd of Debian: an OpenID Connect provider with its own pages, set up by its own administration.

It is unpacked and not installed, so that no service of it runs on the machine of whoever tests. `make` unpacks it.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from joserfc.jwk import ECKey

from tests.simulators.services import Service, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

UNPACKED = Path(__file__).parents[2] / "build" / "glewlwyd"
COMMON = Path("/usr/share/glewlwyd")  # of the package glewlwyd-common, which runs nothing
CLIENT, SECRET = "console", "consoles-secret"
PERSON, PASSWORD = "kanda", "kanda's own password"
_ADMIN = {"username": "admin", "password": "password"}  # as its database begins


@dataclass(frozen=True, slots=True)
class Glewlwyd:
    """One that answers, with one client that may send people back to one address, and one person."""

    issuer: str


@contextmanager
def glewlwyd(folder: Path, port: int, back: str) -> Iterator[Glewlwyd]:
    """Start it in a folder, and set it up for a console that people come back to at `back`."""
    base = f"http://localhost:{port}"
    settings = _written(folder, base)
    program = str(UNPACKED / "usr/bin/glewlwyd")
    service = Service([program, "--config-file", str(settings)], log=folder / "glewlwyd.log").start()
    try:
        with httpx.Client(base_url=base, trust_env=False) as admin:
            wait_until(lambda: _answers(admin), "glewlwyd answers")
            _set_up(admin, f"{base}/api/oidc", back)
        yield Glewlwyd(f"{base}/api/oidc")
    finally:
        service.stop()


def _written(folder: Path, base: str) -> Path:
    papers = UNPACKED / "usr/share/doc/glewlwyd"
    with closing(sqlite3.connect(folder / "glewlwyd.db")) as database:
        database.executescript(gzip.decompress((papers / "database/init.sqlite3.sql.gz").read_bytes()).decode())
    pages = folder / "pages"
    shutil.copytree(COMMON / "webapp", pages, ignore=shutil.ignore_patterns("config.json"))  # which is a link into /etc
    shutil.copy(COMMON / "templates/config.json", pages / "config.json")
    text = gzip.decompress((papers / "glewlwyd.conf.sample.gz").read_bytes()).decode()
    for sample, ours in {
        "port=4593": f"port={base.rpartition(':')[2]}",
        '"http://localhost:4593"': f'"{base}"',
        '"/usr/share/glewlwyd/webapp/"': f'"{pages}/"',
        '"/usr/lib/glewlwyd/': f'"{UNPACKED}/usr/lib/glewlwyd/',
        '"/var/cache/glewlwyd/glewlwyd.db"': f'"{folder}/glewlwyd.db"',
        "cookie_secure=1": "cookie_secure=0",
    }.items():
        assert sample in text, sample
        text = text.replace(sample, ours)
    settings = folder / "glewlwyd.conf"
    settings.write_text(text, encoding="utf-8")
    return settings


def _answers(admin: httpx.Client) -> bool:
    try:
        return admin.get("/config").is_success
    except httpx.TransportError:
        return False


def _set_up(admin: httpx.Client, issuer: str, back: str) -> None:
    begun = admin.post("/api/auth", json=_ADMIN)
    admin.headers["Cookie"] = begun.headers["Set-Cookie"].partition(";")[0]
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256", "kid": "one"}, private=True)
    parameters = {
        "iss": issuer,
        "jwks-private": json.dumps({"keys": [key.as_dict(private=True)]}),
        "default-kid": "one",
        "jwks-show": True,
        "auth-type-code-enabled": True,
        "auth-type-code-revoke-replayed": True,
        "pkce-allowed": True,
        "pkce-required": True,
        "allowed-scope": ["openid"],
        "subject-type": "public",
        "address-claim": {"type": "no"},
        "access-token-duration": 60,
        "refresh-token-duration": 60,
        "code-duration": 60,
    }
    plugin = {"module": "oidc", "name": "oidc", "display_name": "oidc", "parameters": parameters, "order_rank": 0}
    client = {
        "client_id": CLIENT,
        "name": CLIENT,
        "confidential": True,
        "enabled": True,
        "password": SECRET,
        "client_secret": SECRET,
        "redirect_uri": [back],
        "authorization_type": ["code"],
        "token_endpoint_auth_method": ["client_secret_basic"],
        "scope": [],
    }
    person = {"username": PERSON, "name": PERSON, "password": PASSWORD, "enabled": True, "scope": ["openid"]}
    for path, said in (("/api/mod/plugin/", plugin), ("/api/client", client), ("/api/user", person)):
        admin.post(path, json=said).raise_for_status()
