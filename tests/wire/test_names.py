# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire import ids, topics
from wire.errors import Malformed
from wire.provinces import PROVINCES, province_code

KIOSK, SHARD = ids.kiosk_id("k-udon-01"), ids.shard("a7")


@given(st.integers(0, 2**48 - 1))
def test_a_new_event_id_is_a_uuid_version_7_that_carries_its_millisecond(wall_ms: int) -> None:
    text = ids.new_event_id(wall_ms)
    assert ids.event_id(text) == text
    assert int(text.replace("-", "")[:12], 16) == wall_ms


def test_an_event_id_that_is_drawn_is_the_same_again_and_a_uuid_version_7() -> None:
    text = ids.drawn_event_id(1_795_489_200_000, 2**74 - 1)
    assert text == ids.drawn_event_id(1_795_489_200_000, 2**74 - 1) == ids.event_id(text)
    assert text != ids.drawn_event_id(1_795_489_200_000, 0)


def test_two_ids_of_one_millisecond_differ() -> None:
    assert len({ids.new_event_id(1) for _ in range(1000)}) == 1000


@pytest.mark.parametrize("text", ["", "K-1", "a", "a/b", "k+", "k#", "a" * 33, "-ab", "k udon", "ก-1"])
def test_a_name_that_could_reach_beyond_its_topic_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        ids.kiosk_id(text)


@pytest.mark.parametrize("kind", list(topics.Up))
def test_an_upward_topic_reads_back(kind: topics.Up) -> None:
    assert topics.parse_up(topics.up(SHARD, KIOSK, kind)) == (SHARD, KIOSK, kind)


@given(st.text(max_size=60))
def test_no_text_raises_anything_but_a_refusal(text: str) -> None:
    with pytest.raises(Malformed):
        topics.parse_up(text)


@pytest.mark.parametrize("kind", list(topics.Down))
def test_a_downward_topic_tells_its_kind(kind: topics.Down) -> None:
    assert topics.kind_of_down(topics.down(SHARD, KIOSK, kind)) is kind
    assert topics.kind_of_down("dipchip/1/a7/k-udon-01/down/later") is None


def test_there_are_77_provinces_in_13_regions_and_codes_are_strict() -> None:
    assert len(PROVINCES) == 77
    assert {province.health_region for province in PROVINCES.values()} == set(range(1, 14))
    assert PROVINCES[province_code("41")].name_th == "อุดรธานี"
    assert PROVINCES[province_code("38")].iso_3166_2 == "TH-38"
    for wrong in ("", "00", "7", "041", "99"):
        with pytest.raises(Malformed):
            province_code(wrong)
