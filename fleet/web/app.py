# SPDX-License-Identifier: Apache-2.0
"""The console's app: pages to look at and to act from, and the JSON beside them."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from apiflask import APIFlask
from flask import request
from werkzeug.routing import IntegerConverter

from fleet.web import (
    accounts,
    accounts_api,
    acts,
    acts_api,
    alerts,
    alerts_api,
    announcements,
    announcements_api,
    api,
    at_provider,
    claims,
    claims_api,
    complaints,
    complaints_api,
    coverage,
    devices,
    exports,
    funnel,
    gate,
    help_numbers,
    help_numbers_api,
    imports,
    imports_api,
    indicators,
    kiosk,
    kiosk_api,
    metrics,
    morning,
    morning_api,
    orders,
    orders_api,
    papers,
    passkeys,
    ratings,
    ratings_api,
    rollouts,
    rollouts_api,
    signing_in,
    telling,
    telling_api,
    ways,
    week,
    week_api,
)
from fleet.web.description import tell_refusals
from fleet.web.headers import guard
from fleet.web.morning_words import say_mornings
from fleet.web.paces import Paces
from fleet.web.refusals import explain_refusals
from fleet.web.supplies import Supplies
from fleet.web.wording import speak

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine
    from werkzeug.routing import Map

    from fleet.web.supplies import SignIn

_LARGEST_ROW = 2**63 - 1  # BIGINT
LARGEST_BODY_BYTES = 4096  # of every form but one: the sign-in, with a long password in Thai


def _now() -> datetime:
    return datetime.now(UTC)


def _make_room() -> None:
    """Let the addresses that take a file take one, before anything reads the form."""
    if request.endpoint in imports.UPLOADING:
        request.max_content_length = imports.LARGEST_FORM_BYTES


class _RowNumber(IntegerConverter):
    """A number in an address that a database can hold; a larger one names nothing."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=_LARGEST_ROW)


def create_app(engine: Engine, *, sign_in: SignIn | None, clock: Callable[[], datetime] = _now) -> APIFlask:
    """Build the console over a database; `clock` returns an aware moment. With no `sign_in` everybody gets in.

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
        MAX_CONTENT_LENGTH=LARGEST_BODY_BYTES,
        OPENAPI_VERSION="3.1.0",
        VALIDATION_ERROR_STATUS_CODE=400,
        AUTO_404_RESPONSE=False,
    )
    app.url_map.converters["int"] = _RowNumber
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    Supplies(engine, clock, sign_in, Paces()).keep_in(app.extensions)
    guard(app, sign_in.origin if sign_in else "")
    speak(app)
    say_mornings(app)
    app.before_request(_make_room)
    gate.keep(app)
    explain_refusals(app)
    for room in (
        accounts,
        accounts_api,
        acts,
        acts_api,
        alerts,
        alerts_api,
        announcements,
        announcements_api,
        api,
        claims,
        claims_api,
        complaints,
        complaints_api,
        coverage,
        devices,
        exports,
        funnel,
        help_numbers,
        help_numbers_api,
        imports,
        imports_api,
        indicators,
        kiosk,
        kiosk_api,
        metrics,
        morning,
        morning_api,
        orders,
        orders_api,
        papers,
        ratings,
        ratings_api,
        rollouts,
        rollouts_api,
        telling,
        telling_api,
        week,
        week_api,
    ):
        app.register_blueprint(room.pages)
    if sign_in is not None:
        for room in (signing_in, at_provider, ways, passkeys):
            app.register_blueprint(room.pages)
        app.security_schemes = {"token": {"type": "http", "scheme": "bearer"}}
    app.spec_processor(tell_refusals)  # type: ignore[arg-type]  # a str is for descriptions in YAML
    return app
