# SPDX-License-Identifier: Apache-2.0
"""What programs send to the API to have something done, and what they get where it made something."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field

E = TypeVar("E", bound=StrEnum)
Choice = Annotated[E, Field(strict=False)]  # one of a few words
Text = Annotated[str, Field(max_length=400)]  # what may be in it, and how much, is the book's to say


class Body(BaseModel):
    """One body. A member that it does not name is refused: a misspelt one would be left out in silence."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def typed(self) -> dict[str, str]:
        """The members that are there, as a form of a page would bring them."""
        return {name: str(value) for name, value in self.model_dump(exclude_none=True).items()}


class MadeAnswer(BaseModel):
    """Something was made, or proposed; `number` is what it is called from now on."""

    model_config = ConfigDict(frozen=True)

    number: int


def known_members() -> frozenset[str]:
    """Every member of every body: a refusal names none that somebody made up."""
    return frozenset(name for body in Body.__subclasses__() for name in body.model_fields)
