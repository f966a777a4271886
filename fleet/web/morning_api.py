# SPDX-License-Identifier: Apache-2.0
"""Saying that one has looked at a morning, for programs."""

from __future__ import annotations

from http import HTTPStatus

from apiflask import APIBlueprint

from fleet.web.deeds import mornings as deeds
from fleet.web.questions import MorningQuestion

pages = APIBlueprint("api_morning", __name__)


@pages.post("/api/v1/morning/checked")
@pages.input(MorningQuestion, location="query", arg_name="question")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def check(question: MorningQuestion) -> str:
    """Write down that the account has looked at this morning, of all that it sees or of one province."""
    deeds.check(question)
    return ""
