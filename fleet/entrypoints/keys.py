# SPDX-License-Identifier: Apache-2.0
"""Reads the key files that a process is given; an error names the file and never its content."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fleet.errors import ConfigError
from wire.errors import WireError
from wire.sealing import OpeningKey
from wire.signing import SigningKey

if TYPE_CHECKING:
    from pathlib import Path


def signing_key(file: Path) -> SigningKey:
    """Read a private JWK that signs."""
    try:
        return SigningKey.from_jwk(_jwk(file))
    except WireError as error:
        raise _unusable(file, "a private signing JWK") from error


def opening_key(file: Path) -> OpeningKey:
    """Read a private JWK that opens."""
    try:
        return OpeningKey.from_jwk(_jwk(file))
    except WireError as error:
        raise _unusable(file, "a private X25519 JWK") from error


def secret_text(file: Path) -> str:
    """Read a secret that is one line of text."""
    try:
        return file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(file, "readable text") from error


def _jwk(file: Path) -> dict[str, Any]:
    try:
        jwk = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise _unusable(file, "a readable JWK") from None  # a parser's message may quote the key
    if not isinstance(jwk, dict):
        raise _unusable(file, "a JWK")
    return jwk


def _unusable(file: Path, wanted: str) -> ConfigError:
    return ConfigError(f"{file}: not {wanted}. Give the file that dipchip-provision made.")
