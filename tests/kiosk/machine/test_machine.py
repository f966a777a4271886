# SPDX-License-Identifier: Apache-2.0
"""What the kernel tells of the machine, read from trees as a Raspberry Pi shows them, and judged."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from kiosk.findings import Code, Finding, Level
from kiosk.machine import clock, disk, panel, power, temperature
from kiosk.machine.kernel import Kernel
from kiosk.machine.serving import screen_process
from kiosk.store.noticeboard import Notice
from wire.events import ClockSync

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2027, 1, 1, tzinfo=UTC)
NOW_MS = 1_800_000_000_000
SYNCED = (ClockSync.SYNCED, 12)

TOUCH = """I: Bus=0018 Vendor=0000 Product=0000 Version=0000
N: Name="generic ft5x06 (79)"
H: Handlers=mouse0 event4
B: PROP=2
B: EV=b
B: KEY=400 0 0 0 0 0
B: ABS=260800000000003
"""
MOUSE = """I: Bus=0003 Vendor=046d Product=c077 Version=0111
N: Name="Logitech USB Optical Mouse"
B: PROP=0
B: EV=17
B: REL=103
"""


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    made = Kernel(tmp_path / "sys", tmp_path / "proc")
    made.sys.mkdir()
    made.proc.mkdir()
    return made


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def verdict(found: Finding) -> tuple[str, Level]:
    return found.code, found.level


@pytest.mark.parametrize(
    ("told", "code", "level"),
    [
        ("52582", "ok", Level.WELL),
        ("79999", "ok", Level.WELL),
        ("80000", Code.TEMPERATURE_HIGH, Level.CARE),
        ("85000", Code.TEMPERATURE_AT_LIMIT, Level.CARE),
        ("240000", Code.TEMPERATURE_NOT_TOLD, Level.UNKNOWN),
        ("warm", Code.TEMPERATURE_NOT_TOLD, Level.UNKNOWN),
    ],
)
def test_the_temperature_is_judged_by_the_raspberry_pi_s_own_limits(
    kernel: Kernel, told: str, code: str, level: Level
) -> None:
    write(kernel.sys / "class/thermal/thermal_zone0/temp", f"{told}\n")
    assert verdict(temperature.examine(kernel)) == (code, level)


def test_where_nothing_is_measured_nothing_is_known(kernel: Kernel) -> None:
    for found in (temperature.examine(kernel), power.examine(kernel), panel.examine(kernel, None, NOW_MS)):
        assert found.level is Level.UNKNOWN
        assert found.code.endswith("_not_told")


@pytest.mark.parametrize("place", ["soc/soc:firmware", "soc@107c000000/soc@107c000000:firmware"])
@pytest.mark.parametrize(
    ("bits", "code", "now", "before"),
    [
        ("0", "ok", "-", "-"),
        ("50005", Code.UNDER_VOLTAGE, "under_voltage_detected, currently_throttled", "under_voltage_has_occurred"),
        ("50000", Code.UNDER_VOLTAGE_BEFORE, "-", "under_voltage_has_occurred"),
        ("80008", Code.THROTTLED, "soft_temperature_limit_active", "soft_temperature_limit_has_occurred"),
        ("20000", Code.THROTTLED_BEFORE, "-", "arm_frequency_capping_has_occurred"),
    ],
)
def test_the_firmware_s_bits_of_now_and_before_are_told_apart(
    kernel: Kernel, place: str, bits: str, code: str, now: str, before: str
) -> None:
    write(kernel.sys / "devices/platform" / place / "get_throttled", f"{bits}\n")
    found = power.examine(kernel)
    assert found.code == code
    assert found.figures["throttled"].value == f"0x{bits}"
    assert found.figures["now"].value == now
    assert before in str(found.figures["has_occurred"].value)
    assert found.level is (Level.WELL if code == "ok" else Level.CARE)


@pytest.mark.parametrize(("alarm", "code"), [("0", "ok"), ("1", Code.UNDER_VOLTAGE)])
def test_a_kernel_without_the_firmware_s_file_tells_of_the_voltage_alone(kernel: Kernel, alarm: str, code: str) -> None:
    write(kernel.sys / "class/hwmon/hwmon0/name", "cpu_thermal\n")
    write(kernel.sys / "class/hwmon/hwmon1/name", "rpi_volt\n")
    write(kernel.sys / "class/hwmon/hwmon1/in0_lcrit_alarm", f"{alarm}\n")
    assert power.examine(kernel).code == code


def connect(kernel: Kernel, connector: str, status: str, *modes: str) -> None:
    write(kernel.sys / "class/drm" / connector / "status", f"{status}\n")
    write(kernel.sys / "class/drm" / connector / "modes", "".join(f"{mode}\n" for mode in modes))


def test_a_display_and_its_touch_panel_are_named(kernel: Kernel) -> None:
    connect(kernel, "card1-DSI-1", "connected", "800x480")
    connect(kernel, "card1-HDMI-A-1", "disconnected")
    write(kernel.proc / "bus/input/devices", f"{MOUSE}\n{TOUCH}\n")
    found = panel.examine(kernel, None, NOW_MS)
    assert verdict(found) == ("ok", Level.WELL)
    assert found.figures["displays"].value == "DSI-1 800x480"
    assert found.figures["touch"].value == "generic ft5x06 (79)"
    assert found.figures["serves"].value is False


def test_no_display_is_a_fault_and_a_mouse_is_no_touch_panel(kernel: Kernel) -> None:
    connect(kernel, "card1-HDMI-A-1", "disconnected")
    assert verdict(panel.examine(kernel, None, NOW_MS)) == (Code.SCREEN_NOT_CONNECTED, Level.FAULT)
    connect(kernel, "card1-HDMI-A-1", "connected", "1920x1080")
    write(kernel.proc / "bus/input/devices", MOUSE)
    assert verdict(panel.examine(kernel, None, NOW_MS)) == (Code.TOUCH_ABSENT, Level.CARE)


def begin(kernel: Kernel, pid: str, *words: str) -> Path:
    process = kernel.proc / pid
    write(process / "cmdline", "".join(f"{word}\0" for word in words))
    return process


def test_the_screen_process_is_known_by_its_command_and_not_by_who_starts_it(kernel: Kernel) -> None:
    program = "/opt/dipchip/current/bin/dipchip-kiosk"
    begin(kernel, "70", "/usr/bin/cage", "-d", "--", "/usr/bin/foot", program, "ui", "--config", "kiosk.toml")
    begin(kernel, "71", "/usr/bin/python3", program, "courier", "--config", "kiosk.toml")
    begin(kernel, "72", program, "doctor")
    begin(kernel, "self", program, "ui")
    assert screen_process(kernel) is None
    process = begin(kernel, "73", "/usr/bin/python3", program, "ui", "--config", "kiosk.toml")
    assert screen_process(kernel) == process


def test_a_running_screen_s_last_word_is_told_with_its_age_and_the_size_of_its_terminal(kernel: Kernel) -> None:
    process = begin(kernel, "73", "/usr/bin/python3", "/opt/dipchip-kiosk", "ui")
    held, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 12, 47, 0, 0))
    (process / "fd").mkdir()
    (process / "fd" / "0").symlink_to(os.ttyname(terminal))
    try:
        found = panel.examine(kernel, Notice("camera_frozen", NOW_MS - 90_000), NOW_MS)
    finally:
        os.close(held)
        os.close(terminal)
    assert verdict(found) == ("camera_frozen", Level.FAULT)
    assert (found.figures["said"].value, found.figures["said_ago"].value) == ("camera_frozen", 90)
    assert found.figures["cells"].value == "47x12"
    assert verdict(panel.examine(kernel, Notice("resting", NOW_MS), NOW_MS)) == ("ok", Level.WELL)


def test_the_last_word_of_a_screen_that_runs_no_more_makes_nothing_well_or_faulty(kernel: Kernel) -> None:
    found = panel.examine(kernel, Notice("store_broken", 0), NOW_MS)
    assert verdict(found) == (Code.SCREEN_NOT_TOLD, Level.UNKNOWN)
    assert found.figures["said"].value == "store_broken"


@pytest.mark.parametrize(
    ("now", "sync", "ahead_s", "code", "level"),
    [
        (NOW, SYNCED, None, "ok", Level.WELL),
        (NOW, SYNCED, -59.0, "ok", Level.WELL),
        (NOW, SYNCED, 61.0, Code.CLOCK_DIFFERS, Level.CARE),
        (NOW, (ClockSync.UNSYNCED, None), 0.0, Code.CLOCK_UNSYNCED, Level.CARE),
        (NOW, (ClockSync.UNKNOWN, None), 0.0, Code.CLOCK_NOT_TOLD, Level.UNKNOWN),
        (datetime(1970, 1, 1, tzinfo=UTC), SYNCED, None, Code.CLOCK_WRONG, Level.FAULT),
    ],
)
def test_the_clock_is_judged_by_the_kernel_and_the_controller_only_raises_a_doubt(
    now: datetime, sync: tuple[ClockSync, int | None], ahead_s: float | None, code: str, level: Level
) -> None:
    found = clock.examine(now, sync, ahead_s, 5.0)
    assert verdict(found) == (code, level)
    assert ("door_ahead" in found.figures) == (ahead_s is not None)


def test_the_disk_is_this_machine_s_and_its_mount_is_named(kernel: Kernel, tmp_path: Path) -> None:
    write(kernel.proc / "self/mounts", f"/dev/root / ext4 ro,noatime 0 0\n/dev/x {tmp_path} ext4 rw,noatime 0 0\n")
    found = disk.examine(tmp_path / "store.db", kernel)
    free = os.statvfs(tmp_path)
    assert found.figures["free"].value == pytest.approx(free.f_bavail * free.f_frsize // 2**20, abs=500)
    assert found.figures["mounted_at"].value == str(tmp_path)
    assert found.code in {"ok", Code.DISK_LOW}


def test_a_mount_that_can_only_be_read_is_a_fault_also_with_a_space_in_its_name(kernel: Kernel, tmp_path: Path) -> None:
    folder = tmp_path / "a card"
    folder.mkdir()
    named = str(folder).replace(" ", "\\040")
    write(kernel.proc / "self/mounts", f"/dev/root / ext4 rw 0 0\n/dev/x {named} ext4 ro,errors=remount-ro 0 0\n")
    assert verdict(disk.examine(folder / "store.db", kernel)) == (Code.DISK_READ_ONLY, Level.FAULT)


def test_a_folder_that_is_not_there_is_a_fault_with_its_cause(kernel: Kernel, tmp_path: Path) -> None:
    found = disk.examine(tmp_path / "gone" / "store.db", kernel)
    assert verdict(found) == (Code.STORE_BROKEN, Level.FAULT)
    assert "mounted" in found.technician


@pytest.mark.parametrize(
    ("free_mib", "inodes", "code", "level"),
    [
        (4000, 90_000, "ok", Level.WELL),
        (4000, None, "ok", Level.WELL),
        (511, 90_000, Code.DISK_LOW, Level.CARE),
        (63, 90_000, Code.DISK_FULL, Level.FAULT),
        (4000, 0, Code.DISK_FULL, Level.FAULT),
        (4000, 999, Code.INODES_LOW, Level.CARE),
    ],
)
def test_room_is_judged_by_the_limits_that_the_kiosk_and_the_controller_use(
    free_mib: int, inodes: int | None, code: str, level: Level
) -> None:
    assert disk.judged(free_mib, inodes, is_read_only=False) == (code, level)
