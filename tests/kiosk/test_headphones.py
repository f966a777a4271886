# SPDX-License-Identifier: Apache-2.0
"""Headphones are in only when the kernel says so: whatever is not known counts as everybody hearing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiosk.entrypoints.headphones import SW_HEADPHONE_INSERT, InputSwitchJack, switches

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

IN = 1 << SW_HEADPHONE_INSERT
MICROPHONE, LINE_OUT = 1 << 0x04, 1 << 0x06


@pytest.fixture
def machine(tmp_path: Path) -> Callable[..., Path]:
    """The kernel's list of input devices: for each which switches it has, as /sys writes them."""

    def made(**has: str) -> Path:
        for name, bits in has.items():
            folder = tmp_path / name / "device" / "capabilities"
            folder.mkdir(parents=True)
            (folder / "sw").write_text(f"{bits}\n")
        return tmp_path

    return made


def unreadable(_: Path) -> int:
    raise PermissionError


@pytest.mark.parametrize(
    ("has", "read", "plugged"),
    [
        ({"event0": "0", "event3": "54"}, lambda _: IN, True),
        ({"event0": "0", "event3": "54"}, lambda _: MICROPHONE | LINE_OUT, False),
        ({"event3": "4"}, lambda _: 0, False),
        ({"event3": "4"}, unreadable, False),
        ({"event3": "1 0"}, lambda _: IN, False),
        ({"event3": "not bits"}, lambda _: IN, False),
        ({"event3": "50"}, lambda _: IN, False),
        ({}, lambda _: IN, False),
    ],
)
def test_only_a_headphone_switch_that_is_on_counts(
    machine: Callable[..., Path],
    has: dict[str, str],
    read: Callable[[Path], int],
    plugged: bool,  # noqa: FBT001 - a case
) -> None:
    assert InputSwitchJack(machine(**has), read=read).plugged() is plugged


def test_one_of_two_jacks_is_enough(machine: Callable[..., Path]) -> None:
    known = machine(event1="4", event2="4")
    assert InputSwitchJack(known, read=lambda path: IN if path.name == "event2" else 0).plugged()


def test_a_file_that_is_no_input_device_is_refused_by_the_kernel(tmp_path: Path) -> None:
    (tmp_path / "event0").write_bytes(b"\xff" * 64)
    with pytest.raises(OSError, match="ioctl"):
        switches(tmp_path / "event0")


def test_the_machine_itself_can_be_asked() -> None:
    assert InputSwitchJack().plugged() in {True, False}
