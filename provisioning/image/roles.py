# SPDX-License-Identifier: Apache-2.0
"""Reads from the Ansible roles which Debian packages they install."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from pathlib import Path


def installed_by(role: Path) -> set[str]:
    """What the tasks of one role hand to apt."""
    tasks = [task for file in sorted((role / "tasks").glob("*.yml")) for task in yaml.safe_load(file.read_text())]
    names = [task["ansible.builtin.apt"]["name"] for task in tasks if "ansible.builtin.apt" in task]
    return {name for each in names for name in ([each] if isinstance(each, str) else each)}
