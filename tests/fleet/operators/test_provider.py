# SPDX-License-Identifier: Apache-2.0
"""Whom the console believes: an honest provider's token for this very sign-in, and none that anybody could make."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from fleet.operators import accounts, errands, identities
from fleet.operators.accounts import AccountRefusedError
from fleet.operators.errands import LASTS_MS, Purpose
from fleet.operators.identities import Identity
from fleet.operators.provider import Client, IdentityRefusedError, Provider, ProviderUnavailableError, Way
from fleet.store.operator_tables import operator_identity
from fleet.store.session import unit_of_work
from tests.fleet.books import NOW_MS
from tests.fleet.operators.people import KEY, PASSWORD, somebody
from tests.simulators.lying_provider import CLIENT, SECRET, LyingProvider, key_of, signed, unsigned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

PATIENT = httpx.Timeout(60.0)  # the machine may be busy with other tests
WAY = Way("http://localhost/sign-in/provider/return", "state", "nonce", "v" * 64)


@pytest.fixture
def liar() -> Iterator[LyingProvider]:
    liar = LyingProvider()
    with liar.serving():
        yield liar


def provider_of(liar: LyingProvider, **other: object) -> Provider:
    told = {"name": "P", "issuer": liar.issuer, "client_id": CLIENT, "secret": SECRET}
    return Provider(Client(**told | other), PATIENT)  # type: ignore[arg-type]  # as a test says


def named(liar: LyingProvider, **claims: object) -> Identity:
    liar.token = signed(liar.claims(WAY.nonce, claims), liar.key)
    return provider_of(liar).identity("code", WAY, now_s())


def now_s() -> int:
    return int(time.time())


def test_an_honest_token_names_somebody(liar: LyingProvider) -> None:
    found = named(liar)
    assert (found.issuer, found.subject) == (liar.issuer, "kanda")
    assert "kanda" not in repr(found)


def test_a_browser_is_sent_with_all_that_binds_the_answer_to_it(liar: LyingProvider) -> None:
    sent = urlsplit(provider_of(liar, scopes=("openid", "profile")).address(WAY, now_s()))
    assert sent.geturl().startswith(f"{liar.issuer}/auth?")
    asked = {name: each for name, (each,) in parse_qs(sent.query).items()}
    assert (asked["response_type"], asked["client_id"], asked["redirect_uri"]) == ("code", CLIENT, WAY.back)
    assert (asked["state"], asked["nonce"], asked["scope"]) == ("state", "nonce", "openid profile")
    assert asked["code_challenge_method"] == "S256"
    assert WAY.verifier not in sent.query


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_code_is_exchanged_with_the_verifier_and_the_secret(liar: LyingProvider, method: str) -> None:
    liar.overrides["token_endpoint_auth_methods_supported"] = [method]
    named(liar)
    (form,), (headers,) = liar.seen, liar.headers
    assert (form["code"], form["code_verifier"], form["redirect_uri"]) == ("code", WAY.verifier, WAY.back)
    if method == "client_secret_basic":
        pair = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode()
        assert pair == "console:a%20secret%3A%20with%20%2F%20and%20%25"  # RFC 6749, 2.3.1
        assert "client_secret" not in form
    else:
        assert (form["client_id"], form["client_secret"]) == (CLIENT, SECRET)


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": [CLIENT, "another-client"]},  # without azp
        {"aud": [CLIENT, "another-client"], "azp": "another-client"},
        {"aud": None},
        {"iss": "https://another.example"},
        {"iss": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": 41},
        {"exp": 1},
        {"exp": None},
        {"iat": 4_000_000_000},
        {"iat": None},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    ],
    ids=str,
)
def test_a_token_for_another_time_place_or_sign_in_names_nobody(liar: LyingProvider, claims: dict[str, object]) -> None:
    with pytest.raises(IdentityRefusedError) as refused:
        named(liar, **claims)
    assert "kanda" not in str(refused.value)


def test_an_audience_of_two_is_believed_where_this_client_is_the_authorised_one(liar: LyingProvider) -> None:
    assert named(liar, aud=[CLIENT, "another-client"], azp=CLIENT).subject == "kanda"


def test_a_token_that_anybody_can_make_names_nobody(liar: LyingProvider) -> None:
    claims = liar.claims(WAY.nonce)
    public = liar.key.as_pem(private=False)
    forged = {
        "none": unsigned(claims),
        "another key": signed(claims, key_of()),
        "a key it does not have": signed(claims, key_of("two")),
        "the public key as a secret": jwt.encode(
            {"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(base64.b64encode(public))
        ),
        "no token": "a.b",
        "cut short": signed(claims, liar.key)[:-4],
    }
    for what, token in forged.items():
        liar.token = token
        with pytest.raises(IdentityRefusedError):
            pytest.fail(f"{what}: {provider_of(liar).identity('code', WAY, now_s())}")


@pytest.mark.parametrize(
    "overrides",
    [
        {"issuer": "https://another.example"},
        {"token_endpoint": "ftp://127.0.0.1/token"},
        {"jwks_uri": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
    ids=str,
)
def test_a_description_that_is_not_its_own_is_not_followed(liar: LyingProvider, overrides: dict[str, object]) -> None:
    liar.overrides = overrides
    with pytest.raises(ProviderUnavailableError):
        provider_of(liar).address(WAY, now_s())


def test_a_provider_that_fails_or_talks_too_long_is_left_alone_for_a_while(liar: LyingProvider) -> None:
    provider, at_s = provider_of(liar), now_s()
    liar.status = 500
    for said in ("http_500", "left_alone"):
        with pytest.raises(ProviderUnavailableError, match=said):
            provider.address(WAY, at_s)
    liar.status, liar.padding = 200, "x" * 300_000
    assert provider.address(WAY, at_s + 10)
    with pytest.raises(ProviderUnavailableError, match="answer_too_large"):
        provider.identity("code", WAY, at_s + 10)


def test_nobody_listening_is_told_in_one_word() -> None:
    gone = LyingProvider()
    gone.server.server_close()
    with pytest.raises(ProviderUnavailableError, match="no_connection"):
        provider_of(gone).address(WAY, now_s())


def test_another_claim_may_name_people(liar: LyingProvider) -> None:
    liar.token = signed(liar.claims(WAY.nonce, {"provider_id": "P-1"}), liar.key)
    assert provider_of(liar, subject="provider_id").identity("code", WAY, now_s()).subject == "P-1"


def test_an_errand_is_good_once_soon_in_its_browser_and_for_its_purpose(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        ticket = errands.begin(connection, "browser", Purpose.SIGN_IN, NOW_MS, wanted="/coverage")
        for browser, purpose, given, at_ms in (
            ("another", Purpose.SIGN_IN, ticket, NOW_MS),
            ("browser", Purpose.LINK, ticket, NOW_MS),
            ("browser", Purpose.SIGN_IN, ticket + "x", NOW_MS),
            ("browser", Purpose.SIGN_IN, "\ud800", NOW_MS),
            ("browser", Purpose.SIGN_IN, ticket, NOW_MS + LASTS_MS),
        ):
            assert errands.finish(connection, browser, purpose, given, at_ms) is None
        found = errands.finish(connection, "browser", Purpose.SIGN_IN, ticket, NOW_MS + LASTS_MS - 1)
        assert found == errands.Errand(None, "/coverage")
        assert errands.finish(connection, "browser", Purpose.SIGN_IN, ticket, NOW_MS) is None


def test_an_identity_signs_in_one_account_and_only_the_one_it_was_linked_to(engine: Engine) -> None:
    for name in ("somsri", "malee"):
        somebody(engine, name)
    kanda = Identity("https://op.example", "1234567890121")
    with unit_of_work(engine) as connection:
        somsri, malee = (accounts.named(connection, name) for name in ("somsri", "malee"))
        assert identities.find(connection, kanda, KEY) is None
        identities.link(connection, somsri, kanda, KEY, NOW_MS)
        with pytest.raises(AccountRefusedError, match="another account"):
            identities.link(connection, malee, kanda, KEY, NOW_MS)
        assert identities.find(connection, kanda, KEY) == somsri
        assert identities.find(connection, Identity("https://other.example", kanda.subject), KEY) is None
        assert b"1234567890121" not in repr(connection.execute(operator_identity.select()).all()).encode()
        accounts.disable(connection, "somsri", NOW_MS)
        assert identities.find(connection, kanda, KEY) is None
        accounts.reset(connection, "somsri", PASSWORD, KEY)
        assert identities.read(connection, somsri) is None
