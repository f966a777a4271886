# SPDX-License-Identifier: Apache-2.0
"""The tree of scopes: what each holds, and that no text makes one which is not in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.store.scope import NATION, Level, OutOfScopeError, Scope, ScopeRefusedError, province_scope, region_scope
from wire.provinces import PROVINCES

UDON, CHIANG_MAI = Scope.parse("province:41"), Scope.parse("province:50")
HOSPITAL = Scope.parse("facility:41/10670")
SCOPES = st.one_of(
    st.just(NATION),
    st.integers(1, 13).map(region_scope),
    st.sampled_from(sorted(PROVINCES)).map(province_scope),
    st.tuples(st.sampled_from(sorted(PROVINCES)), st.sampled_from(["10670", "11013"])).map(
        lambda place: Scope.parse(f"facility:{place[0]}/{place[1]}")
    ),
)


def test_each_holds_what_lies_inside_it_and_nothing_beside_it() -> None:
    eight = Scope.parse("region:8")
    assert all(NATION.holds(each) for each in (NATION, eight, UDON, HOSPITAL))
    assert eight.holds(UDON)
    assert eight.holds(HOSPITAL)
    assert UDON.holds(HOSPITAL)
    assert not eight.holds(CHIANG_MAI)
    assert not UDON.holds(CHIANG_MAI)
    assert not UDON.holds(eight)
    assert not HOSPITAL.holds(UDON)
    assert not HOSPITAL.holds(Scope.parse("facility:41/11013"))
    assert not CHIANG_MAI.holds(HOSPITAL)


@pytest.mark.parametrize(
    "given", [*("", "Nation", "nation:", "nation:41", "region", "region:0", "region:14"), "region:08"]
)
def test_a_text_that_names_no_node_is_refused_with_those_there_are(given: str) -> None:
    with pytest.raises(ScopeRefusedError, match="facility:41/10670"):
        Scope.parse(given)


@pytest.mark.parametrize(
    "given",
    ["province:4", "province:99", "province:41 ", "facility:10670", "facility:41/1067", "facility:99/10670", "x:41"],
)
def test_a_place_that_does_not_exist_is_refused(given: str) -> None:
    with pytest.raises(ScopeRefusedError):
        Scope.parse(given)


@given(SCOPES)
def test_what_is_written_is_read_again(scope: Scope) -> None:
    assert Scope.parse(str(scope)) == scope


@given(SCOPES, SCOPES)
def test_two_scopes_are_nested_or_apart(one: Scope, other: Scope) -> None:
    if one.holds(other) or other.holds(one):
        smaller = one.narrowed(other)
        assert smaller == other.narrowed(one)
        assert one.holds(smaller)
        assert other.holds(smaller)
    else:
        with pytest.raises(OutOfScopeError):
            one.narrowed(other)


def test_the_regions_hold_every_province_once() -> None:
    found = [code for region in range(1, 14) for code in region_scope(region).provinces]
    assert sorted(found) == sorted(PROVINCES) == sorted(NATION.provinces)


def test_a_facility_holds_no_province() -> None:
    assert HOSPITAL.provinces == ()
    assert HOSPITAL.level is Level.FACILITY
