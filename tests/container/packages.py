# SPDX-License-Identifier: Apache-2.0
"""Prints the Debian packages that roles install, read from the roles themselves: those named, or those of a province.

Run by the container's own Python.
"""

from __future__ import annotations

import sys
from pathlib import Path

from provisioning.image.roles import installed_by

ROLES = ("broker", "controller", "door", "kiosk", "machine", "release")
POSTGRESQL = "17"  # of Debian 13


if __name__ == "__main__":
    roles = Path(__file__).parents[2] / "ansible" / "roles"
    wanted = set().union(*(installed_by(roles / role) for role in sys.argv[1:] or ROLES))
    sys.stdout.write(" ".join(sorted(wanted)).replace("{{ database_version }}", POSTGRESQL) + "\n")
