# SPDX-License-Identifier: Apache-2.0
"""Seals the keys of a kiosk without a TPM: systemd opens them for the units, and nobody else from the file alone.

They are sealed with the key of this installation (`/var/lib/systemd/credential.secret`), which lies on the same card:
whoever has a copy of some folder, or of a backup, has no key, and whoever has the whole card has it. The flag says so.

1. A key is sealed, and what was sealed is opened again and compared.
2. It is written beside the plain file, then each unit is told to take it from there.
3. The plain file goes last: a power cut before leaves both, and the units take the sealed one.

Source: docs/adr/0046; systemd-creds(1); systemd.exec(5), LoadCredentialEncrypted=.
"""

from __future__ import annotations

import os
import stat
import subprocess
from typing import TYPE_CHECKING

from provisioning.errors import RefusedError
from provisioning.files import folder, private, public, read, remove
from wire.wrapped_keys import is_wrapped

if TYPE_CHECKING:
    from pathlib import Path

    from provisioning.files import Report

_PATIENCE_S = 60.0
# Each key's file, and the units that are given it as a credential of that name.
_KEYS = {
    "event.jwk": ("dipchip-kiosk-ui", "dipchip-kiosk-identity"),
    "courier.jwk": ("dipchip-kiosk-courier",),
    "tls/kiosk.key": ("dipchip-kiosk-courier",),
}
_RENEWS = "dipchip-kiosk-identity"
_DROP_IN = "40-sealed.conf"
_SEALED = ".sealed"


def seal(place: Path, units: Path, report: Report) -> None:
    """Seal the keys that lie open in a kiosk's folder; run again, it seals what has come since.

    `units` is where systemd reads drop-ins. A key that is in a TPM is left as it is.

    Raises:
        RefusedError: systemd does not seal, or what it sealed does not open.
        FolderError: a file cannot be written.
    """
    plain = {name: _open_key(place / name) for name in _KEYS}
    for name, content in plain.items():
        if content is not None and not is_wrapped(content):
            private(_sealed(place / name), _made(name.rpartition("/")[2], content), report)  # 1, 2
    told = [name for name in _KEYS if _sealed(place / name).exists()]
    for unit in sorted({unit for name in told for unit in _KEYS[name]}):
        drop_in = folder(units / f"{unit}.service.d") / _DROP_IN
        public(drop_in, _drop_in(place, unit, told), report)
    for name in told:
        if plain[name] is not None:
            remove(place / name)  # 3
            report.lines.append(f"sealed {place / name}")


def opened(path: Path) -> bytes:
    """A key's file, sealed or not.

    Raises:
        FolderError: neither is there, or it cannot be read.
        RefusedError: systemd does not open it here.
    """
    sealed = _sealed(path)
    return _systemd_creds("decrypt", f"--name={path.name}", said=read(sealed)) if sealed.exists() else read(path)


def given(path: Path) -> str:
    """How a unit is given a key's file, sealed or not."""
    sealed = _sealed(path)
    if sealed.exists():
        return f"LoadCredentialEncrypted={path.name}:{sealed}"
    return f"LoadCredential={path.name}:{path}"


def _sealed(path: Path) -> Path:
    return path.with_name(path.name + _SEALED)


def _open_key(path: Path) -> bytes | None:
    """A key's file, None where there is none. Nobody who may write its folder leads root to another file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}). Run it as root, on a kiosk that was claimed."
        raise RefusedError(message) from error
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            message = f"{path}: is no file. Find out who put it there."
            raise RefusedError(message)
        return file.read()


def _made(name: str, content: bytes) -> bytes:
    sealed = _systemd_creds("encrypt", "--with-key=host", f"--name={name}", said=content)
    if _systemd_creds("decrypt", f"--name={name}", said=sealed) != content:
        message = f"{name}: what systemd sealed does not open as it was. Nothing was changed."
        raise RefusedError(message)
    return sealed


def _systemd_creds(*words: str, said: bytes) -> bytes:
    try:
        ran = subprocess.run(  # noqa: S603 - nothing of it comes from outside
            ["/usr/bin/systemd-creds", "--quiet", *words, "-", "-"],
            input=said,
            capture_output=True,
            check=True,
            timeout=_PATIENCE_S,
        )
    except (OSError, subprocess.SubprocessError) as error:
        message = f"systemd-creds {words[0]}: {type(error).__name__}. Run it as root, with systemd 250 or later."
        raise RefusedError(message) from error
    return ran.stdout


def _drop_in(place: Path, unit: str, told: list[str]) -> bytes:
    lines = [
        "# Made by dipchip-provision seal: these keys are sealed, and systemd opens them for this unit.",
        "[Service]",
    ]
    lines += [given(place / name) for name in told if unit in _KEYS[name]]
    if unit == _RENEWS and "tls/kiosk.key" in told:
        # The next pair is written open by a user who may not seal; root seals it as soon as that has ended.
        lines.append(f"ExecStartPost=+/opt/dipchip/current/bin/dipchip-provision seal {place}")
    return ("\n".join(lines) + "\n").encode()
