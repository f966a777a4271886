# SPDX-License-Identifier: Apache-2.0
"""The import pages: what was proposed, what it would change, and the forms by which two people bring it about.

Rosters are not among them: the console never sees a citizen number (docs/adr/0023).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from apiflask import APIBlueprint
from flask import Response, abort, make_response, redirect, render_template, request, url_for

from fleet.coverage import indicators as targets
from fleet.coverage import kpi57
from fleet.coverage.figures import Figures, Mode, Share
from fleet.coverage.fiscal import Period
from fleet.people import entries
from fleet.people.entries import MOST_LISTED, OPEN_MS, Effect, NotDoneError, Stage
from fleet.people.figures import Kind
from fleet.people.packages import LARGEST_BYTES
from fleet.people.spreadsheets import LARGEST_UPLOAD_BYTES
from fleet.people.writing import written_csv, written_workbook
from fleet.web import gate
from fleet.web.deeds import imports as deeds
from fleet.web.imports_words import COLUMNS, EFFECTS, KINDS, STAGES, place_words, told
from fleet.web.reach import RefusedError, looking
from fleet.web.supplies import now_ms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from werkzeug import Response as AnyResponse

    from fleet.coverage.kpi57 import Verdict
    from fleet.people.entries import Change, Preview
    from fleet.people.figures import Counts, Held, Place
    from fleet.people.problems import Problem

pages = APIBlueprint("imports", __name__, enable_openapi=False)
UPLOADING = frozenset({"imports.bring", "api_imports.bring"})  # the addresses that take a file
LARGEST_FORM_BYTES = LARGEST_UPLOAD_BYTES + 64 * 1024
_MOST_SHOWN = 400  # rows of a preview on the page; the JSON has all
_MOST_PROBLEMS = 200
_TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@pages.get("/imports")
def overview() -> str:
    """List what was proposed and imported."""
    with looking() as (connection, scope):
        found = entries.entries(connection, scope, now_ms())
    return render_template("imports.html", entries=found, most=MOST_LISTED, kinds=KINDS, stages=STAGES)


@pages.get("/imports/templates/<kind>.<ending>")
def template(kind: str, ending: str) -> Response:
    """Give an empty file with the right header."""
    if kind not in set(Kind) or ending not in _TYPES:
        abort(HTTPStatus.NOT_FOUND)
    rows = [deeds.LAYOUTS[Kind(kind)].header]
    response = make_response(written_csv(rows) if ending == "csv" else written_workbook(kind, rows))
    response.mimetype = _TYPES[ending]
    response.headers["Content-Disposition"] = f'attachment; filename="{kind}.{ending}"'
    return response


@pages.get("/imports/new")
def form() -> Response:
    """Show the form for a file."""
    return _form(_kind(request.args.get("kind") or Kind.DENOMINATORS))


@pages.post("/imports/new")
def bring() -> AnyResponse:
    """Take a file: it becomes a proposal, or its problems are told."""
    return _to(deeds.bring(_kind(request.form.get("kind", "")), request.files.get("file"), request.form))


@pages.get("/imports/<int:number>")
def one(number: int) -> Response:
    """Show what an import changes, or changed."""
    return _page(number)


@pages.get("/imports/batches/<int:number>")
def batch(number: int) -> AnyResponse:
    """Lead from a batch, as the pages name it beside their figures, to what it changed and who answers for it."""
    try:
        with looking() as (connection, scope):
            found = entries.entry_of_batch(connection, number, scope, now_ms())
    except NotDoneError:
        abort(HTTPStatus.NOT_FOUND)
    return redirect(url_for("imports.one", number=found.number))


@pages.post("/imports/<int:number>/approve")
def approve(number: int) -> AnyResponse:
    """Bring what another person has proposed into force."""
    deeds.approve(number, request.form.get("seen", ""))
    return _to(number)


@pages.post("/imports/<int:number>/reject")
def reject(number: int) -> AnyResponse:
    """Turn a proposal down; who may not approve takes back their own only."""
    deeds.reject(number)
    return _to(number)


@pages.post("/imports/<int:number>/undo")
def undo(number: int) -> AnyResponse:
    """Propose that what came of an import be undone."""
    return _to(deeds.undo(number, request.form.get("reason", "")))


@pages.errorhandler(RefusedError)
def refused(error: RefusedError) -> Response:
    """Say it above the form, which keeps what was typed, or above the import."""
    number = (request.view_args or {}).get("number")
    if number is not None:
        return _page(number, error.words)
    problems = error.problems if isinstance(error, deeds.FileProblemsError) else ()
    return _form(_kind(request.form.get("kind", "")), error.words, problems)


def preview_of(number: int) -> Preview:
    """Read what an import does; the page and the JSON share it. One that cannot be seen is not there."""
    try:
        with looking() as (connection, scope):
            return entries.preview(connection, entries.entry_of(connection, number, scope, now_ms()), scope)
    except NotDoneError:
        abort(HTTPStatus.NOT_FOUND)


def verdicts(kind: Kind, change: Change) -> tuple[Verdict, Verdict] | None:
    """Judge a province before and after; only the ministry's own figures decide by themselves."""
    if kind is not Kind.OFFICIAL:
        return None
    return _verdict(change.place, change.before), _verdict(change.place, change.after)


def _verdict(place: Place, held: Held | None) -> Verdict:
    counts: Counts = (None, None, None, None) if held is None else held.counts
    staff, people = Share(counts[0], counts[1]), Share(counts[2], counts[3])
    try:
        gate_of_year = targets.gate(place.fiscal_year, Period(place.period or 0))
    except targets.UnknownFiscalYearError:
        gate_of_year = None
    return kpi57.assess(Figures(Mode.OFFICIAL, place.fiscal_year, staff, people), gate_of_year).verdict


def _page(number: int, refused: str = "") -> Response:
    shown = preview_of(number)
    order = (Effect.CHANGED, Effect.TAKEN_AWAY, Effect.NEW, Effect.SAME)
    changes = sorted(shown.changes, key=lambda each: (order.index(each.effect), each.line))
    account = gate.account()
    entry = shown.entry
    page = render_template(
        "import.html",
        shown=shown,
        changes=[(each, verdicts(entry.kind, each)) for each in changes[:_MOST_SHOWN]],
        left_out=max(0, len(changes) - _MOST_SHOWN),
        counted=[(effect, shown.count(effect)) for effect in order],
        own=account is not None and account.name == entry.proposed_by,
        can_be_undone=entry.batch is not None and entry.stage in (Stage.IMPORTED, Stage.AT_ONCE),
        until_ms=entry.proposed_ms + OPEN_MS,
        refused=refused,
        kinds=KINDS,
        stages=STAGES,
        effects=EFFECTS,
        place_words=place_words,
    )
    return make_response(page, HTTPStatus.CONFLICT if refused else HTTPStatus.OK)


def _form(kind: Kind, refused: str = "", problems: Sequence[Problem] = ()) -> Response:
    page = render_template(
        "import_new.html",
        kind=kind,
        kinds=KINDS,
        columns=[(name, COLUMNS[name]) for name in deeds.LAYOUTS[kind].header],
        typed=request.form,
        refused=refused,
        problems=[told(each) for each in problems[:_MOST_PROBLEMS]],
        problem_count=len(problems),
        largest_mib=LARGEST_BYTES // 1024**2,
    )
    return make_response(page, HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK)


def _kind(text: str) -> Kind:
    if text not in set(Kind):
        abort(HTTPStatus.NOT_FOUND)
    return Kind(text)


def _to(number: int) -> AnyResponse:
    return redirect(url_for("imports.one", number=number), HTTPStatus.SEE_OTHER)
