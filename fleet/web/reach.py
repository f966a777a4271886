# SPDX-License-Identifier: Apache-2.0
"""The one way from a page or the API to the fleet's rows: a transaction narrowed to the scope of whoever asks."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol, TypeVar

from flask import abort

from fleet import audit
from fleet.store import wall
from fleet.store.session import reading, unit_of_work
from fleet.web import gate
from fleet.web.supplies import engine, now_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from enum import StrEnum

    from sqlalchemy import Connection

    from fleet.store.scope import Scope


class _Reasoned(Protocol):
    @property
    def why(self) -> StrEnum: ...


R = TypeVar("R", bound=_Reasoned)


class RefusedError(Exception):
    """Something was not done, and nothing changed. `words` say why and what to do; `why` is one word for programs."""

    def __init__(self, why: StrEnum, words: str) -> None:
        """Keep both."""
        self.why, self.words = why, words
        super().__init__(str(why))


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that an account does now, in one transaction. `record` it last."""

    connection: Connection
    scope: Scope
    who: str
    at_ms: int
    token: int | None = None  # the number of a program's

    def record(self, act: audit.Act, subject: str, detail: audit.Detail | None = None) -> None:
        """Write it into the log of what operators did, with the number of the token if a program did it."""
        told = (detail or {}) | ({} if self.token is None else {"token": self.token})
        audit.record(
            self.connection, act, who=self.who, subject=subject, at_ms=self.at_ms, detail=told, scope=self.scope
        )


@contextmanager
def acting() -> Iterator[Deed]:
    """Change what lies in the scope: everything inside is committed together at the end, or none of it."""
    whose = gate.account()
    if whose is None:
        raise gate.NotSignedInError
    with unit_of_work(engine()) as connection:
        wall.narrow(connection, whose.scope)
        let_in = gate.admission()
        yield Deed(connection, whose.scope, whose.name, now_ms(), None if let_in is None else let_in.number)


@contextmanager
def doing(refusal: type[R], words: Callable[[R], object | None]) -> Iterator[Deed]:
    """Act, and say a refusal in words. One without words is of something that is not there for whoever asks.

    Raises:
        RefusedError: it was not done.
    """
    try:
        with acting() as deed:
            yield deed
    except refusal as error:  # type: ignore[misc]  # every refusal of the fleet is an exception with a reason
        told = words(error)
        if told is None:
            abort(HTTPStatus.NOT_FOUND)
        raise RefusedError(error.why, str(told)) from error


@contextmanager
def looking() -> Iterator[tuple[Connection, Scope]]:
    """Read one consistent state of what lies in the scope, which every statement has to carry on."""
    scope = gate.scope()
    with reading(engine()) as connection:
        wall.narrow(connection, scope)
        yield connection, scope
