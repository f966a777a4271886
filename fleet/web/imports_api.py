# SPDX-License-Identifier: Apache-2.0
"""Imports as JSON: what was proposed and imported, what each changes, and what a program may do about one."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from apiflask import APIBlueprint
from apiflask.fields import UploadFile
from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, Field, model_validator

from fleet.people import entries
from fleet.people.entries import Change, Effect, Entry, Stage
from fleet.people.figures import Held, Kind
from fleet.web.bodies import Body, Choice, MadeAnswer, Text
from fleet.web.deeds import imports as deeds
from fleet.web.imports import preview_of
from fleet.web.imports_words import told
from fleet.web.reach import looking
from fleet.web.refusals import say
from fleet.web.supplies import now_ms

if TYPE_CHECKING:
    from flask import Response

pages = APIBlueprint("api_imports", __name__)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class ImportAnswer(_Answer):
    """One file that was proposed, or one batch that was proposed to be undone (`undoes`). Moments are in ms, UTC."""

    number: int
    kind: Kind
    stage: Stage
    undoes: int | None
    batch: int | None = Field(description="what came of it")
    file_name: str | None
    file_sha256: str | None
    source: str
    reason: str
    made_up: bool
    rows: int
    proposed_by: str
    proposed_ms: int
    approved_by: str | None
    approved_ms: int | None
    rejected_by: str | None
    rejected_ms: int | None


class ImportsAnswer(_Answer):
    """The newest imports of a scope, newest first."""

    scope: str
    imports: list[ImportAnswer]


class HeldAnswer(_Answer):
    """Counts by the names of their columns, and the batch they are from; null is missing."""

    counts: dict[str, int | None]
    batch: int | None


class ChangeAnswer(_Answer):
    """What one row does to what is in force; null is nothing."""

    line: int
    fiscal_year: int
    period: int | None
    province: str | None
    figure: str | None
    effect: Effect
    before: HeldAnswer | None
    after: HeldAnswer | None


class PreviewAnswer(_Answer):
    """What an import changes, or changed; `complete` is false if it holds rows outside of the scope."""

    of: ImportAnswer
    seen: str = Field(description="the stamp of these changes, which an approval brings along")
    complete: bool
    changes: list[ChangeAnswer]


_COLUMN = re.compile("(column|value)-[a-z0-9_]{1,32}")
_COLUMNS: dict[str, Any] = {"type": "string", "maxLength": 200}


class FileBody(Body):
    """A file with what is said of it.

    `column-` with a column's name is the header that the file has for it, and `value-` one value for every row.
    """

    model_config = ConfigDict(
        extra="allow",
        arbitrary_types_allowed=True,
        json_schema_extra={"patternProperties": {f"^{_COLUMN.pattern}$": _COLUMNS}, "additionalProperties": False},
    )

    kind: Choice[Kind]
    file: UploadFile
    source: Text
    reason: Text = ""
    made_up: Text | None = Field(default=None, description="there, with any value: these are made-up sample figures")
    sheet: Text | None = None
    header_line: Text | None = None

    @model_validator(mode="after")
    def _knows_its_columns(self) -> FileBody:
        if not all(
            _COLUMN.fullmatch(name) and isinstance(said, str) for name, said in (self.model_extra or {}).items()
        ):
            message = "a member that is not offered"
            raise ValueError(message)
        return self


class SeenBody(Body):
    """What the preview was stamped with."""

    seen: Text


class ReasonBody(Body):
    """Why a batch is to be undone."""

    reason: Text


@pages.get("/api/v1/imports")
@pages.output(ImportsAnswer)
def overview() -> ImportsAnswer:
    """What was proposed and imported."""
    with looking() as (connection, scope):
        found = entries.entries(connection, scope, now_ms())
    return ImportsAnswer(scope=str(scope), imports=[_import(entry) for entry in found])


@pages.get("/api/v1/imports/<int:number>")
@pages.output(PreviewAnswer)
def one(number: int) -> PreviewAnswer:
    """What one import changes, row by row."""
    shown = preview_of(number)
    changes = [_change(shown.entry.kind, each) for each in shown.changes]
    return PreviewAnswer(of=_import(shown.entry), seen=shown.seen, complete=shown.complete, changes=changes)


@pages.post("/api/v1/imports")
@pages.input(FileBody, location="form_and_files", arg_name="body")
@pages.output(MadeAnswer, status_code=HTTPStatus.CREATED)
def bring(body: FileBody) -> MadeAnswer:
    """Bring a file: it becomes a proposal that another person approves, or its problems are told row by row."""
    said: dict[str, Any] = body.model_dump(exclude={"kind", "file"}, exclude_none=True)
    return MadeAnswer(number=deeds.bring(body.kind, body.file, said))


@pages.post("/api/v1/imports/<int:number>/approve")
@pages.input(SeenBody, arg_name="body")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def approve(number: int, body: SeenBody) -> str:
    """Bring what another person has proposed into force, as it was seen."""
    deeds.approve(number, body.seen)
    return ""


@pages.post("/api/v1/imports/<int:number>/reject")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def reject(number: int) -> str:
    """Turn a proposal down; who may not approve takes back their own only."""
    deeds.reject(number)
    return ""


@pages.post("/api/v1/imports/<int:number>/undo")
@pages.input(ReasonBody, arg_name="body")
@pages.output(MadeAnswer, status_code=HTTPStatus.CREATED)
def undo(number: int, body: ReasonBody) -> MadeAnswer:
    """Propose that what came of an import be undone."""
    return MadeAnswer(number=deeds.undo(number, body.reason))


@pages.errorhandler(deeds.FileProblemsError)
def problems(error: deeds.FileProblemsError) -> Response:
    """Tell the problems of a file row by row."""
    rows = [dict(zip(("row", "column", "found", "expected"), told(each), strict=True)) for each in error.problems]
    title = gettext("The file has problems")
    return say(HTTPStatus.UNPROCESSABLE_ENTITY, title, [error.words], why=error.why, problems=rows)


def _import(entry: Entry) -> ImportAnswer:
    return ImportAnswer(**{name: getattr(entry, name) for name in ImportAnswer.model_fields})


def _change(kind: Kind, change: Change) -> ChangeAnswer:
    place = change.place
    return ChangeAnswer(
        line=change.line,
        fiscal_year=place.fiscal_year,
        period=place.period,
        province=place.province,
        figure=place.figure,
        effect=change.effect,
        before=_held(kind, change.before),
        after=_held(kind, change.after),
    )


def _held(kind: Kind, held: Held | None) -> HeldAnswer | None:
    if held is None:
        return None
    return HeldAnswer(counts=dict(zip(kind.counts, held.counts, strict=True)), batch=held.batch or None)
