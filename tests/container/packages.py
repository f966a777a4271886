# SPDX-License-Identifier: Apache-2.0
"""Prints the Debian packages that the roles of a province install, read from the roles themselves.

Run by the container's own Python. The role `database` is left out: it is for Debian 12, and has a journey of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

ROLES = ("broker", "controller", "door", "kiosk", "release")


def installed_by(role: Path) -> set[str]:
    """What the tasks of one role hand to apt."""
    tasks = [task for file in sorted((role / "tasks").glob("*.yml")) for task in yaml.safe_load(file.read_text())]
    names = [task["ansible.builtin.apt"]["name"] for task in tasks if "ansible.builtin.apt" in task]
    return {name for each in names for name in ([each] if isinstance(each, str) else each)}


if __name__ == "__main__":
    roles = Path(__file__).parents[2] / "ansible" / "roles"
    sys.stdout.write(" ".join(sorted(set().union(*(installed_by(roles / role) for role in ROLES)))) + "\n")
