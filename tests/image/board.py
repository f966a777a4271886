# SPDX-License-Identifier: Apache-2.0
"""A stand-in for the board: it starts an image as a Raspberry Pi's boot loader would, and QEMU is the rest of it.

The loader reads `autoboot.txt` on the first partition, and there which partition to start from; on that one
`config.txt` for the kernel and `cmdline.txt` for what it is told.
Source: Raspberry Pi documentation, config.txt and autoboot.txt.
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_SECTOR = 512


@dataclass(frozen=True, slots=True)
class Started:
    """What the loader has found: files, and the words for the kernel."""

    partition: int
    kernel: Path
    initramfs: Path
    commands: str


def section(text: str, *, tried: bool) -> dict[str, str]:
    """The settings of an autoboot.txt: those for all, and over them those of a trial, where this is one."""
    found: dict[str, str] = {}
    name = "all"
    for line in text.splitlines():
        if line.startswith("["):
            name = line.strip("[] ")
        elif "=" in line and (name == "all" or (name == "tryboot" and tried)):
            key, _, value = line.partition("=")
            found[key.strip()] = value.strip()
    return found


def load(image: Path, into: Path, *, tried: bool = False) -> Started:
    """Do what the loader does, once; a trial is one that `reboot '0 tryboot'` has asked for."""
    table = json.loads(_said("sfdisk", "--json", str(image)))["partitiontable"]["partitions"]
    starts = [partition["start"] * _SECTOR for partition in table]
    chosen = int(section(_file(image, starts[0], "autoboot.txt").decode(), tried=tried)["boot_partition"])
    start = starts[chosen - 1]
    told = {
        words[0]: words[1]
        for line in _file(image, start, "config.txt").decode().splitlines()
        if len(words := line.replace("=", " ").split()) > 1
    }
    kernel, initramfs = into / "kernel", into / "initramfs"
    kernel.write_bytes(_file(image, start, told["kernel"]))
    initramfs.write_bytes(_file(image, start, told["initramfs"]))
    return Started(chosen, kernel, initramfs, _file(image, start, "cmdline.txt").decode().strip())


def _file(image: Path, start: int, name: str) -> bytes:
    return subprocess.run(["mtype", "-i", f"{image}@@{start}", f"::{name}"], check=True, capture_output=True).stdout


def _said(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Board:
    """A machine of QEMU's that was switched on. Its serial line is a file, and pictures can be taken of its display."""

    def __init__(self, place: Path, started: Started, disk: Path, second: Path, units: dict[str, Path]) -> None:
        self.serial = place / "serial"
        self._monitor = place / "monitor"
        self._began = time.monotonic()
        wanted = " ".join(f"systemd.wants={name}" for name in units)
        credentials = [
            word
            for name, unit in units.items()
            for word in ("-fw_cfg", f"name=opt/io.systemd.credentials/systemd.extra-unit.{name},file={unit}")
        ]
        self._process = subprocess.Popen(
            [
                *(
                    "nice",
                    "-n",
                    "15",
                    "qemu-system-aarch64",
                    "-M",
                    "virt,gic-version=3",
                    "-cpu",
                    "cortex-a72",
                    "-smp",
                    "2",
                ),
                *("-m", "2048", "-accel", "tcg,thread=multi", "-display", "none", "-no-reboot"),
                *("-kernel", str(started.kernel), "-initrd", str(started.initramfs)),
                *("-append", f"{started.commands} {wanted}"),
                *("-drive", f"file={disk},format=qcow2,if=none,id=card", "-device", "virtio-blk-pci,drive=card"),
                *("-drive", f"file={second},format=raw,if=none,id=second", "-device", "virtio-blk-pci,drive=second"),
                *("-netdev", "user,id=cable,restrict=on", "-device", "virtio-net-pci,netdev=cable,romfile="),
                *(
                    "-device",
                    "virtio-rng-pci",
                    "-device",
                    "virtio-gpu-pci,xres=800,yres=480",
                    "-device",
                    "virtio-tablet-pci",
                ),
                *("-serial", f"file:{self.serial}", "-qmp", f"unix:{self._monitor},server=on,wait=off"),
                *credentials,
            ]
        )

    @property
    def seconds(self) -> float:
        """Since it was switched on."""
        return time.monotonic() - self._began

    @property
    def runs(self) -> bool:
        """Whether it is on."""
        return self._process.poll() is None

    def said(self) -> str:
        """Everything on the serial line up to now."""
        return self.serial.read_text(errors="replace") if self.serial.exists() else ""

    def picture(self, path: Path) -> None:
        """What its display shows, as PNG."""
        self._ask("screendump", filename=str(path), format="png")

    def off(self) -> None:
        """Pull the plug."""
        self._process.terminate()
        self._process.wait()

    def _ask(self, what: str, **arguments: str) -> None:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(self._monitor))
            with line.makefile("rw") as talk:
                talk.readline()
                for command in ({"execute": "qmp_capabilities"}, {"execute": what, "arguments": arguments}):
                    talk.write(json.dumps(command) + "\n")
                    talk.flush()
                    answer = json.loads(talk.readline())
                    while "event" in answer:
                        answer = json.loads(talk.readline())
                    if "error" in answer:
                        raise RuntimeError(answer["error"]["desc"])
