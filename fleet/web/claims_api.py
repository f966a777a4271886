# SPDX-License-Identifier: Apache-2.0
"""Claims as JSON: how those of the last day stand, and what a program may do about one."""

from __future__ import annotations

from http import HTTPStatus

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from fleet.devices.claims import Standing
from fleet.web.bodies import Body, Choice, Text
from fleet.web.claims import read_claims, words_of
from fleet.web.deeds import claims as deeds
from fleet.web.iso import at
from wire.events import Profile

pages = APIBlueprint("api_claims", __name__)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class ClaimAnswer(_Answer):
    """One claim. `words` stand for the keys that came, in Thai and English: the kiosk's screen has to show the same."""

    kiosk: str
    facility: str
    province: str
    profile: Profile
    standing: Standing
    made_by: str
    until: str
    words: list[str] | None


class ClaimsAnswer(_Answer):
    """The claims of the last day, the newest first."""

    claims: list[ClaimAnswer]


class CodeAnswer(_Answer):
    """A code, told this once: as it is typed, and as the QR code's content."""

    kiosk: str
    code: str
    qr: str
    until: str


class ClaimBody(Body):
    """The kiosk that is to come: its name, and the facility by its five digits in its province."""

    kiosk: Text
    facility: Text | None = None
    province: Text | None = None
    profile: Choice[Profile] = Field(description="test or live")


@pages.get("/api/v1/claims")
@pages.output(ClaimsAnswer)
def overview() -> ClaimsAnswer:
    """How the claims of the last day stand, with the words of the keys that came."""
    moment, found = read_claims()
    return ClaimsAnswer(
        claims=[
            ClaimAnswer(
                kiosk=each.kiosk,
                facility=each.facility,
                province=each.province,
                profile=each.profile,
                standing=each.standing(moment),
                made_by=each.made_by,
                until=at(each.expires_ms),
                words=None if (told := words_of(each)) is None else list(told),
            )
            for each in found
        ]
    )


@pages.post("/api/v1/claims")
@pages.input(ClaimBody, arg_name="body")
@pages.output(CodeAnswer, status_code=HTTPStatus.CREATED)
def make(body: ClaimBody) -> CodeAnswer:
    """Make a claim; its code is told this once and good for a quarter of an hour."""
    told = deeds.make(body.typed())
    return CodeAnswer(kiosk=told.kiosk, code=told.code, qr=told.qr, until=at(told.until_ms))


@pages.post("/api/v1/claims/<name>/withdraw")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def withdraw(name: str) -> str:
    """End a claim that is open."""
    deeds.withdraw(name)
    return ""
