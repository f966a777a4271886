# SPDX-License-Identifier: Apache-2.0
"""The JSON beside the pages, under /api/v1: the same values in the shapes of `answers`."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from apiflask import APIBlueprint
from flask import abort
from sqlalchemy import select

from fleet.coverage import kpi57, reading
from fleet.coverage.figures import Mode
from fleet.coverage.fiscal import cutoff, cutoff_day
from fleet.coverage.region8 import FISCAL_YEAR
from fleet.coverage.report import report
from fleet.devices.closeup import read_closeup
from fleet.devices.help_calls import waits
from fleet.devices.park import read_park
from fleet.store.scope import province_scope
from fleet.store.session import reading as read_only
from fleet.web import answers
from fleet.web.coverage import known_province
from fleet.web.deeds.kiosks import known
from fleet.web.funnel import read_funnels
from fleet.web.indicators import QuarterQuestion, standing_of
from fleet.web.iso import at, at_or_none
from fleet.web.morning import agenda_of
from fleet.web.morning_words import ACTIONS, HEADINGS, source_of, visits_of, what
from fleet.web.questions import DevicesQuestion, FunnelQuestion, MorningQuestion, Question, RegionQuestion
from fleet.web.reach import looking
from fleet.web.supplies import engine, now_ms
from wire.provinces import PROVINCES

if TYPE_CHECKING:
    from fleet.coverage.figures import Share
    from fleet.coverage.followed import Followed
    from fleet.coverage.judging import Judged
    from fleet.coverage.kpi57 import Met, National
    from fleet.coverage.progress import Progress
    from fleet.coverage.report import AnyReport
    from fleet.devices.health import Device
    from fleet.web.agenda import Task
    from wire.ids import ProvinceCode

pages = APIBlueprint("api", __name__)


@pages.get("/api/v1/coverage")
@pages.input(RegionQuestion, location="query", arg_name="question")
@pages.output(answers.CoverageAnswer)
def coverage(question: RegionQuestion) -> answers.CoverageAnswer:
    """Coverage of all provinces, or of one health region's."""
    with looking() as (connection, scope):
        found = report(connection, question.basis(), scope)
    wanted = [code for code in found.results if question.region in (None, PROVINCES[code].health_region)]
    regions = [region for region in found.regions if question.region in (None, region)]
    return answers.CoverageAnswer(
        scope=str(scope),
        basis=_basis(found),
        national=answers.SumAnswer(**_sum(found.whole, gated=found.gate is not None)),
        without_bangkok=None
        if found.without_bangkok is None
        else _national(found.without_bangkok, gated=found.gate is not None),
        regions=[
            answers.RegionAnswer(health_region=region, **_sum(found.regions[region], gated=found.gate is not None))
            for region in regions
        ],
        provinces=[_province(found, code) for code in wanted],
        people_of_unknown_province=found.reading.unplaced,
        batches=[_batch(batch) for batch in found.reading.batches.values()],
    )


@pages.get("/api/v1/coverage/<code>")
@pages.input(Question, location="query", arg_name="question")
@pages.output(answers.ProvinceAnswer)
def province(code: str, question: Question) -> answers.ProvinceAnswer:
    """Coverage of one province, with its sources, funnel and facilities."""
    known = known_province(code)
    basis = question.basis()
    before = cutoff_day(basis.fiscal_year, basis.period)
    with looking() as (connection, scope):
        here = scope.narrowed(province_scope(known))
        found = report(connection, basis, here)
        funnels = reading.funnel(connection, question.profile, before, here)
        work = reading.facilities(connection, question.profile, before, here)
    batch = found.reading.batches.get(found.reading.batch_of.get(known, 0))
    return answers.ProvinceAnswer(
        basis=_basis(found),
        province=_province(found, known),
        batch=None if batch is None else _batch(batch),
        funnel=answers.FunnelCounts(**asdict(funnels.get(known, reading.Funnel()))),
        facilities=[answers.FacilityAnswer(**asdict(each)) for each in work],
    )


@pages.get("/api/v1/funnel")
@pages.input(FunnelQuestion, location="query", arg_name="question")
@pages.output(answers.FunnelAnswer)
def funnel(question: FunnelQuestion) -> answers.FunnelAnswer:
    """How many people came how far, by province."""
    rows = read_funnels(question, question.region)
    basis = question.basis()
    return answers.FunnelAnswer(
        fiscal_year=basis.fiscal_year,
        period=int(basis.period),
        profile=question.profile,
        total=answers.FunnelCounts(**asdict(reading.summed(list(rows.values())))),
        provinces=[answers.FunnelRow(code=code or None, **asdict(row)) for code, row in rows.items()],
    )


@pages.get("/api/v1/indicators")
@pages.input(QuarterQuestion, location="query", arg_name="question")
@pages.output(answers.IndicatorsAnswer)
def indicators(question: QuarterQuestion) -> answers.IndicatorsAnswer:
    """The indicators of Health Region 8 at a quarter's end."""
    standing = standing_of(question)
    return answers.IndicatorsAnswer(
        fiscal_year=FISCAL_YEAR,
        period=int(standing.period),
        made_up=standing.made_up,
        indicators=[_indicator(each) for each in standing.indicators],
        followed=[_followed(each) for each in standing.followed],
        batches=[_batch(batch) for batch in standing.batches],
    )


@pages.get("/api/v1/devices")
@pages.input(DevicesQuestion, location="query", arg_name="question")
@pages.output(answers.DevicesAnswer)
def devices(question: DevicesQuestion) -> answers.DevicesAnswer:
    """The kiosks that are looked for, those that need somebody first, a hundred a page."""
    moment = now_ms()
    with looking() as (connection, scope):
        park = read_park(connection, moment, question.within(scope), question.number, question.sought)
        helpers = waits(connection, [device.kiosk for device in park.devices], moment)
    return answers.DevicesAnswer(
        at=at(moment),
        counts=dict(park.counts),
        found=park.found,
        page=park.page,
        pages=park.pages,
        devices=[_device(device, helpers.get(device.kiosk)) for device in park.devices],
        strangers=[
            answers.RefusalAnswer(
                kiosk=each.kiosk, kind=each.kind, reason=each.reason, n=each.n, last_at=at(each.last_ms)
            )
            for each in park.strangers
        ],
    )


@pages.get("/api/v1/devices/<name>")
@pages.output(answers.CloseupAnswer)
def device(name: str) -> answers.CloseupAnswer:
    """One kiosk: its five facts, what it last said, and whether its books and the controller's balance."""
    who, moment = known(name), now_ms()
    with looking() as (connection, scope):
        found = read_closeup(connection, who, moment, scope)
        helpers = waits(connection, [who], moment)
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    loss = found.loss
    return answers.CloseupAnswer(
        at=at(moment),
        device=_device(found.device, helpers.get(who)),
        registered_at=at(found.registered_ms),
        facts=answers.FactsAnswer(**asdict(found.facts)),
        usual_release=found.usual_release,
        certificate_until=at_or_none(found.certificate_ms),
        event_key=found.event_key,
        tls_key=found.tls_key,
        books=[
            answers.BookAnswer(
                stream=book.stream,
                acked=book.acked,
                held=book.held,
                archived=book.archived,
                balances=book.balances,
                moved_at=at(book.moved_ms),
            )
            for book in found.books
        ],
        older_streams=found.older,
        loss=None
        if loss is None
        else answers.LossAnswer(
            kind=loss.kind,
            standing=loss.standing,
            reported_at=at(loss.reported_ms),
            confirmed_at=None if loss.confirmed_ms is None else at(loss.confirmed_ms),
            notice_due_at=at(loss.notice_due_ms),
        ),
    )


@pages.get("/api/v1/morning")
@pages.input(MorningQuestion, location="query", arg_name="question")
@pages.output(answers.MorningAnswer)
def morning(question: MorningQuestion) -> answers.MorningAnswer:
    """What is to be done this morning, in the country or in one province."""
    agenda = agenda_of(question)
    return answers.MorningAnswer(
        at=at(agenda.at_ms),
        scope=str(agenda.scope),
        province=agenda.scope.province,
        profile=question.profile,
        total=agenda.total,
        counts=dict(agenda.counts),
        tasks=[_task(task, question) for task in agenda.tasks],
        left_out=agenda.left_out,
        progress=progress_answer(agenda.progress),
    )


@pages.get("/healthz")
@pages.output(answers.HealthAnswer)
def healthz() -> answers.HealthAnswer:
    """Tell that the console runs and its database answers; no figure is in it."""
    with read_only(engine()) as connection:
        connection.execute(select(1))
    return answers.HealthAnswer(status="ok")


def progress_answer(progress: Progress) -> answers.ProgressAnswer:
    """Write where KPI 57.2 stands."""
    return answers.ProgressAnswer(
        as_of=None if progress.as_of is None else progress.as_of.isoformat(),
        fiscal_year=None if progress.basis is None else progress.basis.fiscal_year,
        period=None if progress.basis is None else int(progress.basis.period),
        official=_share(progress.official, gap=progress.gap),
        ours_since=progress.ours,
        target_percent=None if progress.gate is None else progress.gate.people_percent,
        made_up=progress.made_up,
    )


def _basis(found: AnyReport) -> answers.BasisAnswer:
    basis, gate = found.basis, found.gate
    made_up = any(batch.made_up for batch in found.reading.batches.values())
    is_official = basis.mode is Mode.OFFICIAL
    return answers.BasisAnswer(
        fiscal_year=basis.fiscal_year,
        period=int(basis.period),
        cutoff=cutoff(basis.fiscal_year, basis.period).isoformat(),
        mode=basis.mode,
        profile=None if is_official else basis.profile,
        official=is_official and not made_up,
        made_up=made_up,
        target_published=found.year_known,
        gate=None
        if gate is None
        else answers.GateAnswer(
            staff_percent=gate.staff_percent,
            people_percent=gate.people_percent,
            version=gate.version,
            source=gate.source,
        ),
    )


def _share(share: Share, met: Met | None = None, gap: int | None = None) -> answers.ShareAnswer:
    return answers.ShareAnswer(
        a=share.a, b=share.b, percent=kpi57.shown(share), met=met, gap=gap, absence=share.absence
    )


def _province(found: AnyReport, code: ProvinceCode) -> answers.ProvinceCoverage:
    result, place = found.results[code], PROVINCES[code]
    return answers.ProvinceCoverage(
        code=code,
        iso_3166_2=place.iso_3166_2,
        name_th=place.name_th,
        name_en=place.name_en,
        health_region=place.health_region,
        staff=_share(result.figures.staff, result.staff, result.staff_gap),
        people=_share(result.figures.people, result.people, result.people_gap),
        verdict=result.verdict,
        flags=list(result.flags),
        batch=found.reading.batch_of.get(code),
    )


def _sum(total: Any, *, gated: bool) -> dict[str, Any]:  # noqa: ANN401 - a Sum of either mode
    return {
        "staff": _share(total.figures.staff),
        "people": _share(total.figures.people),
        "staff_counted": total.staff_counted,
        "people_counted": total.people_counted,
        "national": _national(total.national, gated=gated),
    }


def _national(national: National, *, gated: bool) -> answers.NationalAnswer:
    return answers.NationalAnswer(
        passed=national.passed,
        failed=national.failed,
        in_scope=national.in_scope,
        percent_of_all=national.headline if gated else None,
        percent_of_evaluable=national.of_evaluable,
    )


def _batch(batch: reading.Batch) -> answers.BatchAnswer:
    said = {name: value for name, value in asdict(batch).items() if name not in ("imported_ms", "imported_by")}
    return answers.BatchAnswer(imported_at=at(batch.imported_ms), **said)


def _device(device: Device, helper_wait_s: int | None) -> answers.DeviceAnswer:
    said = asdict(device)
    seen_ms = said.pop("seen_ms")
    alarms = [
        answers.AlarmAnswer(
            kind=each.kind,
            stream=each.stream,
            seq=each.seq,
            raised_at=at(each.raised_ms),
            looked_at=None if each.looked_ms is None else at(each.looked_ms),
        )
        for each in device.alarms
    ]
    seen_at = None if seen_ms is None else at(seen_ms)
    return answers.DeviceAnswer(**{**said, "seen_at": seen_at, "alarms": alarms, "helper_wait_s": helper_wait_s})


def _task(task: Task, question: MorningQuestion) -> answers.TaskAnswer:
    said = {name: value for name, value in asdict(task).items() if name != "codes"}
    return answers.TaskAnswer(
        **said,
        what=what(task),
        action=str(ACTIONS[task.cause]),
        read=HEADINGS[task.cause],
        source=source_of(task, question.ours),
        people_source=None if task.people is None else visits_of(task, question.ours),
    )


def _followed(each: Followed) -> answers.FollowedAnswer:
    return answers.FollowedAnswer(
        code=each.indicator.code,
        title_th=each.indicator.title_th,
        title_en=each.indicator.title_en,
        measure=each.indicator.measure,
        num=each.figure.num,
        den=each.figure.den,
        value=each.shown,
    )


def _indicator(judged: Judged) -> answers.IndicatorAnswer:
    return answers.IndicatorAnswer(
        code=judged.indicator.code,
        title_th=judged.indicator.title_th,
        title_en=judged.indicator.title_en,
        measure=judged.indicator.measure,
        judgement=judged.judgement,
        findings=[
            answers.FindingAnswer(
                part=finding.part,
                comparator=finding.gate.comparator,
                threshold=finding.gate.threshold,
                stated_count=finding.gate.stated,
                num=finding.figure.num,
                den=finding.figure.den,
                value=finding.shown,
                lacking=finding.lacking,
                judgement=finding.judgement,
                remarks=list(finding.remarks),
            )
            for finding in judged.findings
        ],
    )
