# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from kiosk.card.apdu import SW, Answer, Conversation, select
from kiosk.enrollment.failures import CardReadError, Failure

READ = bytes.fromhex("80B00000020010")


class Script:
    """A transport that gives its answers in turn and keeps what it was sent."""

    def __init__(self, *answers: str) -> None:
        self._answers = [bytes.fromhex(answer) for answer in answers]
        self.sent: list[str] = []

    def transmit(self, command: bytes) -> bytes:
        self.sent.append(command.hex().upper())
        return self._answers.pop(0)


def exchange(script: Script, command: bytes) -> Answer:
    return Conversation(script).exchange(command)


def test_data_with_9000_ends_the_exchange() -> None:
    answer = exchange(Script("0102 9000"), READ)
    assert (answer.data, answer.status) == (b"\x01\x02", SW.NO_FURTHER_QUALIFICATION)


def test_61xx_is_fetched_with_exactly_xx_bytes() -> None:
    script = Script("6102", "0102 9000")
    assert exchange(script, READ).data == b"\x01\x02"
    assert script.sent[1] == "00C0000002"


def test_6100_means_256_bytes() -> None:
    script = Script("6100", "AA" * 256 + "9000")
    assert len(exchange(script, READ).data) == 256
    assert script.sent[1] == "00C0000000"


def test_data_before_61xx_is_kept_and_the_rest_appended() -> None:
    assert exchange(Script("6103", "01 6102", "0203 9000"), READ).data == b"\x01\x02\x03"


def test_6cxx_sends_a_command_without_data_again_with_the_exact_length() -> None:
    script = Script("6105", "6C03", "010203 9000")
    assert exchange(script, READ).data == b"\x01\x02\x03"
    assert script.sent[2] == "00C0000003"


def test_6cxx_to_a_command_with_data_is_returned_because_it_has_no_length_to_correct() -> None:
    script = Script("6C08")
    assert exchange(script, READ).status == 0x6C08
    assert len(script.sent) == 1


@pytest.mark.parametrize("status", [sw for sw in SW if sw is not SW.NO_FURTHER_QUALIFICATION])
def test_any_other_status_word_ends_the_exchange_as_it_is(status: SW) -> None:
    script = Script(f"{status:04X}")
    assert exchange(script, READ).status == status
    assert len(script.sent) == 1


def test_a_card_that_never_stops_announcing_data_is_unreadable() -> None:
    with pytest.raises(CardReadError) as refusal:
        exchange(Script(*["6101"] * 50), READ)
    assert refusal.value.failure is Failure.CARD_UNREADABLE


def test_an_answer_without_a_status_word_is_unreadable() -> None:
    with pytest.raises(CardReadError) as refusal:
        exchange(Script("90"), READ)
    assert refusal.value.failure is Failure.CARD_UNREADABLE


def test_select_carries_no_expected_length() -> None:
    assert select(bytes.fromhex("A000000054480001")).hex().upper() == "00A4040008A000000054480001"


def test_an_answer_shows_its_shape_and_never_its_bytes() -> None:
    assert repr(exchange(Script("4142 9000"), READ)) == "Answer(2 bytes, 9000)"


@pytest.mark.parametrize("status", ["6A86", "6B00"])
def test_a_get_response_refused_for_its_p2_is_sent_with_the_other_from_then_on(status: str) -> None:
    script = Script("6102", status, "0102 9000", "6101", "03 9000")
    conversation = Conversation(script)
    assert conversation.exchange(READ).data == b"\x01\x02"
    assert conversation.exchange(READ).data == b"\x03"
    assert [command for command in script.sent if command.startswith("00C0")] == [
        "00C0000002",
        "00C0000102",
        "00C0000101",
    ]


def test_a_get_response_refused_with_either_p2_ends_the_exchange() -> None:
    assert exchange(Script("6102", "6A86", "6A86"), READ).status == SW.INCORRECT_PARAMETERS_P1_P2
