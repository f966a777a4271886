# SPDX-License-Identifier: Apache-2.0
"""A console that needs an account, and a browser that signs in by its form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.operators import accounts, api_tokens, sessions
from fleet.operators.accounts import Role
from fleet.store.scope import NATION
from fleet.store.session import unit_of_work
from fleet.web.supplies import SignIn
from tests.fleet.books import NOW, NOW_MS
from tests.fleet.operators.people import KEY, PASSWORD, Person, somebody
from tests.fleet.web.consoles import console_over

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from apiflask import APIFlask
    from flask.testing import FlaskClient
    from sqlalchemy import Engine
    from werkzeug.test import TestResponse

    from fleet.store.scope import Scope

HERE = "http://localhost"
_TOKEN = re.compile(r'name="token" value="([0-9a-f]{64})"')


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self._now = NOW

    def __call__(self) -> datetime:
        return self._now

    def go(self, on: timedelta) -> None:
        """Let time pass."""
        self._now += on

    @property
    def ms(self) -> int:
        """The moment in milliseconds since 1970."""
        return int(self._now.timestamp() * 1000)


def closed(engine: Engine, clock: Clock, origin: str = "") -> APIFlask:
    """Build a console with sign-in."""
    return console_over(engine, sign_in=SignIn(KEY, origin), clock=clock)


@dataclass(frozen=True, slots=True)
class Visitor:
    """The browser of somebody who has signed in, and sends forms as pages of the console would."""

    client: FlaskClient
    session: str

    @classmethod
    def signed_in(
        cls, console: APIFlask, engine: Engine, name: str, role: Role = Role.VIEWER, scope: Scope = NATION
    ) -> Visitor:
        """Make an account and begin its session."""
        somebody(engine, name, role, scope)
        with unit_of_work(engine) as connection:
            session = sessions.begin(connection, accounts.named(connection, name), "127.0.0.1", NOW_MS)
        client = console.test_client()
        client.set_cookie("dipchip", session, domain="localhost")
        return cls(client, session)

    def get(self, address: str) -> TestResponse:
        """Open a page."""
        return self.client.get(address)

    def post(self, address: str, /, **form: str) -> TestResponse:
        """Send a form."""
        return self.client.post(address, data={**form, "token": self.token}, headers={"Origin": HERE})

    @property
    def token(self) -> str:
        """What the forms of its pages bring along."""
        return sessions.form_token(self.session)


@dataclass(frozen=True, slots=True)
class Program:
    """A program with a token of somebody's account."""

    client: FlaskClient
    token: str

    @classmethod
    def admitted(
        cls,
        console: APIFlask,
        engine: Engine,
        name: str,
        acts_as: Role | None = None,
        scope: Scope = NATION,
    ) -> Program:
        """Make an account that may just what the token may, and the token."""
        somebody(engine, name, acts_as or Role.VIEWER, scope)
        with unit_of_work(engine) as connection:
            account = accounts.named(connection, name)
            token = api_tokens.make(connection, account, "a program", 1, NOW_MS, acts_as)
        return cls(console.test_client(), token)

    def get(self, address: str) -> TestResponse:
        """Read something."""
        return self.client.get(address, headers=self.bearer)

    def post(self, address: str, /, **members: object) -> TestResponse:
        """Have something done."""
        return self.client.post(address, json=members, headers=self.bearer)

    def send(self, address: str, **parts: object) -> TestResponse:
        """Send a file."""
        return self.client.post(address, data=parts, content_type="multipart/form-data", headers=self.bearer)

    @property
    def bearer(self) -> dict[str, str]:
        """What it sends along."""
        return {"Authorization": f"Bearer {self.token}"}


def token_of(page: TestResponse) -> str:
    """What the page's forms bring along."""
    found = _TOKEN.search(page.text)
    assert found is not None, page.text
    return found[1]


def sign_in(client: FlaskClient, person: Person, clock: Clock, *, origin: str = HERE, **typed: str) -> TestResponse:
    """Open the form and send it."""
    token = token_of(client.get("/sign-in", base_url=origin))
    said = {"name": person.name, "password": PASSWORD, "code": person.code(clock.ms), "token": token, **typed}
    return client.post("/sign-in", data=said, headers={"Origin": origin}, base_url=origin)
