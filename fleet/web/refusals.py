# SPDX-License-Identifier: Apache-2.0
"""What is said when an address cannot be answered: a page in words, or `application/problem+json` under /api.

It never repeats what was asked. Source: RFC 9457.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from apiflask import HTTPError
from flask import Response, jsonify, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import OperationalError, ProgrammingError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from fleet.store.scope import OutOfScopeError
from fleet.web.bodies import known_members
from fleet.web.gate import ForgedError, NotAllowedError, NotSignedInError, ReadsOnlyError
from fleet.web.headers import ForeignNameError
from fleet.web.paces import TooOftenError
from fleet.web.paper import NoPrinterError, PrinterBusyError
from fleet.web.questions import FIRST_YEAR, LAST_YEAR
from fleet.web.reach import RefusedError
from fleet.web.rights import LEVELS, ROLES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask

    from fleet.web.rights import Right

log = structlog.get_logger(__name__)
Q = TypeVar("Q", bound=BaseModel)

_ALLOWED = {
    "year": lazy_gettext(
        "year: a fiscal year of the Buddhist era, %(first)s to %(last)s.", first=FIRST_YEAR, last=LAST_YEAR
    ),
    "period": lazy_gettext("period: 6 or 12 months."),
    "quarter": lazy_gettext("quarter: 1 to 4, of the fiscal year."),
    "figures": lazy_gettext("figures: proxy-live or proxy-test; on pages of coverage official and matched too."),
    "region": lazy_gettext("region: a health region, 1 to 13."),
    "province": lazy_gettext("province: the two digits of a province."),
    "condition": lazy_gettext("condition: ok, needs_care, resting, silent, never_seen or revoked."),
    "care": lazy_gettext("care: alarm, help, screen, reader, camera, outbox_old, disk_low or clock."),
    "facility": lazy_gettext("facility: the five digits of a facility."),
    "kiosk": lazy_gettext("kiosk: a part of a kiosk's name, of a-z, 0-9 and -."),
    "sort": lazy_gettext("sort: code, name, region, staff, people, gap or verdict."),
    "dir": lazy_gettext("dir: up or down."),
    "page": lazy_gettext("page: a whole number from 1."),
    "ending": lazy_gettext("ending: a Friday that is not in the future, as YYYY-MM-DD."),
    "before": lazy_gettext("before: the number of a line."),
    "after": lazy_gettext("after: the name of an account."),
    "who": lazy_gettext("who: an account, 80 letters at most."),
    "subject": lazy_gettext("subject: a kiosk, account or number, 200 letters at most."),
    "head": lazy_gettext("head: as it was printed."),
    "lang": lazy_gettext("lang: th or en."),
}


class QuestionError(Exception):
    """The address asks for something that is not offered; `parameters` names what."""

    def __init__(self, parameters: Iterable[str]) -> None:
        """Keep the names of the parameters, never their values."""
        self.parameters = tuple(sorted(set(parameters)))
        super().__init__(", ".join(self.parameters))


def asked(kind: type[Q]) -> Q:
    """Read the page's question from the address.

    Raises:
        QuestionError: a parameter is not one of those allowed.
    """
    try:
        return kind.model_validate(request.args.to_dict())
    except ValidationError as error:
        raise QuestionError(str(each["loc"][0]) for each in error.errors()) from error


def asked_again() -> dict[str, Any]:
    """What the address asked, for a link that asks it again: known names only, and none that Flask takes for itself."""
    return {name: value for name, value in request.args.items() if name in _ALLOWED and value}


def explain_refusals(app: Flask) -> None:
    """Give every refusal of the app its words."""
    app.jinja_env.globals["asked_again"] = asked_again
    app.register_error_handler(QuestionError, _question)
    app.register_error_handler(HTTPError, _api_question)
    app.register_error_handler(PrinterBusyError, _printer_busy)
    app.register_error_handler(NoPrinterError, _no_printer)
    app.register_error_handler(ForeignNameError, _foreign_name)
    app.register_error_handler(NotSignedInError, _not_signed_in)
    app.register_error_handler(NotAllowedError, _not_allowed)
    app.register_error_handler(OutOfScopeError, _out_of_scope)
    app.register_error_handler(ForgedError, _forged)
    app.register_error_handler(ReadsOnlyError, _reads_only)
    app.register_error_handler(RefusedError, _refused)
    app.register_error_handler(TooOftenError, _too_often)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _no_database)
    app.register_error_handler(ProgrammingError, _no_database)
    app.register_error_handler(Exception, _broken)


def say(status: HTTPStatus, title: str, remedies: Iterable[str], **members: object) -> Response:
    """Answer in words; `members` are for programs and extend the problem, as RFC 9457, 3.2 has it."""
    lines = list(remedies)
    if request.path.startswith("/api/"):
        response = jsonify(type="about:blank", title=title, status=int(status), detail=" ".join(lines), **members)
        response.mimetype = "application/problem+json"
    else:
        response = Response(render_template("refused.html", title=title, lines=lines, status=int(status)))
    response.status_code = status
    return response


def _question(error: QuestionError) -> Response:
    words = [str(_ALLOWED[name]) for name in error.parameters if name in _ALLOWED]
    return say(HTTPStatus.BAD_REQUEST, gettext("The address asks for something that is not offered"), words)


def _api_question(error: HTTPError) -> Response:
    detail = error.detail if isinstance(error.detail, dict) else {}
    if "query" in detail:
        return _question(QuestionError(name.split(".")[0] for name in detail["query"]))
    return _wrong_body({name.split(".")[0] for fields in detail.values() for name in fields} & known_members())


def _wrong_body(members: Iterable[str] = ()) -> Response:
    told = gettext("Send JSON with the members that /api/v1/openapi.json names for this address, and no others.")
    title = gettext("What was sent is not what this address takes")
    return say(HTTPStatus.BAD_REQUEST, title, [told], members=sorted(members))


def _printer_busy(_: PrinterBusyError) -> Response:
    response = say(
        HTTPStatus.SERVICE_UNAVAILABLE,
        gettext("Other papers are being made"),
        [gettext("Ask for it again in a few seconds.")],
    )
    response.headers["Retry-After"] = "3"
    return response


def _no_printer(_: NoPrinterError) -> Response:
    log.error("pango_missing")
    return say(
        HTTPStatus.SERVICE_UNAVAILABLE,
        gettext("No PDF can be made on this controller"),
        [gettext("Take the table as Excel. Technician: run the playbook once more, it installs Pango.")],
    )


def _foreign_name(_: ForeignNameError) -> Response:
    return say(
        HTTPStatus.MISDIRECTED_REQUEST,
        gettext("This console does not answer under that name"),
        [gettext("Open it on its own machine, as http://localhost with its port.")],
    )


def _not_signed_in(_: NotSignedInError) -> Response:
    if not request.path.startswith("/api/"):
        to = request.full_path.rstrip("?") if request.method == "GET" else None
        return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": url_for("signing_in.form", to=to)})
    response = say(
        HTTPStatus.UNAUTHORIZED,
        gettext("The API answers accounts only"),
        [gettext("Send a token of dipchip-fleet account token as Authorization: Bearer, or sign in with the browser.")],
    )
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _not_allowed(error: NotAllowedError) -> Response:
    needed = error.right
    told = [gettext("Ask whoever runs the controller whether your account should.")]
    if needed is not None:
        told.insert(0, gettext("It needs the role %(role)s, and a scope of at least: %(width)s.", **_named(needed)))
    return say(HTTPStatus.FORBIDDEN, gettext("Your account may not do this"), told)


def _named(right: Right) -> dict[str, str]:
    return {"role": str(ROLES[right.role]), "width": str(LEVELS[right.width])}


def _out_of_scope(_: OutOfScopeError) -> Response:
    return say(
        HTTPStatus.FORBIDDEN,
        gettext("This lies outside of what your account may see"),
        [gettext("Start from your own pages, or ask somebody whose account reaches there.")],
    )


def _forged(_: ForgedError) -> Response:
    return say(
        HTTPStatus.FORBIDDEN,
        gettext("The form did not come from a page of this console"),
        [gettext("Allow cookies, open the page again, and send the form from there.")],
    )


def _reads_only(_: ReadsOnlyError) -> Response:
    return say(
        HTTPStatus.FORBIDDEN,
        gettext("This token only reads"),
        [gettext("Make one that acts on the controller: dipchip-fleet account token --acts-as.")],
    )


def _refused(error: RefusedError) -> Response:
    return say(HTTPStatus.CONFLICT, gettext("It was not done, and nothing changed"), [error.words], why=error.why)


def _too_often(error: TooOftenError) -> Response:
    wait_s = -(-error.wait_ms // 1000)
    told = gettext("Ask again after as many seconds as Retry-After says; keep to two questions a second.")
    response = say(HTTPStatus.TOO_MANY_REQUESTS, gettext("This token asks too often"), [told])
    response.headers["Retry-After"] = str(wait_s)
    return response


def _http(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    if status is HTTPStatus.BAD_REQUEST and request.path.startswith("/api/"):
        return _wrong_body()
    match status:
        case HTTPStatus.NOT_FOUND:
            title, remedy = (
                gettext("There is no such page"),
                gettext("Check the address, or start from the coverage page."),
            )
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            title, remedy = (
                gettext("What was sent is too large"),
                gettext("Send a file of at most 5 MiB, and of anything else at most 4 KiB."),
            )
        case HTTPStatus.METHOD_NOT_ALLOWED:
            title, remedy = (
                gettext("Nothing can be sent to this address"),
                gettext("Open the page with GET."),
            )
        case _:
            title, remedy = gettext("The address cannot be answered"), gettext("Start from the coverage page.")
    response = say(status, title, [remedy])
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return response


def _no_database(error: Exception) -> Response:
    log.error("database_unready", kind=type(error).__name__)
    return say(
        HTTPStatus.SERVICE_UNAVAILABLE,
        gettext("The database does not answer"),
        [gettext("Try again in a minute. Technician: check database_url and run dipchip-fleet migrate.")],
    )


def _broken(error: Exception) -> Response:
    log.error("page_broken", kind=type(error).__name__, exc_info=error)
    return say(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        gettext("The console made a mistake"),
        [gettext("Try again. If it stays, send the technician the time of day; the log has the cause.")],
    )
