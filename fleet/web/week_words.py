# SPDX-License-Identifier: Apache-2.0
"""The words of the weekly summary, once for the page and for the mail: headed lists of what was counted.

What is missing says so; a facility with few visits is told as having fewer than ten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext

from fleet.alerts.rules import Severity
from fleet.coverage import kpi57
from fleet.coverage.reading import SMALL
from fleet.devices.health import Condition
from fleet.web.alerts import urgency
from fleet.web.complaint_words import CATEGORIES
from fleet.web.wording import (
    CONDITIONS,
    JUDGEMENTS,
    REMARKS,
    age,
    number,
    province_name,
    scope_name,
    written_day,
    written_moment,
)
from wire.events import Profile

if TYPE_CHECKING:
    from fleet.coverage.weekly import Busy
    from fleet.web.summary import Summary

_TOP = 3  # categories
_TOLD = (Condition.OK, Condition.NEEDS_CARE, Condition.RESTING, Condition.SILENT, Condition.NEVER_SEEN)


@dataclass(frozen=True, slots=True)
class Line:
    """A figure and what it is; `remark` stands behind it."""

    name: str
    figure: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Lines under a heading; `note` says how they were counted."""

    name: str
    title: str
    lines: tuple[Line, ...]
    note: str = ""


def title() -> str:
    """What the summary is."""
    return str(gettext("Weekly summary (draft)"))


def days(summary: Summary) -> str:
    """Which place and which days; whether the last of them is over."""
    week = summary.counts.week
    told = gettext(
        "%(place)s: Saturday %(first)s to Friday %(last)s.",
        place=scope_name(summary.scope),
        first=written_day(week.first),
        last=written_day(week.last),
    )
    if week.is_over:
        return str(told)
    return " ".join((told, gettext("This Friday is not over: its figures still grow.")))


def basis(summary: Summary) -> list[str]:
    """What kind of figures these are."""
    said = [str(gettext("LIVE figures, as counted by this system; not the ministry's."))]
    if summary.profile is Profile.TEST:
        warning = gettext("No real people stand behind these figures. They are never official.")
        said = [" ".join((gettext("TEST DATA"), warning))]
    if summary.progress.made_up:
        warning = gettext("Sample data for a demonstration. Do not quote.")
        said.append(" ".join((gettext("MADE-UP FIGURES"), warning)))
    return said


def parts(summary: Summary) -> list[Part]:
    """Everything that is told, in the order in which it is read."""
    told = (_people, _work, _facilities, _kpi, _kiosks, _alarms, _complaints, _satisfaction)
    several = len(summary.counts.provinces) > 1
    return [part(summary) for part in ((*told, _provinces) if several else told)]


def missing(summary: Summary) -> list[str]:
    """What is not known and ought to stand here."""
    progress = summary.progress
    lacking = {
        gettext("An official figure of KPI 57.2 (none was imported)"): progress.basis is None,
        gettext("The target of the official figure's fiscal year"): progress.basis is not None
        and progress.gate is None,
        gettext("Alarms raised in the week (the alerting did not run)"): summary.raised is None,
        gettext("Kiosks (none is registered here)"): not any(summary.kiosks[each] for each in _TOLD),
    }
    return [str(words) for words, is_lacking in lacking.items() if is_lacking]


def letter(summary: Summary) -> str:
    """Write it all as plain text for a mail."""
    written = [title(), days(summary), *basis(summary)]
    for part in parts(summary):
        written += ["", part.title, *(_written(line) for line in part.lines), *filter(None, [part.note])]
    lacking = missing(summary)
    if lacking:
        written += ["", gettext("What is missing"), *(f"- {each}" for each in lacking)]
    made = gettext(
        "Draft made by DipChip, %(moment)s. Read it before you send it on.", moment=written_moment(summary.at_ms)
    )
    return "\n".join([*written, "", made, ""]).replace("\u00a0", " ")


def _written(line: Line) -> str:
    return f"- {line.name}: {line.figure}" + (f" ({line.remark})" if line.remark else "")


def _missing() -> str:
    return str(gettext("missing"))


def _counted(n: int | None) -> str:
    return _missing() if n is None else number(n)


def _people(summary: Summary) -> Part:
    difference = summary.counts.difference
    lines = (
        Line(gettext("This week"), number(summary.counts.active)),
        Line(gettext("The week before"), number(summary.counts.active_before)),
        Line(gettext("Difference"), f"{difference:+,}" if difference else "0"),
    )
    note = gettext("By the day on which a Health ID became active here, and the address on the card.")
    return Part("people", gettext("People whose Health ID became active"), lines, note)


def _work(summary: Summary) -> Part:
    visits, unused = summary.counts.visits, summary.unused
    lines = (
        Line(gettext("Captured at kiosks"), number(visits.captured)),
        Line(gettext("Came twice"), number(visits.duplicates), gettext("among these")),
        Line(gettext("Expired before they could be sent"), number(visits.lapsed), gettext("in no other figure")),
        Line(gettext("Codes issued and not used for a day or longer"), number(unused.one_day), gettext("now")),
        Line(gettext("of these for seven days or longer"), number(unused.seven_days), gettext("now")),
    )
    return Part("work", gettext("At the kiosks"), lines)


def _facilities(summary: Summary) -> Part:
    lines = tuple(
        Line(_place(each), f"<{SMALL}" if each.visits is None else number(each.visits))
        for each in summary.counts.busiest
    )
    note = gettext("At most five. Fewer than %(n)s visits are not told by their number.", n=SMALL)
    return Part(
        "facilities",
        gettext("Facilities with the most visits"),
        lines,
        note if lines else gettext("No visit in this week."),
    )


def _place(busy: Busy) -> str:
    where = province_name(busy.province)
    return str(gettext("Facility %(code)s, %(province)s", code=busy.facility, province=where))


def _kpi(summary: Summary) -> Part:
    progress = summary.progress
    official = kpi57.shown(progress.official)
    remarks = [f"{number(a)} / {number(b)}" for a, b in filter(None, [progress.official.known])]
    if progress.as_of is not None:
        remarks.append(gettext("as of %(day)s", day=written_day(progress.as_of)))
    gap = _counted(progress.gap)
    if progress.gap is None and summary.scope.province is None and progress.gate:
        gap = gettext("only a province has a target")
    lines = (
        Line(gettext("Official"), _missing() if official is None else f"{official}%", ", ".join(remarks)),
        Line(gettext("Ours since then"), _missing() if progress.ours is None else f"+{progress.ours:,}"),
        Line(gettext("Still needed"), gap, "" if progress.gap is None else gettext("people, by the official figure")),
        Line(gettext("Target"), f"{progress.gate.people_percent}%" if progress.gate else _missing()),
    )
    return Part(
        "kpi",
        gettext("57.2 People"),
        lines,
        gettext("The official figure and ours are never added up. Percentages are cut."),
    )


def _provinces(summary: Summary) -> Part:
    lines = tuple(Line(province_name(code), number(n)) for code, n in summary.counts.provinces.items())
    return Part("provinces", gettext("People who became active in the week, by province"), lines)


def _kiosks(summary: Summary) -> Part:
    lines = tuple(Line(str(CONDITIONS[each]), number(summary.kiosks[each])) for each in _TOLD)
    note = gettext("As of %(moment)s.", moment=written_moment(summary.at_ms))
    return Part("kiosks", gettext("Kiosks now"), lines, note)


def _alarms(summary: Summary) -> Part:
    by_severity = None if summary.raised is None else summary.raised.by_severity
    lines = tuple(
        Line(urgency(each), _missing() if by_severity is None else number(by_severity[each]))
        for each in sorted(Severity, key=lambda severity: -severity.weight)
    )
    note = gettext("As the alerting wrote them down, whether or not they are over; an outage counts once.")
    return Part("alarms", gettext("Alarms raised in the week"), lines, note)


def _complaints(summary: Summary) -> Part:
    whole, about = summary.complaints.whole, summary.complaints.about
    oldest = "—" if whole.oldest_ms is None else age((summary.at_ms - whole.oldest_ms) // 1000)
    lines = (
        Line(gettext("New this week"), number(whole.new)),
        Line(gettext("Closed this week"), number(whole.closed)),
        Line(gettext("Open"), number(whole.open), gettext("now")),
        Line(gettext("of these overdue"), number(whole.overdue), gettext("now")),
        Line(gettext("of these open for more than 7 days"), number(whole.long_open), gettext("now")),
        Line(gettext("The oldest of these"), oldest),
        *(Line(str(CATEGORIES[category]), number(n)) for category, n in about.most_common(_TOP)),
    )
    note = gettext("At the end what new and open ones are about most, at most %(n)s.", n=_TOP) if about else ""
    return Part("complaints", gettext("Complaints"), lines, note)


def _satisfaction(summary: Summary) -> Part:
    found = summary.satisfaction
    note = gettext("Our own measure at the kiosks, more than 80% wanted; never added to the imported R8-C2.")
    title = gettext("Satisfaction")
    if found is None:
        return Part("satisfaction", title, (Line(gettext("Satisfied"), f"<{SMALL}", gettext("answers")),), note)
    if not found.responses:
        return Part("satisfaction", title, (Line(gettext("Satisfied"), _missing(), gettext("no answer")),), note)
    finding = found.finding
    remarks = [
        f"{number(found.satisfied)} / {number(found.responses)}",
        *(str(REMARKS[each]) for each in finding.remarks),
    ]
    lines = (
        Line(gettext("Satisfied"), f"{finding.shown}%", ", ".join(remarks)),
        Line(gettext("Verdict"), str(JUDGEMENTS[finding.judgement])),
    )
    return Part("satisfaction", title, lines, note)
