# SPDX-License-Identifier: Apache-2.0
"""Log events as JSON lines. Fields are ids, codes and counts; a person never is one."""

from __future__ import annotations

import logging
import os
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from types import TracebackType
    from typing import TextIO

EX_SOFTWARE = 70  # <sysexits.h>

# Anything else is dropped: a name cannot reach a log by a careless keyword.
_ALLOWED = frozenset(
    (
        *("event", "level", "timestamp", "process", "release", "kiosk", "event_id", "ask_id", "stream", "seq"),
        *("count", "code", "fault", "reason", "ending", "state", "attempt", "delay_s", "outbox", "error"),
        *("technician", "port", "exit_code"),
    )
)


def _only_allowed(_logger: object, _name: str, fields: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return {name: value for name, value in fields.items() if name in _ALLOWED}


def configure(process: str, level: str, to: TextIO) -> None:
    """Set the logs of one process up. `level` is debug, info, warning or error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _only_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=to),
    )
    structlog.contextvars.bind_contextvars(process=process)
    sys.excepthook = _incident
    threading.excepthook = _incident_in_thread


def _incident(kind: type[BaseException], _error: BaseException | None, trace: TracebackType | None) -> None:
    """Log where a defect struck and nothing of what it held: a message or a local may quote a card."""
    frames = traceback.extract_tb(trace)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "nowhere"
    structlog.get_logger().error("incident", error=kind.__name__, code=where)


def _incident_in_thread(what: threading.ExceptHookArgs) -> None:
    """End the process: without this thread it would stand there and serve nobody. It is started again from outside."""
    _incident(what.exc_type, what.exc_value, what.exc_traceback)
    os._exit(EX_SOFTWARE)
