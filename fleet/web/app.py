# SPDX-License-Identifier: Apache-2.0
"""The console's app: pages to look at and the JSON beside them. It changes nothing and answers GET only.

There is no sign-in yet; the settings accept a loopback address only.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from apiflask import APIFlask

from fleet.web import api, coverage, devices, funnel, indicators, metrics, morning
from fleet.web.headers import guard
from fleet.web.morning_words import say_mornings
from fleet.web.refusals import explain_refusals
from fleet.web.supplies import Supplies
from fleet.web.wording import speak

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

_NO_BODY_BYTES = 1024  # nothing is ever sent to the console


def _now() -> datetime:
    return datetime.now(UTC)


def create_app(engine: Engine, *, clock: Callable[[], datetime] = _now) -> APIFlask:
    """Build the console over a database; `clock` returns an aware moment.

    Raises:
        ConfigError: the Thai words were not compiled.
    """
    app = APIFlask(
        __name__,
        title="DipChip fleet console",
        version=version("dipchip"),
        spec_path="/api/v1/openapi.json",
        docs_path=None,
        json_errors=False,
    )
    app.config.update(
        MAX_CONTENT_LENGTH=_NO_BODY_BYTES,
        OPENAPI_VERSION="3.1.0",
        VALIDATION_ERROR_STATUS_CODE=400,
        AUTO_404_RESPONSE=False,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    Supplies(engine, clock).keep_in(app.extensions)
    guard(app)
    speak(app)
    say_mornings(app)
    explain_refusals(app)
    for room in (morning, coverage, funnel, indicators, devices, api, metrics):
        app.register_blueprint(room.pages)
    return app
