# SPDX-License-Identifier: Apache-2.0
"""The shapes of the JSON answers. Figures travel as integers; a percentage is text, cut and never rounded."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from fleet.coverage.figures import Absence, Mode
from fleet.coverage.judging import Comparator, Judgement, Measure, Remark
from fleet.coverage.kpi57 import Flag, Met, Verdict
from fleet.coverage.reading import SMALL
from fleet.devices.certificates import Validity
from fleet.devices.facts import Connectivity, Health, Lifecycle, Software
from fleet.devices.health import Care, Condition
from fleet.devices.losses import Kind, Standing
from fleet.web.agenda import Cause, Counted
from wire.events import Profile
from wire.hello import Kept


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class ShareAnswer(_Answer):
    """A of B. `percent` is null when it cannot be evaluated, and `absence` says why."""

    a: int | None = Field(ge=0)
    b: int | None = Field(ge=0)
    percent: str | None = Field(pattern=r"^[0-9]+\.[0-9]{2}$")
    met: Met | None
    gap: int | None = Field(ge=0)
    absence: Absence | None


class ProvinceCoverage(_Answer):
    """One province's figures, verdict and the import they came from."""

    code: str = Field(pattern=r"^[0-9]{2}$")
    iso_3166_2: str
    name_th: str
    name_en: str
    health_region: int = Field(ge=1, le=13)
    staff: ShareAnswer
    people: ShareAnswer
    verdict: Verdict
    flags: list[Flag]
    batch: int | None


class NationalAnswer(_Answer):
    """How many provinces pass; null shares where nothing is decided or no target is published."""

    passed: int
    failed: int
    in_scope: int
    percent_of_all: str | None
    percent_of_evaluable: str | None


class SumAnswer(_Answer):
    """Several provinces together: sums and the share of provinces, never a verdict."""

    staff: ShareAnswer
    people: ShareAnswer
    staff_counted: int
    people_counted: int
    national: NationalAnswer


class RegionAnswer(SumAnswer):
    """One health region."""

    health_region: int = Field(ge=1, le=13)


class GateAnswer(_Answer):
    """The percentages to reach, and where they are published."""

    staff_percent: int
    people_percent: int
    version: int
    source: str


class BatchAnswer(_Answer):
    """An import behind the figures."""

    id: int
    kind: str
    file_name: str
    file_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    source: str
    made_up: bool
    imported_at: str = Field(description="ISO 8601, UTC")


class BasisAnswer(_Answer):
    """How the figures were computed. `official` is true only for the ministry's own, never for sample figures."""

    fiscal_year: int
    period: int
    cutoff: str = Field(description="ISO 8601; what happens at this instant no longer counts")
    mode: Mode
    profile: Profile | None = Field(description="test: no people stand behind these figures; null for official figures")
    official: bool
    made_up: bool
    target_published: bool
    gate: GateAnswer | None


class CoverageAnswer(_Answer):
    """All provinces that the account may see, on one basis; `scope` says which these are.

    `national` is the sum of them, `without_bangkok` null unless they are all; a region stands here only whole.
    """

    scope: str

    basis: BasisAnswer
    national: SumAnswer
    without_bangkok: NationalAnswer | None
    regions: list[RegionAnswer]
    provinces: list[ProvinceCoverage]
    people_of_unknown_province: int
    batches: list[BatchAnswer]


class FunnelCounts(_Answer):
    """Visits at the province's kiosks, then people by the province of their address."""

    captured: int
    duplicates: int
    submitted: int
    accepted: int
    activated: int
    revoked: int
    lapsed: int


class FunnelRow(FunnelCounts):
    """One province's funnel; `code` is null for people whose card names no province."""

    code: str | None


class FunnelAnswer(_Answer):
    """The funnels up to a cut-off."""

    fiscal_year: int
    period: int
    profile: Profile
    total: FunnelCounts
    provinces: list[FunnelRow]


class FacilityAnswer(_Answer):
    """Visits at one facility's kiosks."""

    facility: str
    captured: int | None = Field(ge=SMALL, description=f"null: some, and fewer than {SMALL}")
    duplicates: int | None
    last_day: str


class ProvinceAnswer(_Answer):
    """One province with its sources."""

    basis: BasisAnswer
    province: ProvinceCoverage
    batch: BatchAnswer | None
    funnel: FunnelCounts
    facilities: list[FacilityAnswer]


class AlarmAnswer(_Answer):
    """What no healthy kiosk does; `looked_at` is null until somebody has looked."""

    kind: str
    stream: str
    seq: int
    raised_at: str
    looked_at: str | None


class DeviceAnswer(_Answer):
    """One kiosk; null where it has not said it.

    `helper_wait_s` is what is left until the helper is there who has acknowledged the call, null where nobody has.
    """

    kiosk: str
    facility: str
    province: str
    condition: Condition
    cares: list[Care]
    helper_wait_s: int | None
    seen_at: str | None
    release: str | None
    outbox: int | None
    oldest_unacked_s: int | None
    screen: str | None
    reader: str | None
    camera: str | None
    disk_free_mib: int | None
    clock_sync: str | None
    sessions: dict[str, int]
    refused: int
    quarantined: int
    new_codes: int
    alarms: list[AlarmAnswer]


class RefusalAnswer(_Answer):
    """Refused messages of a sender that is not registered."""

    kiosk: str
    kind: str
    reason: str
    n: int
    last_at: str


class DevicesAnswer(_Answer):
    """One page of the `found` kiosks, those that need somebody first; `counts` is of all at the places asked for."""

    at: str
    counts: dict[Condition, int]
    found: int
    page: int
    pages: int
    devices: list[DeviceAnswer]
    strangers: list[RefusalAnswer]


class FactsAnswer(_Answer):
    """A kiosk's five facts, each by itself; `cares` say why its health needs somebody."""

    lifecycle: Lifecycle
    connectivity: Connectivity
    software: Software
    health: Health
    certificate: Validity
    cares: list[Care]


class BookAnswer(_Answer):
    """One stream of a kiosk: receipts were given up to `acked`, and `held` events of it stand in the ledger."""

    stream: str
    acked: int
    held: int
    archived: int
    balances: bool
    moved_at: str


class LossAnswer(_Answer):
    """The last report that the kiosk is gone."""

    kind: Kind
    standing: Standing
    reported_at: str
    confirmed_at: str | None
    notice_due_at: str


class CloseupAnswer(_Answer):
    """One kiosk, close up; `usual_release` is what most kiosks of the account's scope run.

    `event_key` and `tls_key` are how the kiosk says that it keeps them: nothing proves it.
    """

    at: str
    device: DeviceAnswer
    registered_at: str
    facts: FactsAnswer
    usual_release: str | None
    certificate_until: str | None
    event_key: Kept | None
    tls_key: Kept | None
    books: list[BookAnswer]
    older_streams: int
    loss: LossAnswer | None


class TaskAnswer(_Answer):
    """One thing to do. `people` is null where it is not known, and `counted` says where the figure comes from.

    `what`, `action` are words in the language asked for; `read` is a heading of docs/operations.md; `source` and
    `people_source` are addresses of this console.
    """

    cause: Cause
    province: str | None
    facility: str | None
    kiosk: str | None
    code: str | None
    figure: int | None
    of: int | None
    age_s: int | None
    people: int | None = Field(ge=0)
    counted: Counted | None
    what: str
    action: str
    read: str
    source: str
    people_source: str | None


class ProgressAnswer(_Answer):
    """KPI 57.2: the last official figure with its day, and people active after it as counted here; null is missing."""

    as_of: str | None
    fiscal_year: int | None
    period: int | None
    official: ShareAnswer
    ours_since: int | None
    target_percent: int | None
    made_up: bool


class MorningAnswer(_Answer):
    """A morning; `left_out` tasks touch no more people than those that are here. `total` is without withdrawn ones."""

    at: str
    scope: str
    province: str | None
    profile: Profile
    total: int
    counts: dict[Condition, int]
    tasks: list[TaskAnswer]
    left_out: int
    progress: ProgressAnswer


class HealthAnswer(_Answer):
    """The console runs and its database answers."""

    status: str


class FindingAnswer(_Answer):
    """One part of an indicator against one gate. `lacking`: how many more are needed; null where that says nothing."""

    part: str
    comparator: Comparator
    threshold: int
    stated_count: int | None
    num: int | None
    den: int | None
    value: str | None
    lacking: int | None
    judgement: Judgement
    remarks: list[Remark]


class IndicatorAnswer(_Answer):
    """One indicator at a quarter's end."""

    code: str
    title_th: str
    title_en: str
    measure: Measure
    judgement: Judgement
    findings: list[FindingAnswer]


class FollowedAnswer(_Answer):
    """A figure without a target. `value` is cut and never rounded; null where something is missing."""

    code: str
    title_th: str
    title_en: str
    measure: Measure
    num: int | None
    den: int | None
    value: str | None


class IndicatorsAnswer(_Answer):
    """All indicators of Health Region 8, the figures without a target beside them, and the imports behind both."""

    fiscal_year: int
    period: int
    made_up: bool
    indicators: list[IndicatorAnswer]
    followed: list[FollowedAnswer]
    batches: list[BatchAnswer]
