# SPDX-License-Identifier: Apache-2.0
"""Every route of the console: what anybody may ask of it, and what names a place that is another's."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fleet.web.rights import DEEDS
from tests.fleet.web.tenants import CHIANG_MAI, UDON

_BASES = tuple(
    f"?lang={lang}&figures={kind}"
    for lang in ("th", "en")
    for kind in ("official", "matched", "proxy-live", "proxy-test")
)
_OURS = tuple(each for each in _BASES if "proxy" in each)
_YEAR = "?year=2569&period=12&figures=official"


SAID = {"words": "the card is not read", "category": "card", "term": "short", "source": "phone"}
TOLD = {"channel": "mail", "address": "it@hospital.example", "least": "warning", "language": "th"}
OPEN = {"facility": "10713", "days": "mon", "opens": "08:00", "closes": "09:00"}
QUIET = {"until": "2026-11-25T18:00", "reason": "a new switch"}
ROLL_OUT = {"release": "1.2.0", "words": "mends", "broad": "100"}
NEWS = {"th": "ข่าว", "en": "News", "first_day": "2026-11-24", "last_day": "2026-11-30"}


@dataclass(frozen=True, slots=True)
class Case:
    """The addresses of one route that anybody may ask, and those that name something of Chiang Mai.

    `acts` are forms for the latter; a route with `why` has no place in it.
    """

    asked: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    acts: tuple[tuple[str, dict[str, str]], ...] = ()
    why: str = ""


CASES = {
    "static": Case(why="files of the software"),
    "openapi.spec": Case(why="a description of the software"),
    "api.healthz": Case(why="tells that it runs"),
    "metrics.metrics": Case(why="sums of the fleet for the machine itself, asked without an account"),
    "signing_in.form": Case(why="before there is an account"),
    "signing_in.enter": Case(why="before there is an account"),
    "at_provider.start": Case(why="before there is an account"),
    "at_provider.back": Case(why="before there is an account"),
    "at_provider.prove": Case(why="before there is an account"),
    "passkeys.form": Case(why="before there is an account"),
    "passkeys.enter": Case(why="before there is an account"),
    "passkeys.begin": Case(why="one's own"),
    "passkeys.add": Case(why="one's own"),
    "passkeys.end": Case(why="one's own; another's is tried in test_passkeys"),
    "ways.overview": Case(why="one's own ways to sign in"),
    "ways.link": Case(why="one's own"),
    "ways.unlink": Case(why="one's own"),
    "signing_in.leave": Case(why="one's own session"),
    "signing_in.overview": Case(why="one's own sessions"),
    "signing_in.end": Case(why="one's own session; another's is tried in test_signing_in"),
    "claims.overview": Case(asked=("/claims", "/claims?lang=en")),
    "api_claims.overview": Case(asked=("/api/v1/claims",)),
    "claims.make": Case(
        acts=tuple(
            ("/claims", {"kiosk": "k-new", "profile": "test"} | where)
            for where in ({"province": "50", "facility": "10713"}, {"province": "50"}, {"province": "nation"})
        )
    ),
    "claims.withdraw": Case(acts=((f"/claims/{CHIANG_MAI.name}-new/withdraw", {}), ("/claims/never-was/withdraw", {}))),
    "coverage.outlines": Case(why="outlines of provinces"),
    "coverage.start": Case(why="leads to another page"),
    "morning.overview": Case(
        asked=("/morning", *(f"/morning{each}" for each in _BASES), "/morning?province=41"),
        foreign=("/morning?province=50",),
    ),
    "coverage.overview": Case(
        asked=(
            *(f"/coverage{each}" for each in _BASES),
            f"/coverage{_YEAR}",
            "/coverage?region=1",
            "/coverage?sort=gap",
        )
    ),
    "coverage.province": Case(
        asked=(*(f"/coverage/41{each}" for each in _BASES), f"/coverage/41{_YEAR}"),
        foreign=("/coverage/50", f"/coverage/50{_YEAR}"),
    ),
    "funnel.overview": Case(asked=(*(f"/funnel{each}" for each in _OURS), "/funnel?region=1")),
    "indicators.overview": Case(asked=("/indicators",)),
    "imports.overview": Case(asked=("/imports", "/imports?lang=en")),
    "imports.one": Case(
        asked=tuple(f"/imports/{n}{lang}" for n in (1, 2, 3) for lang in ("", "?lang=en")),
        foreign=("/imports/4", "/imports/5", "/imports/6", "/imports/99"),
    ),
    "imports.batch": Case(why="leads to another page", foreign=("/imports/batches/3", "/imports/batches/4")),
    "imports.form": Case(asked=("/imports/new", "/imports/new?kind=official&lang=en")),
    "imports.bring": Case(why="a file that names another place is tried in test_imports"),
    "imports.template": Case(why="empty files of the software"),
    "imports.approve": Case(acts=(("/imports/6/approve", {"seen": "0" * 16}),)),
    "imports.reject": Case(acts=(("/imports/6/reject", {}),)),
    "imports.undo": Case(acts=(("/imports/4/undo", {"reason": "x"}),)),
    "api_imports.overview": Case(asked=("/api/v1/imports",)),
    "api_imports.one": Case(
        asked=("/api/v1/imports/1", "/api/v1/imports/3"), foreign=("/api/v1/imports/4", "/api/v1/imports/6")
    ),
    "devices.overview": Case(
        asked=(
            "/devices",
            "/devices?lang=en",
            "/devices?page=2",
            "/devices?condition=ok&kiosk=a",
            "/devices?care=help",
        ),
        foreign=("/devices?province=50",),
    ),
    "exports.devices": Case(
        asked=("/exports/devices.csv", "/exports/devices.csv?condition=silent"),
        foreign=("/exports/devices.csv?province=50",),
    ),
    "morning.check": Case(acts=(("/morning/checked?province=50", {}),)),
    "announcements.overview": Case(asked=("/announcements", "/announcements?lang=en")),
    "announcements.propose": Case(
        acts=tuple(
            ("/announcements", NEWS | where)
            for where in ({"province": "50"}, {"province": "nation"}, {"kiosk": f"{CHIANG_MAI.name}-1"})
        )
    ),
    "announcements.approve": Case(acts=(("/announcements/2/approve", {}), ("/announcements/99/approve", {}))),
    "announcements.withdraw": Case(acts=(("/announcements/2/withdraw", {}),)),
    "help_numbers.overview": Case(asked=("/help-numbers", "/help-numbers?lang=en")),
    "help_numbers.propose": Case(
        acts=tuple(
            ("/help-numbers", {"digits": "053 111 222"} | where)
            for where in ({"province": "50"}, {"province": "nation"}, {"province": "50", "facility": "10713"})
        )
    ),
    "help_numbers.approve": Case(acts=(("/help-numbers/2/approve", {}), ("/help-numbers/99/approve", {}))),
    "help_numbers.withdraw": Case(acts=(("/help-numbers/2/withdraw", {}),)),
    "api_help_numbers.overview": Case(asked=("/api/v1/help-numbers",)),
    "complaints.overview": Case(
        asked=("/complaints", *(f"/complaints{each}" for each in _BASES), "/complaints?number=5000-0001"),
        foreign=("/complaints?province=50", "/complaints?province=50&facility=10713"),
    ),
    "complaints.enter": Case(
        acts=tuple(
            ("/complaints", SAID | where) for where in ({"province": "50"}, {"province": "50", "facility": "10713"})
        )
    ),
    "complaints.one": Case(
        asked=("/complaints/1", "/complaints/1?lang=en"), foreign=("/complaints/2", "/complaints/99")
    ),
    "complaints.take": Case(acts=(("/complaints/2/take", {}), ("/complaints/99/take", {}))),
    "complaints.answer": Case(acts=(("/complaints/2/answer", {"words": "mended"}),)),
    "complaints.close": Case(acts=(("/complaints/2/close", {}),)),
    "complaints.reopen": Case(acts=(("/complaints/2/reopen", {}),)),
    "exports.complaints": Case(
        asked=tuple(f"/exports/complaints.csv{each}" for each in _BASES),
        foreign=("/exports/complaints.csv?province=50",),
    ),
    "api_complaints.overview": Case(
        asked=("/api/v1/complaints", "/api/v1/complaints?figures=proxy-test"),
        foreign=("/api/v1/complaints?province=50", "/api/v1/complaints?province=50&facility=10713"),
    ),
    "ratings.overview": Case(
        asked=("/ratings", *(f"/ratings{each}" for each in _BASES)), foreign=("/ratings?province=50",)
    ),
    "api_ratings.overview": Case(asked=("/api/v1/ratings",), foreign=("/api/v1/ratings?province=50",)),
    "api_announcements.overview": Case(asked=("/api/v1/announcements",)),
    "exports.coverage": Case(asked=tuple(f"/exports/coverage.csv{each}" for each in (*_BASES, _YEAR))),
    "exports.funnel": Case(asked=tuple(f"/exports/funnel.csv{each}" for each in _OURS)),
    "papers.of_coverage": Case(asked=("/papers/coverage.pdf", f"/papers/coverage.pdf{_YEAR}")),
    "papers.of_province": Case(
        asked=(f"/papers/coverage/41.pdf{_YEAR}",),
        foreign=("/papers/coverage/50.pdf", f"/papers/coverage/50.pdf{_YEAR}"),
    ),
    "papers.of_funnel": Case(asked=("/papers/funnel.pdf", "/papers/funnel.pdf?region=1")),
    "papers.of_indicators": Case(asked=("/papers/indicators.pdf",)),
    "papers.of_morning": Case(asked=("/papers/morning.pdf",), foreign=("/papers/morning.pdf?province=50",)),
    "papers.of_week": Case(asked=("/papers/week.pdf",), foreign=("/papers/week.pdf?province=50",)),
    "kiosk.overview": Case(
        asked=tuple(f"/devices/{UDON.name}-{n}{lang}" for n in (1, 2, 3) for lang in ("", "?lang=en")),
        foreign=(f"/devices/{CHIANG_MAI.name}-1", "/devices/never-was"),
    ),
    "kiosk.name_helper": Case(acts=((f"/devices/{CHIANG_MAI.name}-3/helper", {"helper": "Malee", "minutes": "5"}),)),
    "kiosk.report_loss": Case(acts=((f"/devices/{CHIANG_MAI.name}-1/loss", {"kind": "stolen"}),)),
    "kiosk.confirm_loss": Case(acts=((f"/devices/{CHIANG_MAI.name}-2/loss/confirm", {"sure": "yes"}),)),
    "kiosk.withdraw_loss": Case(acts=((f"/devices/{CHIANG_MAI.name}-2/loss/withdraw", {}),)),
    "orders.give": Case(acts=((f"/devices/{CHIANG_MAI.name}-2/orders", {"op": "close"}),)),
    "orders.cancel": Case(acts=((f"/devices/{CHIANG_MAI.name}-2/orders/7/cancel", {}),)),
    "api_kiosk.self_test": Case(
        asked=(f"/api/v1/devices/{UDON.name}-2/self-test",),
        foreign=(f"/api/v1/devices/{CHIANG_MAI.name}-2/self-test", f"/api/v1/devices/{UDON.name}-1/self-test"),
    ),
    "api_orders.overview": Case(
        asked=tuple(f"/api/v1/devices/{UDON.name}-{n}/orders" for n in (1, 2)),
        foreign=(f"/api/v1/devices/{CHIANG_MAI.name}-2/orders",),
    ),
    "rollouts.overview": Case(asked=("/rollouts", "/rollouts?lang=en")),
    "rollouts.one": Case(asked=("/rollouts/1", "/rollouts/1?lang=en"), foreign=("/rollouts/99",)),
    "rollouts.propose": Case(acts=(("/rollouts", ROLL_OUT),)),  # every kiosk of the country is somebody else's too
    **{
        f"rollouts.{deed}": Case(acts=((f"/rollouts/1/{deed}", {}), (f"/rollouts/99/{deed}", {})))
        for deed in ("approve", "pause", "resume", "abort")
    },
    "rollouts.pin": Case(
        acts=tuple(
            ("/rollouts/rings", {"ring": "pilot"} | where)
            for where in ({"province": "50", "facility": "10713"}, {"province": "41", "facility": "10713"})
        )
    ),
    "api_rollouts.overview": Case(asked=("/api/v1/rollouts",)),
    "api_rollouts.one": Case(asked=("/api/v1/rollouts/1",), foreign=("/api/v1/rollouts/99",)),
    "telling.overview": Case(asked=("/alerts/telling", "/alerts/telling?lang=en")),
    "api_telling.overview": Case(asked=("/api/v1/alerts/telling",)),
    "telling.subscribe": Case(
        acts=tuple(("/alerts/subscriptions", TOLD | where) for where in ({"province": "50"}, {"province": "nation"}))
    ),
    "telling.unsubscribe": Case(acts=(("/alerts/subscriptions/2/end", {}), ("/alerts/subscriptions/99/end", {}))),
    "telling.add_window": Case(
        acts=tuple(
            ("/alerts/windows", QUIET | where)
            for where in ({"province": "50"}, {"province": "nation"}, {"province": "region:1"})
        )
    ),
    "telling.end_window": Case(acts=(("/alerts/windows/2/end", {}), ("/alerts/windows/99/end", {}))),
    "telling.set_hours": Case(
        acts=(("/alerts/hours", OPEN | {"province": "50"}), ("/alerts/hours", {"province": "50", "facility": "10713"}))
    ),
    "alerts.overview": Case(asked=("/alerts", "/alerts?lang=en")),
    "alerts.acknowledge": Case(acts=tuple((f"/alerts/{n}/acknowledge", {}) for n in (4, 5, 6, 99))),
    "alerts.clear": Case(acts=tuple((f"/alerts/{n}/clear", {}) for n in (4, 5, 6, 99))),
    "api_alerts.overview": Case(asked=("/api/v1/alerts",)),
    "week.overview": Case(
        asked=("/week", *(f"/week{each}" for each in _BASES), "/week?ending=2026-11-13", "/week?province=41"),
        foreign=("/week?province=50", "/week?province=50&ending=2026-11-13"),
    ),
    "exports.week": Case(
        asked=tuple(f"/exports/week.txt{each}" for each in _BASES), foreign=("/exports/week.txt?province=50",)
    ),
    "api_week.overview": Case(
        asked=("/api/v1/week", "/api/v1/week?figures=proxy-test"), foreign=("/api/v1/week?province=50",)
    ),
    "acts.overview": Case(asked=("/acts", "/acts?lang=en")),
    "acts.check": Case(why="the whole chain, shown to the nation alone"),
    "api_acts.overview": Case(asked=("/api/v1/acts", "/api/v1/acts?before=9")),
    "exports.acts": Case(asked=("/exports/acts.csv",)),
    "accounts.overview": Case(asked=("/accounts", "/accounts?lang=en", "/accounts?after=b")),
    "accounts.one": Case(asked=("/accounts/1",), foreign=("/accounts/2", "/accounts/99")),
    "accounts.end": Case(acts=(("/accounts/2/end", {}),)),
    "accounts.disable": Case(acts=(("/accounts/2/disable", {}),)),
    "accounts.change": Case(acts=(("/accounts/2/change", {"scope": "province:41", "role": "viewer"}),)),
    "accounts.approve": Case(acts=(("/accounts/2/approve", {"scope": "province:41", "role": "viewer"}),)),
    "accounts.decline": Case(acts=(("/accounts/2/decline", {}),)),
    "api_accounts.overview": Case(asked=("/api/v1/accounts", "/api/v1/accounts?after=b")),
    "api.device": Case(asked=(f"/api/v1/devices/{UDON.name}-2",), foreign=(f"/api/v1/devices/{CHIANG_MAI.name}-2",)),
    "api.morning": Case(
        asked=("/api/v1/morning", "/api/v1/morning?figures=proxy-test"), foreign=("/api/v1/morning?province=50",)
    ),
    "api.coverage": Case(
        asked=(
            "/api/v1/coverage",
            f"/api/v1/coverage{_YEAR}",
            "/api/v1/coverage?region=1",
            "/api/v1/coverage?figures=proxy-test",
        )
    ),
    "api.province": Case(
        asked=("/api/v1/coverage/41",), foreign=("/api/v1/coverage/50", f"/api/v1/coverage/50{_YEAR}")
    ),
    "api.funnel": Case(asked=("/api/v1/funnel", "/api/v1/funnel?region=1")),
    "api.indicators": Case(asked=("/api/v1/indicators",)),
    "api.devices": Case(asked=("/api/v1/devices", "/api/v1/devices?page=2"), foreign=("/api/v1/devices?province=50",)),
}


def _by_program(case: Case) -> Case:
    return replace(case, acts=tuple((f"/api/v1{address}", form) for address, form in case.acts))


CASES |= {f"api_{deed}": _by_program(CASES[deed]) for deed in DEEDS}


def members_of(form: dict[str, str]) -> dict[str, object]:
    """A form as a program sends it: with numbers and truth values."""
    told = {"yes": True}
    return {name: int(text) if name == "minutes" else told.get(text, text) for name, text in form.items()}
