# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet audit` and `verify-audit`: the log of what operators did is written out and checked."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from fleet import audit
from fleet.store.schema import require_current
from fleet.store.session import open_engine, reading

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from fleet.config import Settings


def export(settings: Settings, noted: str | None) -> None:
    """Write the log to standard output, a line of JSON each, and check it on the way; where it ends, to standard error.

    Raises:
        AuditBrokenError: the log is not what was written. What was read of it until then has been written out.
    """
    engine = open_engine(settings.database_url)
    try:
        require_current(engine)
        with reading(engine) as connection:
            last = _checked(audit.entries(connection), noted, say=True)
    finally:
        engine.dispose()
    sys.stderr.write(_told(last))


def verify(file: Path, noted: str | None) -> None:
    """Check an export, without a database.

    Raises:
        AuditBrokenError: the file is not what was written.
    """
    try:
        with file.open("rb") as lines:
            last = _checked(audit.exported(lines), noted, say=False)
    except OSError as error:
        message = f"{file}: cannot be read ({error.strerror}). Give the file that `dipchip-fleet audit` wrote."
        raise audit.AuditBrokenError(message) from error
    sys.stdout.write(_told(last))


def _checked(log: Iterable[audit.Entry], noted: str | None, *, say: bool) -> audit.Entry | None:
    last = None
    for last in audit.verified(log, None if noted is None else audit.Head.parse(noted)):
        if say:
            sys.stdout.write(last.line().decode() + "\n")
    return last


def _told(last: audit.Entry | None) -> str:
    if last is None:
        return "The audit log is empty.\n"
    head = audit.Head(last.seq, last.digest)
    return (
        f"Lines 1 to {last.seq}: none is missing or changed. "
        f"Note this head where nobody of the controller can change it:\n{head}\n"
    )
