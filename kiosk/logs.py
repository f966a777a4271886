# SPDX-License-Identifier: Apache-2.0
"""Log events as JSON lines. Fields are ids, codes and counts; a person never is one."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from typing import TextIO

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
