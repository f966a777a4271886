# SPDX-License-Identifier: Apache-2.0
"""Who types a command."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

_LOGIN = Path("/proc/self/loginuid")  # proc(5): set when somebody logs in, and kept through sudo and su
_NOBODY = 2**32 - 1


def account() -> str:
    """Who runs this command: the account, and behind it the one that logged in where the kernel knows it."""
    user = _user(os.getuid())
    try:
        login = int(_LOGIN.read_text())
    except (OSError, ValueError):
        return user
    return user if login in (_NOBODY, os.getuid()) else f"{_user(login)} as {user}"


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name[:36]
    except KeyError:
        return f"uid {uid}"
