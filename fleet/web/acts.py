# SPDX-License-Identifier: Apache-2.0
"""The page of what operators did, within the scope of whoever reads; and the check of the whole chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from apiflask import APIBlueprint
from flask import render_template
from pydantic import BaseModel, ConfigDict, Field

from fleet import audit
from fleet.audit import AuditBrokenError, Head
from fleet.operators import acts
from fleet.operators.acts import Asked
from fleet.web.acts_words import act_words, facts
from fleet.web.questions import OrNothing, Printed, described
from fleet.web.reach import looking
from fleet.web.refusals import asked

if TYPE_CHECKING:
    from fleet.operators.acts import Page

pages = APIBlueprint("acts", __name__, enable_openapi=False)
LINES = 50  # a page
_LARGEST = 10**15


class ActsQuestion(BaseModel):
    """Which lines. Other parameters are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    before: Annotated[
        Annotated[int, Field(ge=1, le=_LARGEST)] | None,
        OrNothing,
        described("Lines before the one of this number.", type="integer", minimum=1, maximum=_LARGEST),
    ] = None
    who: Annotated[
        Annotated[str, Field(max_length=80)] | None,
        Printed,
        described("Exactly who acted.", type="string", maxLength=80),
    ] = None
    subject: Annotated[
        Annotated[str, Field(max_length=200)] | None,
        Printed,
        described("Exactly which kiosk, account or number.", type="string", maxLength=200),
    ] = None

    @property
    def wanted(self) -> Asked:
        """As the log is asked."""
        return Asked(self.before, self.who, self.subject)


class CheckQuestion(BaseModel):
    """A head that was noted elsewhere, if there is one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    head: Annotated[Annotated[str, Field(max_length=100)] | None, Printed] = None


@pages.get("/acts")
def overview() -> str:
    """Show the latest."""
    question = asked(ActsQuestion)
    page = read(question, LINES)
    return render_template("acts.html", page=page, question=question, act_words=act_words, facts=facts)


@pages.get("/acts/check")
def check() -> str:
    """Check every line there is, and against a head that was noted."""
    question = asked(CheckQuestion)
    last, broken = None, ""
    with looking() as (connection, _):
        try:
            noted = None if question.head is None else Head.parse(question.head)
            for last in audit.verified(audit.entries(connection), noted):  # noqa: B007 - the last is what counts
                pass
        except AuditBrokenError as error:
            broken = str(error)
    head = None if last is None else Head(last.seq, last.digest)
    return render_template("acts_check.html", head=head, broken=broken, noted=question.head)


def read(question: ActsQuestion, most: int) -> Page:
    """Read what lies in the scope of whoever asks."""
    with looking() as (connection, scope):
        return acts.read(connection, scope, question.wanted, most)
