# SPDX-License-Identifier: Apache-2.0
"""A doctor as a command that can be told what it finds: it takes the real one's line and writes its very JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from kiosk.findings import Code, Figure, Finding, Level, Part, Report, Stage, Step, Way, well, worst

if TYPE_CHECKING:
    from pathlib import Path

_EXIT = {Level.UNKNOWN: 0, Level.WELL: 0, Level.CARE: 1, Level.FAULT: 2}
_SCRIPT = """#!/bin/sh
# doctor [PART] --json --config FILE
[ "$1" = doctor ] || exit 64
part=all
[ "$2" = --json ] || { part=$2; shift; }
[ "$2" = --json ] && [ "$3" = --config ] && [ -f "$4" ] || exit 64
cat "%(place)s/$part.json" || exit 64
exit "$(cat "%(place)s/$part.code")"
"""
HOST, AT_MS = "broker.province.example", 1_795_782_167_660
FOR_IT = {
    "th": "เรียน ฝ่ายไอทีของโรงพยาบาล\nเครื่องลงทะเบียน Health ID k-udon-01 "
    "(รหัสหน่วยบริการ 10670) ต้องต่อออกจากเครือข่ายของท่านดังนี้\n"
    f"ต้นทาง: 192.0.2.17\nปลายทาง: {HOST} TCP พอร์ต 8883 (โบรกเกอร์)\n"
    "สำหรับนาฬิกาและชื่อ: NTP (123/udp) ไปยังเซิร์ฟเวอร์เวลาของโรงพยาบาล และ DNS (53/udp และ tcp) ของโรงพยาบาล\n"
    "โปรดปล่อย TLS ผ่านโดยไม่ถอดรหัส (ไม่ทำ SSL inspection)\nขอบคุณ",
    "en": f"To the hospital's IT\nThe Health ID kiosk k-udon-01 needs this way out: {HOST} TCP port 8883\nThank you.",
}

WELL = {
    Part.READER: well(Part.READER, {"readers": Figure(1), "names": Figure("ACS ACR39U"), "card": Figure("present")}),
    Part.CAMERA: well(
        Part.CAMERA, {"picture": Figure("640x480", "px"), "rate": Figure(15.0, "1/s"), "brightness": Figure(121.5)}
    ),
    Part.STORE: well(Part.STORE, {"outbox": Figure(0), "writable": Figure(value=True)}),
    Part.NETWORK: well(Part.NETWORK, {"sent_from": Figure("192.0.2.17")}),
    Part.CERTIFICATES: well(Part.CERTIFICATES, {"left": Figure(89, "d")}),
    Part.CLOCK: well(Part.CLOCK, {"error_bound": Figure(3, "ms")}),
}
NO_CARD = well(Part.READER, {"readers": Figure(1), "card": Figure("absent")})
DARK = Finding(
    part=Part.CAMERA,
    code=Code.CAMERA_DARK,
    level=Level.CARE,
    figures={"brightness": Figure(12.0)},
    next={"th": "ภาพมืด ให้เปิดฝาเลนส์ และเพิ่มแสงบริเวณเครื่อง", "en": "The picture is dark. Take off the lens cover."},
)


def cut(code: Code, *stages: Stage) -> Finding:
    """A network whose way to the broker ends with that at the last of these stages."""
    codes = ["ok"] * (len(stages) - 1) + [code]
    steps = tuple(
        Step(way=Way.BROKER, stage=stage, host=HOST, port=8883, code=told, at_ms=AT_MS, took_ms=1)
        for stage, told in zip(stages, codes, strict=True)
    )
    words = {
        "th": "พอร์ตปิดอยู่ โปรดแจ้งไอทีโรงพยาบาลให้เปิด หากเปิดแล้วให้ดูว่าระบบกลางทำงานอยู่หรือไม่",
        "en": "The port is closed. Ask the hospital's IT to open it; if it is, look whether the controller runs.",
    }
    return Finding(part=Part.NETWORK, code=code, level=Level.FAULT, steps=steps, next=words, technician=f"{HOST}: no")


REFUSED_PORT = cut(Code.PORT_REFUSED, Stage.NAME, Stage.PORT)
PULLED = cut(Code.NAME_UNKNOWN, Stage.NAME)


class ToldDoctor:
    """The command and what it finds from now on; everything is well until it is told otherwise."""

    def __init__(self, place: Path) -> None:
        """Write the command into this folder."""
        self._place = place
        place.mkdir()
        script = place / "dipchip-kiosk"
        script.write_text(_SCRIPT % {"place": place})
        script.chmod(0o755)
        self.command = (str(script),)
        self._finds: dict[Part, Finding] = {part: WELL.get(part, well(part)) for part in Part}
        self.finds()

    def finds(self, *findings: Finding) -> None:
        """From now on this is what it finds of these parts."""
        self._finds |= {finding.part: finding for finding in findings}
        for part in Part:
            self._write(part, (self._finds[part],))
        self._write("all", tuple(self._finds.values()))

    def is_broken(self) -> None:
        """From now on it prints no JSON."""
        for file in self._place.glob("*.json"):
            file.write_text("Traceback (most recent call last):\n")

    def _write(self, name: str, parts: tuple[Finding, ...]) -> None:
        level = worst(finding.level for finding in parts)
        report = Report(
            v=1,
            kiosk="k-udon-01",
            facility="10670",
            release="0.1.0",
            at_ms=AT_MS,
            level=level,
            exit_code=_EXIT[level],
            parts=parts,
            for_it=FOR_IT if any(finding.part is Part.NETWORK for finding in parts) else {},
        )
        (self._place / f"{name}.json").write_bytes(msgspec.json.encode(report))
        (self._place / f"{name}.code").write_text(str(report.exit_code))
