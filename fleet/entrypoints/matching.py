# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet match`: match our people with a list of who is meant, where the relay's token key is.

It says sums in JSON lines. No line, and no error, holds a number, a name or a token.
"""

from __future__ import annotations

import io
import json
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from fleet.entrypoints.account import account
from fleet.entrypoints.clock import now_ms
from fleet.entrypoints.token_file import token_key
from fleet.errors import ConfigError, ImportRefusedError
from fleet.people import matching
from fleet.store.schema import require_current
from fleet.store.session import open_engine

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.config import Settings


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed."""

    kind: matching.Kind
    file: Path
    fiscal_year: int
    source: str
    by: str
    made_up: bool


def run(settings: Settings, asked: Asked) -> None:
    """Match a list.

    Raises:
        ConfigError: the settings name no token key: only the relay's do.
        ImportRefusedError: the file cannot be read, or has a problem; nothing was stored.
    """
    if settings.relay_keys is None:
        message = "People are matched by tokens, which only the relay's key makes. Give the relay's settings file."
        raise ConfigError(message)
    key = token_key(settings.relay_keys.token)
    engine = open_engine(settings.database_url)
    try:
        require_current(engine)
        with asked.file.open("rb") as content:
            mac = key.mac(content)
            content.seek(0)
            lines = io.TextIOWrapper(content, encoding="utf-8-sig", newline="")
            done = matching.match(engine, lines, _wanted(asked, mac), key.token)
    except OSError as error:
        message = f"{asked.file}: cannot be read ({error.strerror}). Nothing was matched; give a readable file."
        raise ImportRefusedError(message) from error
    except UnicodeDecodeError as error:
        message = f"{asked.file}: not UTF-8. Nothing was matched; save it as CSV UTF-8."
        raise ImportRefusedError(message) from error
    finally:
        engine.dispose()
    for each in done:
        sys.stdout.write(json.dumps(asdict(each)) + "\n")


def _wanted(asked: Asked, mac: str) -> matching.Wanted:
    return matching.Wanted(
        kind=asked.kind,
        fiscal_year=asked.fiscal_year,
        file_name=asked.file.name,
        mac=mac,
        source=asked.source,
        made_up=asked.made_up,
        by=asked.by,
        account=account(),
        at_ms=now_ms(),
    )
