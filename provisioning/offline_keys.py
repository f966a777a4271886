# SPDX-License-Identifier: Apache-2.0
"""Keys that people keep: each in a file under a passphrase, made once and never written over.

A passphrase comes from the terminal, or as the one line of standard input: never as an option, which a shell keeps.
"""

from __future__ import annotations

import sys
from getpass import getpass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provisioning.errors import RefusedError
from provisioning.files import Report, read, secret

if TYPE_CHECKING:
    from pathlib import Path

_SHORTEST_PASSPHRASE = 12
PUBLIC = ".public.json"


def make(path: Path, passphrase: str, report: Report) -> Ed25519PrivateKey:
    """Make a key in a file, under a passphrase.

    Raises:
        RefusedError: the passphrase is short, or there is a file already.
    """
    if len(passphrase) < _SHORTEST_PASSPHRASE:
        message = f"The passphrase needs {_SHORTEST_PASSPHRASE} characters or more. Choose some words."
        raise RefusedError(message)
    if path.exists():
        message = f"{path}: is there already, and a key is never written over. Choose another name."
        raise RefusedError(message)
    key = Ed25519PrivateKey.generate()
    under = serialization.BestAvailableEncryption(passphrase.encode())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, under)
    secret(path, lambda: pem, report)
    return key


def opened(path: Path, passphrase: str) -> Ed25519PrivateKey:
    """The key in a file.

    Raises:
        RefusedError: the passphrase opens nothing, or there is another kind of key.
        FolderError: the file cannot be read.
    """
    try:
        key = serialization.load_pem_private_key(read(path), passphrase.encode())
    except (ValueError, TypeError) as error:
        message = f"{path}: the passphrase does not open it, or it is no such key. Try again."
        raise RefusedError(message) from error
    if not isinstance(key, Ed25519PrivateKey):
        message = f"{path}: is no such key. Give one that `dipchip-provision roots key` or `release key` made."
        raise RefusedError(message)
    return key


def passphrase(*, twice: bool) -> str:
    """What the holder types.

    Raises:
        RefusedError: the second time it was another one.
    """
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    given = getpass("Passphrase: ")
    if twice and getpass("The same again: ") != given:
        message = "The two passphrases differ; nothing was made. Run the command again."
        raise RefusedError(message)
    return given
