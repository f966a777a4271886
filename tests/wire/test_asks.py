# SPDX-License-Identifier: Apache-2.0
"""Questions and answers about staff: bounded, and masked when printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wire.asks import (
    Amiss,
    HandOverAnswer,
    HandOverQuestion,
    HandOverState,
    PersonState,
    RosterEntry,
    StaffAnswer,
    StaffQuestion,
    TicketAnswer,
    TicketQuestion,
)
from wire.envelope import decode, encode
from wire.errors import Malformed

if TYPE_CHECKING:
    import msgspec

NUMBER, KEY = "0000000000000", "A" * 43  # no such number: its check digit would be 1
LINK = "https://provider.id.th/K/AB-12"


def handed_over(link: str) -> HandOverAnswer:
    return HandOverAnswer(HandOverState.WAITING, True, link, "มะม่วง-27", "MANGO-27")  # noqa: FBT003 - a struct's field


@pytest.mark.parametrize(
    "body",
    [
        StaffQuestion(NUMBER, KEY),
        HandOverQuestion(NUMBER, KEY),
        TicketQuestion(NUMBER, Amiss.WRONG, KEY),
        StaffAnswer(PersonState.ACTIVATED, sandbox=True, entry=RosterEntry("a unit", "a post"), admin="a desk"),
        RosterEntry("a unit", "a post"),
        handed_over(LINK),
    ],
)
def test_who_and_where_travels_whole_and_is_masked_when_printed(body: msgspec.Struct) -> None:
    assert decode(encode(body), type(body)) == body
    assert [secret for secret in (NUMBER, "a unit", "a post", "a desk", "provider.id.th") if secret in repr(body)] == []


@pytest.mark.parametrize(
    "link",
    [
        "ftp://provider.id.th/K/AB",
        "https://provider.id.th",
        "https://provider.id.th/",
        "https://provider.id.th/K/AB?code=1",
        "https://provider.id.th/K/AB#1",
        "https://user@provider.id.th/K/AB",
        "https://provider.id.th/K/AB\n",
        "https://provider.id.th/K/" + "A" * 48,
    ],
)
def test_a_link_that_could_carry_more_than_an_address_is_none(link: str) -> None:
    with pytest.raises(Malformed):
        decode(encode(handed_over(link)), HandOverAnswer)


@pytest.mark.parametrize("words", ["", "a" * 61])
def test_a_roster_s_words_are_bounded(words: str) -> None:
    with pytest.raises(Malformed):
        decode(encode(RosterEntry(words, "a post")), RosterEntry)


def test_a_ticket_has_a_number() -> None:
    with pytest.raises(Malformed):
        decode(encode(TicketAnswer(0)), TicketAnswer)
