# SPDX-License-Identifier: Apache-2.0
"""Prints the Debian packages that roles install, read from the roles themselves: those named, or those of a province.

Run by the container's own Python.
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

ROLES = ("broker", "controller", "door", "kiosk", "release")
POSTGRESQL = "17"  # of Debian 13


def installed_by(role: Path) -> set[str]:
    """What the tasks of one role hand to apt."""
    tasks = [task for file in sorted((role / "tasks").glob("*.yml")) for task in yaml.safe_load(file.read_text())]
    names = [task["ansible.builtin.apt"]["name"] for task in tasks if "ansible.builtin.apt" in task]
    return {
        name.replace("{{ database_version }}", POSTGRESQL)
        for each in names
        for name in ([each] if isinstance(each, str) else each)
    }


if __name__ == "__main__":
    roles = Path(__file__).parents[2] / "ansible" / "roles"
    sys.stdout.write(
        " ".join(sorted(set().union(*(installed_by(roles / role) for role in sys.argv[1:] or ROLES)))) + "\n"
    )
