# SPDX-License-Identifier: Apache-2.0
"""The real nginx on the configuration that `dipchip-provision fleet --https-host` made, inside a minimal main file."""

from __future__ import annotations

import os
import shutil
import socket
from typing import TYPE_CHECKING

from tests.simulators.services import Service, wait_until

if TYPE_CHECKING:
    from pathlib import Path

_MAIN = """daemon off;
{user}worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
http {{
    client_body_temp_path {folder}/temporary;
    proxy_temp_path {folder}/temporary;
    fastcgi_temp_path {folder}/temporary;
    uwsgi_temp_path {folder}/temporary;
    scgi_temp_path {folder}/temporary;
    include {folder}/nginx.conf;
}}
"""


def nginx(folder: Path, port: int) -> Service:
    """Start it, and wait until it listens."""
    binary = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if binary is None:
        message = "nginx is not installed. Install the package `nginx-light`."
        raise FileNotFoundError(message)
    main = folder / "main.conf"
    user = "user root;\n" if os.geteuid() == 0 else ""  # the folder is its owner's only
    main.write_text(_MAIN.format(folder=folder.absolute(), user=user), encoding="utf-8")
    log = folder / "nginx.log"
    service = Service([binary, "-c", str(main), "-e", str(folder / "error.log")], log=log).start()
    wait_until(lambda: _listens(port) or not service.alive, "nginx listens")
    if not service.alive:
        raise RuntimeError(service.explain())
    return service


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
