# SPDX-License-Identifier: Apache-2.0
"""The agent's two addresses, over whatever reads cards.

It reads when it is asked and keeps nothing: no card is remembered between two requests, none is written or logged. One
card is read at a time; who comes meanwhile waits a little and is then told to try again.
"""

from __future__ import annotations

import threading
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from flask import Flask, jsonify, request
from werkzeug.exceptions import HTTPException, NotFound

from kiosk.agent import answers
from kiosk.agent.guard import guard
from kiosk.agent.refusals import WORDS, Refusal, RefusedError, body, refusal_of
from kiosk.enrollment.failures import CardReadError, FaultError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from flask import Response

    from kiosk.agent.ports import CardReaders, Reading

log = structlog.get_logger()

_PATIENCE_S = 5.0  # a whole card takes 0.4 to 3 s, by reader
_NO_BODY_BYTES = 1024  # nothing is ever sent to the agent
_FLAGS = {"true": True, "false": False, "1": True, "0": False, "": False}

# Software asks every few seconds whether a card is there: that there is none is no news.
_EVERY_DAY = frozenset({Refusal.NO_CARD, Refusal.READER_ABSENT, Refusal.READER_SERVICE_DOWN})


def _now() -> datetime:
    return datetime.now(UTC)


def create_app(
    readers: CardReaders,
    *,
    origins: Collection[str] = (),
    clock: Callable[[], datetime] = _now,
    patience_s: float = _PATIENCE_S,
) -> Flask:
    """Build the agent; `origins` are the web pages that may ask it, `clock` returns an aware moment."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _NO_BODY_BYTES
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    guard(app, origins)
    _explain_refusals(app)
    turn = _Turn(readers, patience_s)

    @app.get("/api/smartcard/terminals")
    def _terminals() -> Response:
        return jsonify(answers.terminals(readers.terminals()))

    @app.get("/api/smartcard/read-card-only")
    def _read_card_only() -> Response:
        with_image = _flag(request.args.get("readImageFlag", ""))
        told = answers.card(turn.read(with_portrait=with_image), now=clock(), with_image=with_image)
        log.info("card_answered")
        return jsonify(told)

    return app


class _Turn:
    """Reads one card at a time."""

    def __init__(self, readers: CardReaders, patience_s: float) -> None:
        self._readers = readers
        self._patience_s = patience_s
        self._reading = threading.Lock()

    def read(self, *, with_portrait: bool) -> Reading:
        """Read the first card there is."""
        if not self._reading.acquire(timeout=self._patience_s):
            raise RefusedError(Refusal.BUSY)
        try:
            return self._readers.read(self._first_with_card(), with_portrait=with_portrait)
        finally:
            self._reading.release()

    def _first_with_card(self) -> str:
        terminals = self._readers.terminals()
        if not terminals:
            raise RefusedError(Refusal.READER_ABSENT)
        for terminal in terminals:
            if terminal.present:
                return terminal.name
        raise RefusedError(Refusal.NO_CARD)


def _flag(text: str) -> bool:
    """Whether the portrait is asked for; clients write True as well as true."""
    try:
        return _FLAGS[text.lower()]
    except KeyError as error:
        raise RefusedError(Refusal.QUESTION_NOT_UNDERSTOOD) from error


def _explain_refusals(app: Flask) -> None:
    @app.errorhandler(RefusedError)
    def _refused(error: RefusedError) -> Response:
        return _say(error.refusal)

    @app.errorhandler(CardReadError)
    @app.errorhandler(FaultError)
    def _unread(error: CardReadError | FaultError) -> Response:
        return _say(refusal_of(error), technician=str(error))

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        return _say(Refusal.NO_SUCH_ADDRESS if isinstance(error, NotFound) else Refusal.QUESTION_NOT_UNDERSTOOD)

    @app.errorhandler(Exception)
    def _failed(error: Exception) -> Response:
        """Say where a defect struck and nothing it held: a message or a local may quote a card."""
        struck = traceback.extract_tb(error.__traceback__)[-1]
        log.error("incident", error=type(error).__name__, code=f"{Path(struck.filename).name}:{struck.lineno}")
        return _say(Refusal.AGENT_FAILED)


def _say(refusal: Refusal, **fields: str) -> Response:
    (log.debug if refusal in _EVERY_DAY else log.info)("request_refused", code=refusal, **fields)
    response = jsonify(body(refusal))
    response.status_code = WORDS[refusal].status
    if refusal is Refusal.BUSY:
        response.headers["Retry-After"] = "1"
    if refusal is Refusal.ONLY_GET:
        response.headers["Allow"] = "GET"
    return response
