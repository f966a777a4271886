# SPDX-License-Identifier: Apache-2.0
"""The API against its own description: schemathesis asks what it allows and what it does not, and reads the answers."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import negative_data_rejection, positive_data_acceptance, unsupported_method

from fleet.operators import accounts, api_tokens
from fleet.operators.accounts import Role
from fleet.store.session import unit_of_work
from fleet.web.app import LARGEST_BODY_BYTES, create_app
from fleet.web.supplies import SignIn
from tests.fleet.books import NOW_MS, bring_samples
from tests.fleet.operators.people import KEY, somebody
from tests.fleet.web.signed_in import Clock
from tests.fleet.web.tenants import fill

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

# Parameters of other names are ignored (questions.py); a stranger is told of no method that is not there (gate.py).
# And which days are Fridays that are over, or what is in a file, no schema can say.
NOT_OURS: list[Any] = [unsupported_method]


@pytest.fixture
def token(books: Engine) -> str:
    fill(books)
    bring_samples(books)
    somebody(books, role=Role.APPROVER)
    with unit_of_work(books) as connection:
        return api_tokens.make(
            connection, accounts.named(connection, "somsri"), "schemathesis", 1, NOW_MS, Role.APPROVER
        )


@pytest.fixture
def described(books: Engine, token: str) -> object:
    clock = Clock()

    def now() -> datetime:
        clock.go(timedelta(seconds=1))  # so that nothing is refused for being asked too often
        return clock()

    console = create_app(books, sign_in=SignIn(KEY), clock=now)
    headers = {"Authorization": f"Bearer {token}", "Host": "localhost"}
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app=console, headers=headers)


schema = schemathesis.pytest.from_fixture("described")


@schema.parametrize()
@settings(max_examples=10, suppress_health_check=list(HealthCheck))
def test_the_api_keeps_to_its_description(case: schemathesis.Case[Any], token: str) -> None:
    is_file = case.media_type == "multipart/form-data"
    excluded = NOT_OURS + ([positive_data_acceptance] if is_file or "ending" in (case.query or {}) else [])
    is_large = len(json.dumps(case.body, default=str)) > LARGEST_BODY_BYTES  # 413, which schemathesis does not expect
    if is_file or is_large or not isinstance(case.body, dict):
        excluded.append(negative_data_rejection)
    case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=excluded)
