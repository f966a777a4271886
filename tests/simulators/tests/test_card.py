# SPDX-License-Identifier: Apache-2.0
"""The virtual card answers raw commands as the description of the card says; no reader of ours stands between."""

from __future__ import annotations

import pytest

from tests.simulators.card import ApduLevelReader, CardHolder, ThaiCard, flat_file
from tests.simulators.card_applications import Entitlement, entitlement_file, laser_answer
from tests.simulators.holders import invalid_number

SELECT_PERSON = "00A4040008A000000054480001"
SELECT_ENTITLEMENT = "00A4040008A000000054480083"
SELECT_LASER = "00A4040008A000000084060002"
NUMBER = invalid_number(7)


def issued() -> ThaiCard:
    return ThaiCard.of(CardHolder(NUMBER, portrait_jpeg=b"\xff\xd8" + bytes(300) + b"\xff\xd9"))


def asked(card: ThaiCard, *commands: str) -> str:
    """The answer to the last of these commands, in hex."""
    return [card.answer(bytes.fromhex(command)) for command in commands][-1].hex().upper()


def test_select_offers_ten_bytes() -> None:
    assert asked(issued(), SELECT_PERSON) == "610A"
    assert asked(issued(), SELECT_PERSON, "00C000000A")[-4:] == "9000"


def test_another_application_is_not_found_and_unselects_what_was() -> None:
    assert asked(issued(), SELECT_PERSON, "00A4040008A000000054480005") == "6A82"
    assert asked(issued(), SELECT_PERSON, "00A4040008A000000054480005", "80B0000402000D") == "6985"


def test_a_card_of_another_kind_knows_no_application() -> None:
    other = issued()
    other.knows_application = False
    assert asked(other, SELECT_PERSON) == "6A82"


def test_a_read_is_offered_and_fetched() -> None:
    assert asked(issued(), SELECT_PERSON, "80B0000402000D") == "610D"
    answer = asked(issued(), SELECT_PERSON, "80B0000402000D", "00C000000D")
    assert bytes.fromhex(answer) == NUMBER.encode() + b"\x90\x00"


def test_256_bytes_are_offered_as_00() -> None:
    card = issued()
    assert asked(card, SELECT_PERSON, "80B00000020100") == "6100"
    assert card.answer(bytes.fromhex("00C0000000")) == bytes(card.file[:256]) + b"\x90\x00"


def test_what_is_fetched_in_parts_is_offered_again() -> None:
    card = issued()
    first = card.answer(b"") + bytes.fromhex(asked(card, SELECT_PERSON, "80B0000402000D", "00C0000005"))
    rest = bytes.fromhex(asked(card, "00C0000008"))
    assert first == b"\x67\x00" + NUMBER[:5].encode() + b"\x61\x08"
    assert rest == NUMBER[5:].encode() + b"\x90\x00"


def test_fetching_too_much_is_corrected_and_loses_nothing() -> None:
    card = issued()
    assert asked(card, SELECT_PERSON, "80B0000402000D", "00C0000020") == "6C0D"
    assert bytes.fromhex(asked(card, "00C000000D")) == NUMBER.encode() + b"\x90\x00"


def test_any_command_in_between_loses_what_was_offered() -> None:
    assert asked(issued(), SELECT_PERSON, "80B0000402000D", "80B00000020004", "00C000000D") == "6C04"
    assert asked(issued(), SELECT_PERSON, "80B0000402000D", "80FF000000", "00C000000D") == "6985"


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("80B0000402000D", "6985"),
        ("00C000000D", "6985"),
        ("80B10000020004", "6D00"),
        ("90B00000020004", "6E00"),
        ("80B0", "6700"),
        ("00A4040008A0", "6700"),
    ],
    ids=["nothing selected", "nothing offered", "unknown instruction", "unknown class", "no header", "cut short"],
)
def test_what_a_fresh_card_refuses(command: str, status: str) -> None:
    assert asked(issued(), command) == status


@pytest.mark.parametrize(
    ("command", "status"),
    [("80B00000020101", "6700"), ("80B00000020000", "6700"), ("80B01627020001", "6B00"), ("80B00000010D", "6700")],
    ids=["257 bytes", "no bytes", "behind the file", "one byte of length"],
)
def test_what_a_selected_card_refuses(command: str, status: str) -> None:
    assert asked(issued(), SELECT_PERSON, command) == status


def test_a_card_that_gives_few_bytes_refuses_more() -> None:
    card = issued()
    card.largest_read = 100
    assert asked(card, SELECT_PERSON, "80B00011020064") == "6164"
    assert asked(card, "80B00011020065") == "6700"


def test_a_card_that_wants_p2_01_refuses_p2_00_and_keeps_its_data() -> None:
    card = issued()
    card.get_response_p2 = 0x01
    assert asked(card, SELECT_PERSON, "80B0000402000D", "00C000000D") == "6A86"
    assert bytes.fromhex(asked(card, "00C000010D")) == NUMBER.encode() + b"\x90\x00"


def test_a_reset_card_has_nothing_selected_and_nothing_to_fetch() -> None:
    card = issued()
    asked(card, SELECT_PERSON, "80B0000402000D")
    card.reset()
    assert asked(card, "00C000000D") == "6985"
    assert asked(card, "80B0000402000D") == "6985"


def test_an_apdu_level_reader_gives_data_at_once() -> None:
    reader = ApduLevelReader(issued())
    assert reader.transmit(bytes.fromhex(SELECT_PERSON))[-2:] == b"\x90\x00"
    assert reader.transmit(bytes.fromhex("80B0000402000D")) == NUMBER.encode() + b"\x90\x00"


def test_the_card_knows_which_bytes_were_touched() -> None:
    card = issued()
    asked(card, SELECT_PERSON, "80B0000402000D", "00C000000D", "80B01579020001")
    assert card.touched == [range(0x0004, 0x0011), range(0x1579, 0x157A)]


def test_a_printed_card_shows_nobody() -> None:
    card = issued()
    assert NUMBER not in repr(card)
    assert NUMBER not in repr(CardHolder(NUMBER))


@pytest.mark.parametrize("changes", [{"name_th": ("ก" * 98, "", "", "")}, {"portrait_jpeg": bytes(5119)}])
def test_what_does_not_fit_on_a_card_is_not_written(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="bytes"):
        flat_file(CardHolder(NUMBER, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("application", [SELECT_ENTITLEMENT, SELECT_LASER])
def test_a_card_has_no_further_application_unless_asked_for(application: str) -> None:
    assert asked(issued(), application) == "6A82"


def test_the_entitlement_is_one_file_of_350_bytes() -> None:
    card = issued()
    card.entitlement_file = entitlement_file(Entitlement(paid_type="7", hospital_changes="3"))
    assert asked(card, SELECT_ENTITLEMENT, "80B000000200FF") == "61FF"
    content = card.answer(bytes.fromhex("00C00000FF"))[:-2]
    assert asked(card, "80B000FF02005F") == "615F"
    content += card.answer(bytes.fromhex("00C000005F"))[:-2]
    assert len(content) == 350
    assert content[0x0144:0x0145] == b"7"
    assert content[0x014D:0x0155] == b"99999999"
    assert content[0x015D:] == b"3"
    assert asked(card, "80B000FF020060") == "6B00"
    assert card.touched == []


def with_laser_number() -> ThaiCard:
    card = issued()
    card.laser_answer = laser_answer("AB0000000001")
    return card


def test_the_laser_number_stands_at_seven_in_an_answer_of_23_bytes() -> None:
    answer = bytes.fromhex(asked(with_laser_number(), SELECT_LASER, "8000000017"))
    assert answer[7:19] == b"AB0000000001"
    assert (len(answer), answer[-2:]) == (25, b"\x90\x00")


@pytest.mark.parametrize("asked_for", ["80000000FF", "8000000000", "8000000018"])
def test_asking_for_more_of_the_laser_number_is_corrected(asked_for: str) -> None:
    assert asked(with_laser_number(), SELECT_LASER, asked_for) == "6C17"


def test_older_readers_fetch_the_laser_number_behind_its_first_seven_bytes() -> None:
    card = with_laser_number()
    assert asked(card, SELECT_LASER, "8000000007")[14:] == "6110"
    assert bytes.fromhex(asked(card, "00C0000010")) == b"AB0000000001" + bytes(4) + b"\x90\x00"


def test_seventeen_bytes_of_the_laser_number_leave_six() -> None:
    card = with_laser_number()
    assert asked(card, SELECT_LASER, "8000000011")[34:] == "6106"
    assert asked(card, "00C0000006") == b"01".hex().upper() + "00000000" + "9000"


def test_each_application_knows_only_its_own_commands() -> None:
    card = with_laser_number()
    assert asked(card, SELECT_LASER, "80B0000402000D") == "6D00"
    assert asked(card, SELECT_PERSON, "8000000017") == "6D00"


def test_a_laser_number_has_twelve_characters() -> None:
    with pytest.raises(ValueError, match="12 characters"):
        laser_answer("AB1")
