# SPDX-License-Identifier: Apache-2.0
"""The JSON of imports: what was proposed and imported, and what each changes. It only reads."""

from __future__ import annotations

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from fleet.people import entries
from fleet.people.entries import Change, Effect, Entry, Stage
from fleet.people.figures import Held, Kind
from fleet.web.imports import preview_of
from fleet.web.reach import looking
from fleet.web.supplies import now_ms

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
    complete: bool
    changes: list[ChangeAnswer]


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
    return PreviewAnswer(of=_import(shown.entry), complete=shown.complete, changes=changes)


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
