# SPDX-License-Identifier: Apache-2.0
"""Importing the house does nothing: no socket, thread, process or file is opened, and nothing is said."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
PACKAGES = ("wire", "kiosk", "fleet", "provisioning")
NOT_IMPORTED = (
    "kiosk.face.camera_pi",  # picamera2 exists on a Raspberry Pi only
    "fleet.store.migrations.env",  # a script that Alembic runs
)

# Runs in a Python of its own. Events: https://docs.python.org/3/library/audit_events.html
WATCHED_IMPORT = """
import importlib, json, logging, pkgutil, sys, sysconfig, threading, zoneinfo

house, packages, left_out, extra = json.loads(sys.argv[1])
libraries = [sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), *zoneinfo.TZPATH, "/usr/lib/python3"]
readable = tuple(libraries + [f"{house}/{package}" for package in packages])
doing = {"subprocess.Popen", "os.system", "os.fork",
         "os.exec", "os.posix_spawn", "os.mkdir", "os.remove", "os.rename", "shutil.rmtree", "sqlite3.connect"}
done = []

def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        path = arguments[0] if isinstance(arguments[0], str) else arguments[0].decode()
        if path.startswith(readable) and not set(str(arguments[1])) & set("wax+"):
            return
        done.append(f"open {path} {arguments[1]}")
    elif event in doing or event.startswith("socket."):
        done.append(f"{event} {arguments!r}")

def start(thread):
    done.append(f"thread {thread.name}")

threading.Thread.start = start  # Python 3.11 has no event for it
roots = [importlib.import_module(package) for package in packages]
modules = [found.name for root in roots for found in pkgutil.walk_packages(root.__path__, root.__name__ + ".")]
sys.addaudithook(watch)
for module in modules:
    if module not in left_out:
        importlib.import_module(module)
exec(extra)
done += [f"logging {handler!r}" for handler in logging.getLogger().handlers]
print(json.dumps({"modules": len(modules), "done": done}))
"""


def watched(packages: tuple[str, ...], extra: str = "") -> tuple[list[str], str]:
    """Import every module of packages; returns what was done, and what was said."""
    told = json.dumps([str(HOUSE), packages, NOT_IMPORTED, extra])
    command = [sys.executable, "-B", "-X", "utf8", "-W", "error", "-c", WATCHED_IMPORT, told]
    result = subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    *said, report = result.stdout.splitlines()
    found = json.loads(report)
    assert found["modules"] > 100 or not packages
    return found["done"], "\n".join(said) + result.stderr


def test_importing_every_module_does_nothing_and_says_nothing() -> None:
    assert watched(PACKAGES) == ([], "")


@pytest.mark.parametrize(
    ("deed", "event"),
    [
        ("import socket; socket.socket().close()", "socket.__new__"),
        ("threading.Thread(target=int).start()", "thread Thread-1"),
        ("import subprocess; subprocess.run(['true'])", "subprocess.Popen"),
        ("import sqlite3; sqlite3.connect(':memory:').close()", "sqlite3.connect"),
        ("logging.getLogger().addHandler(logging.NullHandler())", "logging"),
        ("open('/etc/passwd').close()", "open /etc/passwd r"),
        ("open('/dev/null', 'w').close()", "open /dev/null w"),
    ],
)
def test_a_deed_at_import_would_be_seen(deed: str, event: str) -> None:
    done, _ = watched((), deed)
    assert any(each.startswith(event) for each in done)


# Before there is an account, one's own, or sums for the machine itself.
UNSCOPED = {
    "api.py",
    "at_provider.py",
    "gate.py",
    "metrics.py",
    "passkeys.py",
    "reach.py",
    "signing_in.py",
    "ways.py",
}


def test_pages_reach_the_database_with_a_scope_and_by_no_other_way() -> None:
    found = {path.name for path in (HOUSE / "fleet" / "web").glob("*.py") if "fleet.store.session" in path.read_text()}
    assert found == UNSCOPED
