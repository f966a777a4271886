# SPDX-License-Identifier: Apache-2.0
"""The private pcscd is a real one: readers come and go while another program is connected, and it can be restarted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from smartcard import scard

from tests.simulators.card import CardHolder, ThaiCard
from tests.simulators.card_faults import Mute
from tests.simulators.holders import invalid_number
from tests.simulators.other_program import OtherProgram
from tests.simulators.pcscd import READER_NAME, PcscDaemon
from tests.simulators.vpcd import VpcdCard

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.real

LEFT, RIGHT = "Left Reader", "Right Reader"
LEFT_SLOTS = [f"{LEFT} 00 00", f"{LEFT} 00 01"]
RIGHT_SLOTS = [f"{RIGHT} 00 00", f"{RIGHT} 00 01"]
SELECT = bytes.fromhex("00A4040008A000000054480001")
READ_NUMBER = bytes.fromhex("80B0000402000D")
FETCH_NUMBER = bytes.fromhex("00C000000D")
OK = scard.SCARD_S_SUCCESS
PRESENT, EMPTY, UNKNOWN = scard.SCARD_STATE_PRESENT, scard.SCARD_STATE_EMPTY, scard.SCARD_STATE_UNKNOWN


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PcscDaemon]:
    with PcscDaemon(tmp_path_factory.mktemp("usb"), readers=(LEFT, RIGHT)) as running:
        yield running


@pytest.fixture
def other(daemon: PcscDaemon) -> Iterator[OtherProgram]:
    """A program that is connected to the daemon, when the reader has noticed that the last test's cards went."""
    with OtherProgram(daemon.env) as program:
        for reader in LEFT_SLOTS + RIGHT_SLOTS:
            assert program.wait_for(reader, EMPTY)
        yield program


def card(seed: int = 1) -> ThaiCard:
    return ThaiCard.of(CardHolder(invalid_number(seed)))


def number_in(other: OtherProgram, reader: str) -> bytes:
    """The citizen number of the card in a reader, read by the other program."""
    assert other.wait_for(reader, PRESENT)
    assert other.connect(reader) == OK
    for command in (SELECT, READ_NUMBER):
        assert other.transmit(command)[0] == OK
    result, answer = other.transmit(FETCH_NUMBER)
    assert result == OK
    other.disconnect()
    return answer[:-2]


def test_every_named_reader_is_listed_with_its_two_slots(other: OtherProgram) -> None:
    assert sorted(other.readers()) == LEFT_SLOTS + RIGHT_SLOTS


def test_each_slot_of_each_reader_holds_a_card_of_its_own(daemon: PcscDaemon, other: OtherProgram) -> None:
    with (
        VpcdCard(daemon.port(LEFT)) as first,
        VpcdCard(daemon.port(LEFT, 1)) as second,
        VpcdCard(daemon.port(RIGHT)) as third,
        VpcdCard(daemon.port(RIGHT, 1)) as fourth,
    ):
        slots = {LEFT_SLOTS[0]: first, LEFT_SLOTS[1]: second, RIGHT_SLOTS[0]: third, RIGHT_SLOTS[1]: fourth}
        for seed, slot in enumerate(slots.values()):
            slot.insert(card(seed))
        numbers = [number_in(other, reader) for reader in slots]
    assert numbers == [invalid_number(seed).encode() for seed in range(4)]


def test_a_reader_detached_under_a_connected_program_goes_from_the_list_and_its_card_from_the_program(
    daemon: PcscDaemon, other: OtherProgram
) -> None:
    with VpcdCard(daemon.port(LEFT)) as slot:
        slot.insert(card())
        assert other.wait_for(LEFT_SLOTS[0], PRESENT)
        assert other.connect(LEFT_SLOTS[0]) == OK
        assert other.transmit(SELECT) == (OK, b"\x61\x0a")
        daemon.detach(LEFT)
        try:
            assert other.wait_for(LEFT_SLOTS[0], UNKNOWN)
            assert other.readers() == RIGHT_SLOTS
            assert other.transmit(READ_NUMBER)[0] != OK
        finally:
            daemon.attach(LEFT)


def test_a_program_that_stayed_connected_sees_an_attached_reader_and_reads_its_card(
    daemon: PcscDaemon, other: OtherProgram
) -> None:
    daemon.detach(LEFT)
    assert other.readers() == RIGHT_SLOTS
    daemon.attach(LEFT)
    assert sorted(other.readers()) == LEFT_SLOTS + RIGHT_SLOTS
    with VpcdCard(daemon.port(LEFT)) as slot:
        slot.insert(card(5))
        assert number_in(other, LEFT_SLOTS[0]) == invalid_number(5).encode()


def test_a_detached_reader_leaves_the_other_reader_and_its_card_alone(daemon: PcscDaemon, other: OtherProgram) -> None:
    with VpcdCard(daemon.port(RIGHT)) as slot:
        inserted = card(3)
        slot.insert(inserted)
        assert other.wait_for(RIGHT_SLOTS[0], PRESENT)
        assert other.connect(RIGHT_SLOTS[0]) == OK
        resets = inserted.resets
        daemon.detach(LEFT)
        try:
            assert other.transmit(SELECT) == (OK, b"\x61\x0a")
        finally:
            daemon.attach(LEFT)
        assert other.transmit(READ_NUMBER) == (OK, b"\x61\x0d")
        assert inserted.resets == resets


def test_no_card_goes_into_a_detached_reader(daemon: PcscDaemon) -> None:
    daemon.detach(RIGHT)
    try:
        with pytest.raises(ConnectionRefusedError):
            VpcdCard(daemon.port(RIGHT)).insert(card())
    finally:
        daemon.attach(RIGHT)


def test_a_restarted_daemon_has_the_same_readers_on_the_same_ports(daemon: PcscDaemon) -> None:
    ports = daemon.port(LEFT), daemon.port(RIGHT)
    daemon.detach(RIGHT)
    try:
        with OtherProgram(daemon.env) as before:
            assert before.readers() == LEFT_SLOTS
            daemon.stop()
            assert before.readers() == []
        daemon.start()
        with OtherProgram(daemon.env) as after, VpcdCard(daemon.port(LEFT)) as slot:
            assert after.readers() == LEFT_SLOTS
            slot.insert(card(9))
            assert number_in(after, LEFT_SLOTS[0]) == invalid_number(9).encode()
    finally:
        daemon.attach(RIGHT)
    assert (daemon.port(LEFT), daemon.port(RIGHT)) == ports


def test_another_program_resets_the_card_and_the_first_is_told(daemon: PcscDaemon, other: OtherProgram) -> None:
    with VpcdCard(daemon.port(LEFT)) as slot, OtherProgram(daemon.env) as intruder:
        inserted = card()
        slot.insert(inserted)
        assert other.wait_for(LEFT_SLOTS[0], PRESENT)
        assert other.connect(LEFT_SLOTS[0]) == OK
        assert other.transmit(SELECT)[0] == OK
        resets = inserted.resets
        assert intruder.connect(LEFT_SLOTS[0]) == OK
        assert intruder.disconnect(reset=True) == OK
        assert other.transmit(READ_NUMBER)[0] == scard.SCARD_W_RESET_CARD & 0xFFFFFFFF
        assert inserted.resets > resets


def test_a_mute_card_is_a_failed_exchange_and_stays_in_the_reader(daemon: PcscDaemon, other: OtherProgram) -> None:
    with VpcdCard(daemon.port(LEFT)) as slot:
        inserted = card()
        inserted.faults = {1: Mute()}
        slot.insert(inserted)
        assert other.wait_for(LEFT_SLOTS[0], PRESENT)
        assert other.connect(LEFT_SLOTS[0]) == OK
        result, answer = other.transmit(SELECT)
        assert (result, answer) == (scard.SCARD_E_NOT_TRANSACTED & 0xFFFFFFFF, b"")
        assert other.transmit(SELECT) == (OK, b"\x61\x0a")


def test_a_reader_that_was_not_named_cannot_be_attached(daemon: PcscDaemon) -> None:
    with pytest.raises(ValueError, match="readers"):
        daemon.attach("Third Reader")


def test_without_names_there_is_one_reader_in_the_configuration(tmp_path: Path) -> None:
    with PcscDaemon(tmp_path) as plain, OtherProgram(plain.env) as other, VpcdCard(plain.vpcd_port + 1) as slot:
        assert other.readers() == [f"{READER_NAME} 00 00", f"{READER_NAME} 00 01"]
        slot.insert(card(2))
        assert number_in(other, f"{READER_NAME} 00 01") == invalid_number(2).encode()
        with pytest.raises(ValueError, match="readers"):
            plain.attach(READER_NAME)
