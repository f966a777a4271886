# SPDX-License-Identifier: Apache-2.0
"""Why the agent did not answer: a code, a status, and one sentence in each language.

Two statuses are what hospital software knows already: 500 is "no card", 418 is "no reader". A sentence never repeats
what was asked and holds nothing of a card.
Source: docs/agent.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from kiosk.enrollment.failures import CardReadError, Failure, Fault, FaultError


class Refusal(StrEnum):
    """The code of a refusal; those of cards and readers are spelled as on the kiosk."""

    NO_CARD = "no_card"
    CARD_REMOVED = "card_removed"
    CARD_NOT_NATIONAL_ID = "card_not_national_id"
    CARD_UNREADABLE = "card_unreadable"
    READER_ABSENT = "reader_absent"
    READER_SERVICE_DOWN = "reader_service_down"
    BUSY = "busy"
    NAME_NOT_OURS = "name_not_ours"
    ORIGIN_NOT_ALLOWED = "origin_not_allowed"
    ONLY_GET = "only_get"
    NO_SUCH_ADDRESS = "no_such_address"
    QUESTION_NOT_UNDERSTOOD = "question_not_understood"
    AGENT_FAILED = "agent_failed"


@dataclass(frozen=True, slots=True)
class Words:
    """A refusal's HTTP status and sentences."""

    status: HTTPStatus
    thai: str
    english: str


WORDS = {
    Refusal.NO_CARD: Words(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "ไม่มีบัตรในเครื่องอ่าน กรุณาเสียบบัตรประชาชน",
        "There is no card in the reader. Insert the national ID card.",
    ),
    Refusal.CARD_REMOVED: Words(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "บัตรถูกดึงออกก่อนอ่านเสร็จ กรุณาเสียบบัตรอีกครั้ง",
        "The card was taken out before it was read. Insert it again.",
    ),
    Refusal.CARD_NOT_NATIONAL_ID: Words(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "บัตรนี้อ่านไม่ได้แบบบัตรประชาชน กรุณาตรวจว่าเป็นบัตรประชาชนและหันชิปถูกด้าน",
        "This card does not answer as a Thai national ID card. Check that it is one and that its chip enters first.",
    ),
    Refusal.CARD_UNREADABLE: Words(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "อ่านบัตรไม่สำเร็จ กรุณาเช็ดชิปของบัตรแล้วเสียบใหม่",
        "The card could not be read. Wipe its chip and insert it again.",
    ),
    Refusal.READER_ABSENT: Words(
        HTTPStatus.IM_A_TEAPOT,
        "ไม่พบเครื่องอ่านบัตร กรุณาตรวจสาย USB ของเครื่องอ่าน",
        "No card reader is connected. Check its USB cable.",
    ),
    Refusal.READER_SERVICE_DOWN: Words(
        HTTPStatus.IM_A_TEAPOT,
        "บริการเครื่องอ่านบัตรไม่ทำงาน กรุณาแจ้งช่างให้เปิด pcscd",
        "The card reader service does not answer. Ask the technician to start pcscd.",
    ),
    Refusal.BUSY: Words(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "กำลังอ่านบัตรให้โปรแกรมอื่นอยู่ กรุณาลองอีกครั้ง",
        "The card is being read for another program. Try again.",
    ),
    Refusal.NAME_NOT_OURS: Words(
        HTTPStatus.MISDIRECTED_REQUEST,
        "ใช้ได้จากเครื่องนี้เท่านั้น กรุณาเรียกผ่าน http://localhost",
        "This service answers on its own machine only. Ask it as http://localhost with its port.",
    ),
    Refusal.ORIGIN_NOT_ALLOWED: Words(
        HTTPStatus.FORBIDDEN,
        "หน้าเว็บนี้ยังไม่ได้รับอนุญาต ให้ช่างเพิ่มที่อยู่ของหน้าเว็บใน agent.origins",
        "This web page is not allowed. The technician can add its address to agent.origins.",
    ),
    Refusal.ONLY_GET: Words(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "บริการนี้อ่านบัตรอย่างเดียว ให้เรียกด้วย GET",
        "This service only reads. Ask it with GET.",
    ),
    Refusal.NO_SUCH_ADDRESS: Words(
        HTTPStatus.NOT_FOUND,
        "ไม่มีที่อยู่นี้ มีเพียง /api/smartcard/terminals และ /api/smartcard/read-card-only",
        "There is no such address. There are /api/smartcard/terminals and /api/smartcard/read-card-only.",
    ),
    Refusal.QUESTION_NOT_UNDERSTOOD: Words(
        HTTPStatus.BAD_REQUEST,
        "คำขอไม่ถูกต้อง readImageFlag ต้องเป็น true หรือ false",
        "The request is not understood. readImageFlag is true or false.",
    ),
    Refusal.AGENT_FAILED: Words(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "บริการอ่านบัตรขัดข้อง กรุณาลองอีกครั้ง หากยังเป็นอยู่ให้แจ้งช่าง",
        "The service made a mistake. Try again; if it stays so, the technician finds the cause in its log.",
    ),
}

_FAILURES = {
    Failure.CARD_REMOVED: Refusal.CARD_REMOVED,
    Failure.CARD_NOT_NATIONAL_ID: Refusal.CARD_NOT_NATIONAL_ID,
    Failure.NOT_AT_KIOSK: Refusal.CARD_NOT_NATIONAL_ID,  # the application is there and names nobody
}
_FAULTS = {Fault.READER_ABSENT: Refusal.READER_ABSENT}


class RefusedError(Exception):
    """A request that gets no answer; holds the code alone."""

    def __init__(self, refusal: Refusal) -> None:
        """Keep the code."""
        super().__init__(refusal)
        self.refusal = refusal


def refusal_of(error: CardReadError | FaultError) -> Refusal:
    """Say what a failed reading means to hospital software."""
    if isinstance(error, FaultError):
        return _FAULTS.get(error.fault, Refusal.READER_SERVICE_DOWN)
    return _FAILURES.get(error.failure, Refusal.CARD_UNREADABLE)


def body(refusal: Refusal) -> dict[str, object]:
    """The JSON of a refusal; `status` and `message` are what existing software shows."""
    words = WORDS[refusal]
    return {
        "status": int(words.status),
        "code": str(refusal),
        "message": words.thai,
        "messageEn": words.english,
    }
