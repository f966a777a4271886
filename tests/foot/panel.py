# SPDX-License-Identifier: Apache-2.0
"""A touch panel for umockdev: what it says of itself, and fingers that touch it at given times.

umockdev puts a pseudo-terminal where the kernel has an event device; `UNDER` makes libinput take it for one. Four
things must be right: the device's numbers are the pseudo-terminal's (136:0), udev's database knows 136:0 as a touch
screen, libseat opens no symbolic links, and every answer to an ioctl fills its whole buffer.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NAME = b"Test panel\0"
_SLOTS = 10
_SYN, _KEY, _ABS = 0, 1, 3
_X, _Y, _MT_SLOTS, _MT_X, _MT_Y, _MT_ID, _TOUCH = 0x00, 0x01, 0x2F, 0x35, 0x36, 0x39, 0x14A  # linux/input-event-codes.h
_NAME_BYTES = 255
_STEPS = 4

DESCRIPTION = """\
P: /devices/platform/soc/i2c-10/10-0038/input/input0/event0
N: input/event0
E: DEVNAME=/dev/input/event0
E: ID_INPUT=1
E: ID_INPUT_TOUCHSCREEN=1
E: MAJOR=136
E: MINOR=0
E: SUBSYSTEM=input
A: dev=136:0\\n
L: device=../../input0

P: /devices/platform/soc/i2c-10/10-0038/input/input0
E: ABS=260800000000003
E: EV=b
E: ID_INPUT=1
E: ID_INPUT_TOUCHSCREEN=1
E: KEY=400 0 0 0 0 0
E: NAME="Test panel"
E: PRODUCT=18/0/0/0
E: PROP=2
E: SUBSYSTEM=input
E: TAGS=:seat:
A: name=Test panel\\n
A: properties=2\\n
A: uniq=\\n
A: id/vendor=0000\\n
A: id/product=0000\\n

"""

UNDER = """\
database=$UMOCKDEV_DIR/run/udev/data
mkdir -p $database $UMOCKDEV_DIR/sys/dev/char
printf '%s\\n' I:1 E:ID_INPUT=1 E:ID_INPUT_TOUCHSCREEN=1 E:LIBINPUT_DEVICE_GROUP=18/0/0:x G:seat Q:seat V:1 \\
  > $database/c136:0
[ -e $UMOCKDEV_DIR/sys/dev/char/136:0 ] ||
  ln -s ../../devices/platform/soc/i2c-10/10-0038/input/input0/event0 $UMOCKDEV_DIR/sys/dev/char/136:0
device=$UMOCKDEV_DIR/dev/input/event0
if [ -L $device ]; then
  terminal=$(readlink $device)
  rm $device
  touch $device
  mount --bind $terminal $device
fi
sleep 1
"$@" || ended=$?
umount $device || true
exit ${ended:-0}
"""


@dataclass(frozen=True, slots=True)
class Tap:
    """A finger that comes down at a moment, drifts while it is held, and is lifted. Seconds and pixels."""

    at_s: float
    x: int
    y: int
    held_s: float = 0.08
    drift_x: int = 0
    drift_y: int = 0


def answers(width_px: int, height_px: int) -> str:
    """Return what the panel answers to ioctls, as umockdev reads it."""
    keys = bytearray(96)
    keys[_TOUCH // 8] |= 1 << _TOUCH % 8
    nothing = {16: "00" * 16, 8: "00" * 8, 96: "00" * 96}
    lines = [
        "@DEV /dev/input/event0",
        "EVIOCGBIT(0) 8 0B00000000000000",
        f"EVIOCGNAME(0) {len(NAME)} {_hex(NAME.ljust(_NAME_BYTES, bytes(1)))}",
        f"EVIOCGPHYS(0) 1 {'00' * _NAME_BYTES}",
        "EVIOCGID 0 1800000000000000",
        "EVIOCGVERSION 0 01000100",
        "EVIOCGPROP(0) 8 0200000000000000",
        f"EVIOCGBIT(1) 96 {_hex(bytes(keys))}",
        "EVIOCGBIT(3) 8 0300000000806002",
        *(f"EVIOCGBIT({kind}) 8 {nothing[8]}" for kind in (2, 4, 5, 17, 18, 20)),
        f"EVIOCGBIT(21) 16 {nothing[16]}",
        f"EVIOCGKEY(0) 96 {nothing[96]}",
        f"EVIOCGLED(0) 8 {nothing[8]}",
        f"EVIOCGSW(0) 8 {nothing[8]}",
    ]
    axes = {_X: width_px - 1, _Y: height_px - 1, _MT_SLOTS: _SLOTS - 1, _MT_X: width_px - 1, _MT_Y: height_px - 1}
    axes[_MT_ID] = 65535
    for code, most in axes.items():
        dots_per_mm = 0 if code in (_MT_SLOTS, _MT_ID) else 5
        lines.append(f"EVIOCGABS({code}) 0 {_hex(struct.pack('<6i', 0, 0, most, 0, 0, dots_per_mm))}")
    for code, value in ((_MT_X, 0), (_MT_Y, 0), (_MT_ID, -1)):
        lines.append(f"EVIOCGMTSLOTS(0) 0 {_hex(struct.pack(f'<I{_SLOTS}i', code, *[value] * _SLOTS))}")
    return "\n".join(lines) + "\n"


def script(taps: Iterable[Tap]) -> str:
    """Return the taps as umockdev replays them, counted from when the panel is opened."""
    events = [_event(0.0, _SYN, 0, 0)]
    for number, tap in enumerate(taps, 1):
        events += _finger(number, tap)
    return "\n".join(events) + "\n"


def _finger(number: int, tap: Tap) -> Iterator[str]:
    yield _event(tap.at_s, _ABS, _MT_ID, number)
    yield from _position(tap.at_s, tap.x, tap.y)
    yield _event(tap.at_s, _KEY, _TOUCH, 1)
    yield _event(tap.at_s, _SYN, 0, 0)
    if tap.drift_x or tap.drift_y:
        for step in range(1, _STEPS + 1):
            at_s = tap.at_s + tap.held_s * step / (_STEPS + 1)
            yield from _position(at_s, tap.x + tap.drift_x * step // _STEPS, tap.y + tap.drift_y * step // _STEPS)
            yield _event(at_s, _SYN, 0, 0)
    lifted_s = tap.at_s + tap.held_s
    yield _event(lifted_s, _ABS, _MT_ID, -1)
    yield _event(lifted_s, _KEY, _TOUCH, 0)
    yield _event(lifted_s, _SYN, 0, 0)


def _position(at_s: float, x: int, y: int) -> Iterator[str]:
    for code, value in ((_MT_X, x), (_MT_Y, y), (_X, x), (_Y, y)):
        yield _event(at_s, _ABS, code, value)


def _event(at_s: float, kind: int, code: int, value: int) -> str:
    return f"E: {at_s:.6f} {kind:04x} {code:04x} {value}"


def _hex(data: bytes) -> str:
    return data.hex().upper()
