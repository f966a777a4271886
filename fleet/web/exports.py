# SPDX-License-Identifier: Apache-2.0
"""The tables of the pages as files, for spreadsheets: CSV and Excel; a week as text; in the language of the page.

Every row says what its figures are (official, estimate, test, made up), because a row is copied without its page.
Counts are whole numbers; a share stands beside them as the exact fraction and as the percentage that the page shows.
"""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias

from apiflask import APIBlueprint
from flask import Response, abort
from flask_babel import gettext

from fleet.coverage import kpi57
from fleet.coverage.figures import Mode
from fleet.coverage.fiscal import bangkok_day, last_day
from fleet.coverage.report import report
from fleet.devices.park import read_all
from fleet.people.writing import written_csv, written_workbook
from fleet.web.acts import ActsQuestion
from fleet.web.acts import read as read_acts
from fleet.web.acts_words import act_words, facts
from fleet.web.complaint_rows import complaint_row, complaint_titles
from fleet.web.complaints import ComplaintQuestion, weekly_of
from fleet.web.funnel import read_funnels
from fleet.web.questions import Choice, DevicesQuestion, FunnelQuestion, RegionQuestion, WeekQuestion
from fleet.web.reach import looking
from fleet.web.refusals import asked
from fleet.web.supplies import now, now_ms
from fleet.web.week import week_of
from fleet.web.week_words import letter
from fleet.web.wording import CARES, CONDITIONS, FLAGS, MODES, VERDICTS, province_name, written_day, written_moment
from wire.provinces import PROVINCES

if TYPE_CHECKING:
    from fleet.coverage.figures import Share
    from fleet.coverage.report import AnyReport
    from fleet.devices.health import Device
    from wire.ids import ProvinceCode

pages = APIBlueprint("exports", __name__, enable_openapi=False)

Cell: TypeAlias = str | int | None
Rows: TypeAlias = list[list[Cell]]


class Ending(StrEnum):
    """What kinds of files there are, by their endings."""

    CSV = "csv"
    XLSX = "xlsx"


_MOST_LINES = 10_000
_TYPES = {
    Ending.CSV: "text/csv; charset=utf-8",
    Ending.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


_ALL = 10_000  # complaints in one file


@pages.get("/exports/coverage.<ending>")
def coverage(ending: str) -> Response:
    """Give all provinces of the scope on one basis."""
    question = asked(RegionQuestion)
    basis = question.basis()
    with looking() as (connection, scope):
        found = report(connection, basis, scope)
    wanted = [code for code in found.results if question.region in (None, PROVINCES[code].health_region)]
    rows = [_coverage_titles(), *(_coverage_row(found, code, question.choice) for code in wanted)]
    return _file(f"coverage-{basis.fiscal_year}-{int(basis.period)}-{question.choice}", ending, rows)


@pages.get("/exports/funnel.<ending>")
def funnel(ending: str) -> Response:
    """Give the funnel of each province of the scope."""
    question = asked(FunnelQuestion)
    basis = question.basis()
    rows: Rows = [_funnel_titles()]
    for code, each in read_funnels(question, question.region).items():
        counts = (each.captured, each.duplicates, each.lapsed, each.submitted, each.accepted, each.activated)
        rows.append([code, province_name(code), basis.fiscal_year, int(basis.period), _label(question.choice), *counts])
        rows[-1].append(each.revoked)
    return _file(f"funnel-{basis.fiscal_year}-{int(basis.period)}-{question.choice}", ending, rows)


@pages.get("/exports/devices.<ending>")
def devices(ending: str) -> Response:
    """Give the kiosks that are looked for, all of them, by name."""
    question, moment = asked(DevicesQuestion), now_ms()
    with looking() as (connection, scope):
        rows = [_device_row(each) for each in read_all(connection, moment, question.within(scope), question.sought)]
    return _file(f"devices-{bangkok_day(now()).isoformat()}", ending, [_device_titles(), *rows])


@pages.get("/exports/week.txt")
def week() -> Response:
    """Give the weekly summary as text for a mail."""
    question = asked(WeekQuestion)
    summary = week_of(question)
    name = f"week-{summary.counts.week.last.isoformat()}-{question.ours}.txt"
    return attached(letter(summary).encode(), "text/plain; charset=utf-8", name)


@pages.get("/exports/acts.<ending>")
def acts(ending: str) -> Response:
    """Give what operators did in the scope, the latest first; `before` takes the rest of a long log."""
    question = asked(ActsQuestion)
    rows: Rows = [_acts_titles()]
    for each in read_acts(question, _MOST_LINES).lines:
        entry = each.entry
        said = [written_moment(entry.at_ms), entry.who, entry.act, act_words(entry.act), entry.subject]
        holds = gettext("yes") if each.holds else gettext("no")
        rows.append([entry.seq, *said, "; ".join(facts(entry.detail)), entry.digest, holds])
    return _file("acts", ending, rows)


@pages.get("/exports/complaints.csv", defaults={"form": Ending.CSV})
@pages.get("/exports/complaints.xlsx", defaults={"form": Ending.XLSX})
def complaints(form: Ending) -> Response:
    """Give the complaints of a week and those that still wait."""
    question = asked(ComplaintQuestion)
    weekly = weekly_of(question, at_most=_ALL)
    rows: Rows = [complaint_titles(), *(complaint_row(each, weekly.at_ms) for each in weekly.tickets)]
    return _file(f"complaints-{weekly.week.last.isoformat()}-{question.ours}", form, rows)


def _file(name: str, ending: str, rows: Rows) -> Response:
    match ending:
        case Ending.CSV:
            content = written_csv(rows)
        case Ending.XLSX:
            content = written_workbook(name[:31], rows)  # Excel names no sheet longer
        case _:
            abort(HTTPStatus.NOT_FOUND)
    return attached(content, _TYPES[Ending(ending)], f"{name}.{ending}")


def attached(content: bytes, content_type: str, name: str) -> Response:
    """Answer with a file to take along."""
    response = Response(content, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _label(choice: Choice) -> str:
    match choice:
        case Choice.OFFICIAL:
            return str(gettext("Official (ministry)"))
        case Choice.MATCHED:
            return str(MODES[Mode.MATCHED])
        case Choice.TEST:
            return str(gettext("Our test data"))
        case _:
            return str(gettext("Our estimate"))


def _coverage_titles() -> list[Cell]:
    return [
        gettext("Code"),
        gettext("Province"),
        gettext("Region"),
        gettext("Fiscal year (B.E.)"),
        gettext("Period"),
        gettext("Counted up to the end of"),
        gettext("Figures"),
        gettext("Made-up figures"),
        *_share_titles(gettext("57.1 Staff")),
        *_share_titles(gettext("57.2 People")),
        gettext("Verdict"),
        gettext("Remarks"),
        gettext("Source"),
        "SHA-256",
    ]


def _acts_titles() -> list[Cell]:
    return [
        gettext("Line"),
        gettext("When"),
        gettext("Who"),
        "act",
        gettext("What"),
        gettext("Which"),
        gettext("Also"),
        "SHA-256",
        gettext("Check against the digest before"),
    ]


def _share_titles(title: str) -> list[Cell]:
    return [f"{title} A", f"{title} B", f"{title} A/B", f"{title} %", f"{title} · {gettext('Still needed')}"]


def _coverage_row(found: AnyReport, code: ProvinceCode, choice: Choice) -> list[Cell]:
    result, place, basis = found.results[code], PROVINCES[code], found.basis
    batch = found.reading.batches.get(found.reading.batch_of.get(code, 0))
    return [
        code,
        province_name(code),
        place.health_region,
        basis.fiscal_year,
        int(basis.period),
        written_day(last_day(basis.fiscal_year, basis.period)),
        _label(choice),
        gettext("yes") if result.figures.made_up else gettext("no"),
        *_share(result.figures.staff, result.staff_gap),
        *_share(result.figures.people, result.people_gap),
        str(VERDICTS[result.verdict]),
        ", ".join(str(FLAGS[flag]) for flag in result.flags),
        None if batch is None else batch.source,
        None if batch is None else batch.file_sha256,
    ]


def _share(share: Share, gap: int | None) -> list[Cell]:
    exact = None if share.known is None else f"{share.known[0]}/{share.known[1]}"
    return [share.a, share.b, exact, kpi57.shown(share), gap]


def _funnel_titles() -> list[Cell]:
    return [
        gettext("Code"),
        gettext("Province"),
        gettext("Fiscal year (B.E.)"),
        gettext("Period"),
        gettext("Figures"),
        gettext("Captured at kiosks"),
        gettext("Came twice"),
        gettext("Expired"),
        gettext("Sent"),
        gettext("Code issued"),
        gettext("Active"),
        gettext("Revoked"),
    ]


def _device_titles() -> list[Cell]:
    return [
        gettext("Kiosk"),
        gettext("Facility"),
        gettext("Code"),
        gettext("Province"),
        gettext("Condition"),
        gettext("What is amiss"),
        gettext("Last heard"),
        gettext("Release"),
        gettext("Unsent"),
        gettext("Oldest unsent, seconds"),
        gettext("Screen"),
        gettext("Reader"),
        gettext("Camera"),
        gettext("Disk space left, MiB"),
        gettext("Refused"),
        gettext("New codes, 7 days"),
    ]


def _device_row(device: Device) -> list[Cell]:
    return [
        device.kiosk,
        device.facility,
        device.province,
        province_name(device.province),
        str(CONDITIONS[device.condition]),
        ", ".join(str(CARES[care]) for care in device.cares),
        None if device.seen_ms is None else written_moment(device.seen_ms),
        device.release,
        device.outbox,
        device.oldest_unacked_s,
        device.screen,
        device.reader,
        device.camera,
        device.disk_free_mib,
        device.refused,
        device.new_codes,
    ]
