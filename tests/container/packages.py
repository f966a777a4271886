# SPDX-License-Identifier: Apache-2.0
"""Prints the Debian packages that the roles of a province install, read from the roles themselves.

Run by the container's own Python. The role `database` is left out: it is for Debian 12, and has a journey of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path

from provisioning.image.roles import installed_by

ROLES = ("broker", "controller", "door", "kiosk", "machine", "release")


if __name__ == "__main__":
    roles = Path(__file__).parents[2] / "ansible" / "roles"
    sys.stdout.write(" ".join(sorted(set().union(*(installed_by(roles / role) for role in ROLES)))) + "\n")
