# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet denominators`, `official` and `indicators`: a file goes in whole or not at all; one JSON line says."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from fleet.coverage.region8 import place_of
from fleet.entrypoints.clock import now_ms
from fleet.errors import ImportRefusedError
from fleet.people.imports import Attribution, Upload, import_denominators, import_indicators, import_official
from fleet.people.spreadsheets import LARGEST_UPLOAD_BYTES
from fleet.store.session import open_engine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

    from fleet.config import Settings
    from fleet.people.imports import Imported


def denominators(settings: Settings, file: Path, *, source: str, by: str, made_up: bool) -> None:
    """Import B1 and B2.

    Raises:
        ImportRefusedError: nothing of the file was stored.
    """
    _run(import_denominators, settings, file, _attribution(source, by, made_up=made_up))


def official(settings: Settings, file: Path, *, source: str, by: str, made_up: bool) -> None:
    """Import the ministry's own figures.

    Raises:
        ImportRefusedError: nothing of the file was stored.
    """
    _run(import_official, settings, file, _attribution(source, by, made_up=made_up))


def indicators(settings: Settings, file: Path, *, source: str, by: str, made_up: bool) -> None:
    """Import figures of Health Region 8's indicators.

    Raises:
        ImportRefusedError: nothing of the file was stored.
    """
    bring_in = partial(import_indicators, is_known=lambda figure: place_of(figure) is not None)
    _run(bring_in, settings, file, _attribution(source, by, made_up=made_up))


def _attribution(source: str, by: str, *, made_up: bool) -> Attribution:
    return Attribution(source=source, by=by, made_up=made_up, imported_ms=now_ms())


def _run(
    bring_in: Callable[[Engine, Upload, Attribution], Imported],
    settings: Settings,
    file: Path,
    attribution: Attribution,
) -> None:
    done = bring_in(open_engine(settings.database_url), upload(file), attribution)
    sys.stdout.write(json.dumps(asdict(done)) + "\n")


def upload(file: Path) -> Upload:
    """Read a file that somebody gives, one byte past the limit at most.

    Raises:
        ImportRefusedError: it cannot be read.
    """
    try:
        with file.open("rb") as opened:
            return Upload(file.name, opened.read(LARGEST_UPLOAD_BYTES + 1))
    except OSError as error:
        message = f"{file}: cannot be read ({error.strerror}). Nothing was imported; give a readable file."
        raise ImportRefusedError(message) from error
