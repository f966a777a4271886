# SPDX-License-Identifier: Apache-2.0
"""The console over one database after another: put together once, for that takes longer than most of what is asked."""

from __future__ import annotations

from copy import copy
from functools import cache
from typing import TYPE_CHECKING

from fleet.store.session import open_engine
from fleet.web.app import create_app
from fleet.web.paces import Paces
from fleet.web.supplies import SignIn, Supplies
from tests.fleet.operators.people import KEY

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from apiflask import APIFlask
    from sqlalchemy import Engine


def console_over(engine: Engine, *, sign_in: SignIn | None, clock: Callable[[], datetime]) -> APIFlask:
    """A console with supplies of its own; its pages, their addresses and their templates are those of the others."""
    made = copy(_assembled(None if sign_in is None else sign_in.origin))
    made.extensions = dict(made.extensions)
    Supplies(engine, clock, sign_in, Paces()).keep_in(made.extensions)
    return made


@cache
def _assembled(origin: str | None) -> APIFlask:
    nowhere = open_engine("sqlite:////nowhere/fleet.db")
    return create_app(nowhere, sign_in=None if origin is None else SignIn(KEY, origin))
