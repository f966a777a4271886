# SPDX-License-Identifier: Apache-2.0
"""The second wall: PostgreSQL itself shows the console no row outside the scope that its transaction has named.

The first wall is the criterion in every statement (`fleet.store.scope`). Should one forget it, this one stands: the
console's transactions run as a role that owns nothing, may touch only what is listed here, and sees rows by policies.
Without a named scope it sees none. SQLite has no such wall. The courier, the relay and the command line own the tables
and are not held by it.

Source: PostgreSQL 15, 5.8 "Row Security Policies"; security design, C3.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from fleet.errors import ConfigError
from fleet.store import (
    alert_tables,
    claim_tables,
    complaint_tables,
    device_tables,
    import_tables,
    matching_tables,
    operator_tables,
    order_tables,
    rollout_tables,
    sum_tables,
    tables,
)
from fleet.store.scope import NATION, region_scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fleet.store.scope import Scope

ROLE = "dipchip_console"
_POLICY = "dipchip_scope"
_LOOK = "SELECT"
_LOOK_AND_ANSWER = "SELECT, UPDATE (acknowledged_ms, acknowledged_by, cleared_ms, cleared_by)"
_KEEP = "SELECT, INSERT, UPDATE"
_REPLACE = "SELECT, INSERT, DELETE"

# What a transaction has named; each is read once a statement. Nothing named: NULL or "", which lets nothing through.
_PROVINCES = "(SELECT string_to_array(current_setting('dipchip.provinces', true), ','))::text[]"
_FACILITY = "(SELECT current_setting('dipchip.facility', true))"
_REGION = "(SELECT current_setting('dipchip.region', true))"
# Compared within: then the planner takes it for as likely as not. Compared outside it expects one row in 200, and
# sorts whole tables on the disk that it could have summed in memory.
_NATION = f"(SELECT current_setting('dipchip.level', true) = '{NATION.level}')"
_SOMEBODY = "(SELECT current_setting('dipchip.level', true) <> '')"

BY_PROVINCE = f"{_NATION} OR ({_FACILITY} = '' AND province = ANY ({_PROVINCES}))"
BY_PLACE = f"{_NATION} OR (province = ANY ({_PROVINCES}) AND {_FACILITY} IN ('', facility))"
BY_PLACE_OR_REGION = f"{BY_PLACE} OR region::text = {_REGION}"  # what is about a region as a whole names no province
_KIOSKS = "SELECT id FROM kiosk"  # of which the role sees those of its scope
BY_KIOSK = f"{_NATION} OR kiosk IN ({_KIOSKS})"
# Accounts, by the scope that they are given, as it is written.
_AT = "split_part(split_part(scope, ':', 2), '/', 1)"
BY_ACCOUNT = (
    f"{_NATION} OR scope = 'region:' || {_REGION} "
    f"OR ({_FACILITY} = '' AND split_part(scope, ':', 1) IN ('province', 'facility') AND {_AT} = ANY ({_PROVINCES})) "
    f"OR ({_FACILITY} <> '' AND scope = 'facility:' || array_to_string({_PROVINCES}, ',') || '/' || {_FACILITY})"
)
_OF_ACCOUNT = "operator IN (SELECT id FROM operator)"
_FOR_ALL = "(province IS NULL AND kiosk IS NULL)"
_EIGHTH = "{" + ",".join(region_scope(8).provinces) + "}"


@dataclass(frozen=True, slots=True)
class Walled:
    """A table whose rows belong to a place: which the console may see, and what it may do with these."""

    rule: str
    may: str = _LOOK
    leaves: str = ""  # what a row that it writes has to keep to, where that is narrower

    @property
    def policy(self) -> str:
        """As PostgreSQL is told it."""
        return f"USING ({self.rule})" + (f" WITH CHECK ({self.leaves})" if self.leaves else "")


WALLED: Mapping[str, Walled] = MappingProxyType(
    {
        tables.kiosk.name: Walled(BY_PLACE, "SELECT, UPDATE (status)"),
        tables.workload_day.name: Walled(BY_PLACE),
        sum_tables.workload_week.name: Walled(BY_PLACE),
        sum_tables.workload_province_day.name: Walled(BY_PROVINCE),
        sum_tables.unused_code_day.name: Walled(BY_PROVINCE),
        tables.coverage_day.name: Walled(BY_PROVINCE),
        tables.denominator.name: Walled(BY_PROVINCE, _REPLACE),
        tables.official.name: Walled(BY_PROVINCE, _REPLACE),
        import_tables.import_row.name: Walled(BY_PROVINCE, _KEEP),
        tables.device_state.name: Walled(BY_KIOSK),
        tables.stream.name: Walled(BY_KIOSK),
        tables.event.name: Walled(BY_KIOSK, "SELECT (kiosk, stream, seq, received_ms)"),
        # Not the digest of a code: only the signer asks for it.
        claim_tables.claim.name: Walled(
            BY_PLACE,
            "SELECT (number, kiosk, facility, province, shard, profile, made_by, made_ms, expires_ms, taken_ms, "
            "fingerprint, withdrawn_ms), INSERT, UPDATE (withdrawn_ms)",
        ),
        device_tables.loss.name: Walled(BY_KIOSK, "SELECT, INSERT, UPDATE"),
        device_tables.kiosk_certificate.name: Walled(BY_KIOSK),
        device_tables.self_test.name: Walled(BY_KIOSK),
        order_tables.kiosk_order.name: Walled(BY_KIOSK, _KEEP),
        # Not the nonce: only a courier makes orders.
        order_tables.order_nonce.name: Walled(BY_KIOSK, "SELECT (kiosk, heard_ms)"),
        # Everybody sees a release and who agreed on it; only who stands for the country writes it.
        rollout_tables.rollout.name: Walled(_SOMEBODY, _KEEP, _NATION),
        rollout_tables.rollout_wave.name: Walled(_SOMEBODY, "SELECT, INSERT", _NATION),
        rollout_tables.kiosk_ring.name: Walled(BY_KIOSK),
        rollout_tables.ring_pin.name: Walled(BY_PLACE, _REPLACE),
        rollout_tables.rollout_kiosk.name: Walled(BY_KIOSK, "SELECT, UPDATE (state, n, changed_ms, since_ms)"),
        tables.alarm.name: Walled(BY_KIOSK, "SELECT, UPDATE (looked_ms)"),
        tables.quarantine.name: Walled(
            BY_KIOSK, "SELECT (row, kiosk, kind, reason, size_bytes, received_ms)"
        ),  # not what was sent
        tables.refusal.name: Walled(BY_KIOSK),
        tables.code_day.name: Walled(BY_KIOSK),
        tables.help_call.name: Walled(BY_KIOSK, "SELECT, UPDATE"),
        tables.announcement.name: Walled(
            # All that stands at its kiosks is seen; what would stand elsewhere too is not written.
            f"{_NATION} OR {_FOR_ALL} OR province = ANY ({_PROVINCES}) OR kiosk IN ({_KIOSKS})",
            _KEEP,
            f"{BY_PROVINCE} OR kiosk IN ({_KIOSKS})",
        ),
        matching_tables.matched_province.name: Walled(BY_PROVINCE),
        matching_tables.matched_day.name: Walled(BY_PROVINCE),
        complaint_tables.complaint.name: Walled(BY_PLACE, _KEEP),
        complaint_tables.opinion_day.name: Walled(BY_PLACE),
        sum_tables.opinion_province_day.name: Walled(BY_PROVINCE),
        complaint_tables.help_number.name: Walled(
            # Whoever stands at a place sees what its kiosks tell; what more kiosks would tell is not written.
            f"{_NATION} OR province IS NULL OR (province = ANY ({_PROVINCES}) AND {_FACILITY} IN ('', facility))"
            f" OR (facility IS NULL AND province = ANY ({_PROVINCES}))",
            _KEEP,
            BY_PLACE,
        ),
        alert_tables.alert.name: Walled(BY_PLACE_OR_REGION, _LOOK_AND_ANSWER),
        # Everybody reads the fleet's own hours, which the alerting alone writes.
        alert_tables.opening_hours.name: Walled(f"{BY_PLACE} OR facility = ''", _REPLACE, BY_PLACE),
        alert_tables.maintenance_window.name: Walled(BY_PLACE_OR_REGION, _KEEP),
        alert_tables.alert_subscription.name: Walled(BY_PLACE_OR_REGION, _KEEP),
        alert_tables.alert_letter.name: Walled(
            "subscription IN (SELECT id FROM alert_subscription)",
            "SELECT (subscription, made_ms, sent_ms, gave_up_ms)",
        ),
        # Neither what one signs in with nor what opens a session may be read or written.
        operator_tables.operator.name: Walled(
            BY_ACCOUNT,
            "SELECT (id, name, display, scope, role, made_ms, disabled_ms), UPDATE (scope, role, disabled_ms)",
        ),
        operator_tables.operator_session.name: Walled(
            _OF_ACCOUNT, "SELECT (id, operator, address, began_ms, seen_ms), DELETE"
        ),
        operator_tables.api_token.name: Walled(
            _OF_ACCOUNT, "SELECT (id, operator, purpose, made_ms, until_ms), DELETE"
        ),
        operator_tables.rights_proposal.name: Walled(f"{_OF_ACCOUNT} AND ({BY_ACCOUNT})", _REPLACE),
        operator_tables.audit_place.name: Walled(BY_PLACE_OR_REGION, "SELECT, INSERT"),
        tables.indicator_figure.name: Walled(
            f"{_NATION} OR {_PROVINCES} && '{_EIGHTH}'", _REPLACE
        ),  # of Health Region 8 alone
    }
)
# Rows that belong to no place.
OPEN: Mapping[str, str] = MappingProxyType(
    {
        # A file's name and source, and who answers for it; whose figures it brought is walled.
        tables.import_batch.name: "SELECT, INSERT",
        import_tables.import_proposal.name: _KEEP,
        matching_tables.matching.name: _LOOK,
        operator_tables.morning_check.name: "SELECT, INSERT",  # who has looked, asked for by one scope
        tables.audit.name: _KEEP,  # UPDATE for the lock on it; the table refuses to be changed
        alert_tables.alert_watch.name: _LOOK,  # whether anybody would be told
    }
)


def build(connection: Connection) -> None:
    """Bring the role, its grants and the policies to what is written here. Does nothing on SQLite.

    Raises:
        ConfigError: the role is not there, and this user may not make it.
    """
    if connection.dialect.name != "postgresql":
        return
    _make_role(connection)
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {ROLE}"))
    connection.execute(text(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {ROLE}"))
    for table, may in {**OPEN, **{name: each.may for name, each in WALLED.items()}}.items():
        connection.execute(text(f'GRANT {may} ON "{table}" TO {ROLE}'))
        if "INSERT" in may:
            _grant_numbers(connection, table)
    for table, walled in WALLED.items():
        _police(connection, table, walled.policy)


def narrow(connection: Connection, scope: Scope) -> None:
    """Name the scope of this transaction and give up what its user may do beyond it, until it ends."""
    if connection.dialect.name != "postgresql":
        return
    named = {
        "level": str(scope.level),
        "provinces": ",".join(scope.provinces) or (scope.province or ""),
        "facility": scope.facility or "",
        "region": "" if scope.region is None else str(scope.region),
        "role": ROLE,
    }
    connection.execute(_NARROWED, named)


_NARROWED = text(
    "SELECT set_config('dipchip.level', :level, true), set_config('dipchip.provinces', :provinces, true), "
    "set_config('dipchip.facility', :facility, true), set_config('dipchip.region', :region, true), "
    "set_config('role', :role, true), "
    # A plan that is kept for every scope fits none: a morning on which all are silent took half as long again by it.
    "set_config('plan_cache_mode', 'force_custom_plan', true)"
)


def _make_role(connection: Connection) -> None:
    is_member = "SELECT pg_has_role(current_user, oid, 'MEMBER') FROM pg_roles WHERE rolname = :role"
    found = connection.execute(text(is_member), {"role": ROLE}).scalar_one_or_none()
    if found:
        return
    try:
        if found is None:
            connection.execute(text(f"CREATE ROLE {ROLE} NOLOGIN"))
        connection.execute(text(f"GRANT {ROLE} TO CURRENT_USER"))
    except ProgrammingError as error:
        who = connection.engine.url.username or "the database's user"
        message = (
            f"The console's role is not there and {who} may not make it. As PostgreSQL's superuser run "
            f"`CREATE ROLE {ROLE} NOLOGIN; GRANT {ROLE} TO {who};`, then `dipchip-fleet migrate` again."
        )
        raise ConfigError(message) from error


def _grant_numbers(connection: Connection, table: str) -> None:
    for column in tables.metadata.tables[table].primary_key:
        asked = {"table": table, "column": column.name}
        named = connection.execute(text("SELECT pg_get_serial_sequence(:table, :column)"), asked).scalar_one()
        if named is not None:
            connection.execute(text(f"GRANT USAGE ON SEQUENCE {named} TO {ROLE}"))


def _police(connection: Connection, table: str, policy: str) -> None:
    """Give a table its policy, unless it has that one: to change it, everybody else has to wait."""
    asked = "SELECT obj_description(oid, 'pg_policy') FROM pg_policy WHERE polname = :policy"
    asked += " AND polrelid = to_regclass(:table)"
    had = connection.execute(text(asked), {"policy": _POLICY, "table": table}).scalar_one_or_none()
    if had == policy:
        return
    connection.execute(text(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY'))
    connection.execute(text(f'DROP POLICY IF EXISTS {_POLICY} ON "{table}"'))
    connection.execute(text(f'CREATE POLICY {_POLICY} ON "{table}" TO {ROLE} {policy}'))
    noted = policy.replace("'", "''")
    connection.execute(text(f"COMMENT ON POLICY {_POLICY} ON \"{table}\" IS '{noted}'"))
