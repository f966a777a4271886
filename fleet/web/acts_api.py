# SPDX-License-Identifier: Apache-2.0
"""What operators did as JSON, in the shapes of an exported line."""

from __future__ import annotations

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from fleet.web.acts import LINES, ActsQuestion, read
from fleet.web.iso import at

pages = APIBlueprint("api_acts", __name__)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class ActAnswer(_Answer):
    """One line of the log."""

    seq: int
    at: str
    who: str
    act: str
    subject: str
    detail: dict[str, str | int | bool]
    digest: str
    holds: bool = Field(description="whether the digest covers this line and the digest of the line before it")


class ActsAnswer(_Answer):
    """Lines, the latest first; ask again with `before` = `older` for the next, until it is null."""

    lines: list[ActAnswer]
    older: int | None


@pages.get("/api/v1/acts")
@pages.input(ActsQuestion, location="query", arg_name="question")
@pages.output(ActsAnswer)
def overview(question: ActsQuestion) -> ActsAnswer:
    """What operators did within the account's scope, fifty lines at a time."""
    page = read(question, LINES)
    lines = [
        ActAnswer(
            seq=each.entry.seq,
            at=at(each.entry.at_ms),
            who=each.entry.who,
            act=each.entry.act,
            subject=each.entry.subject,
            detail=each.entry.detail,
            digest=each.entry.digest,
            holds=each.holds,
        )
        for each in page.lines
    ]
    return ActsAnswer(lines=lines, older=page.older)
