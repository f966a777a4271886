# SPDX-License-Identifier: Apache-2.0
"""The OpenID Connect provider: where a browser is sent, and whom the code means that it comes back with.

1. The provider's own description must name the issuer of the settings, and lead nowhere but over TLS.
2. A browser is sent with code, PKCE (S256), state and nonce, and comes back to one exact address.
3. The code is exchanged with the client's secret and the verifier; no token is kept and none is logged.
4. The ID token is signed with a key of the provider, by an algorithm of the list here, and names this issuer, this
   client (`aud`, `azp`), this nonce and a time that is now.

It never makes an account. Source: OpenID Connect Core 1.0, 3.1; Discovery 1.0, 4.3; RFC 7636; RFC 9700; ASVS 5.0, 10.5.
"""

from __future__ import annotations

import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

import httpx
import msgspec
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # type: ignore[import-untyped]  # ships no types
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]  # ships no types
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]  # ships no types
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from fleet.errors import FleetError
from fleet.operators.identities import Identity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Signatures with a private key of the provider's: neither "none" nor a secret that two hold.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
_KINDS = ("RSA", "EC", "OKP")
_TIMEOUT = httpx.Timeout(5.0, connect=3.0)  # seconds
_ANSWER_BYTES = 256 * 1024
_KNOWN_S = 60 * 60  # the description is read again after this
_BROKEN_S = 10  # a provider that does not answer is left alone for this
_SKEW_S = 60  # the two clocks may differ by this
_AT_ONCE = 2  # requests of the console that may wait for the provider: the others go on
_LONGEST_SUBJECT = 255  # letters; OpenID Connect Core 1.0, 2

Shape = TypeVar("Shape")


class ProviderUnavailableError(FleetError):
    """The provider cannot be asked, in one word that the log may hold."""


class IdentityRefusedError(FleetError):
    """What came back names nobody, in one word that the log may hold; never what it said."""


@dataclass(frozen=True, slots=True)
class Client:
    """What the console is at the provider."""

    name: str
    issuer: str
    client_id: str
    secret: str = field(repr=False)
    scopes: tuple[str, ...] = ("openid",)
    subject: str = "sub"
    ca: Path | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """One way to the provider and back: where back to, and what it is known by."""

    back: str
    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


class _Description(msgspec.Struct, frozen=True):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str
    access_token: str = ""


class _Keys(msgspec.Struct, frozen=True):
    keys: list[dict[str, str | list[str]]]


class Provider:
    """The provider of the settings; asked when somebody comes, and not before."""

    def __init__(self, client: Client, timeout: httpx.Timeout = _TIMEOUT) -> None:
        self.client = client
        self._timeout = timeout
        self._turn = threading.BoundedSemaphore(_AT_ONCE)
        self._known: tuple[int, _Description] | None = None
        self._broken_s = 0

    def address(self, way: Way, now_s: int) -> str:
        """Where a browser is sent.

        Raises:
            ProviderUnavailableError: the provider's description cannot be read, or is not its own.
        """
        address: str = prepare_grant_uri(  # 2
            self._described(now_s).authorization_endpoint,
            client_id=self.client.client_id,
            response_type="code",
            redirect_uri=way.back,
            scope=" ".join(dict.fromkeys(("openid", *self.client.scopes))),
            state=way.state,
            nonce=way.nonce,
            code_challenge=create_s256_code_challenge(way.verifier),
            code_challenge_method="S256",
        )
        return address

    def identity(self, code: str, way: Way, now_s: int) -> Identity:
        """Whom a code means that came back.

        Raises:
            ProviderUnavailableError: the provider cannot be asked.
            IdentityRefusedError: the code or the token is not what it must be.
        """
        described = self._described(now_s)
        with self._line() as line:
            tokens = self._exchanged(line, described, code, way)
            keys = _asked(line, _Keys, described.jwks_uri)
        return Identity(described.issuer, self._subject(tokens, keys, way.nonce, now_s))

    def _described(self, now_s: int) -> _Description:  # 1
        if self._known is not None and now_s - self._known[0] < _KNOWN_S:
            return self._known[1]
        if now_s - self._broken_s < _BROKEN_S:
            code = "left_alone"
            raise ProviderUnavailableError(code)
        try:
            with self._line() as line:
                found = _asked(line, _Description, f"{self.client.issuer.rstrip('/')}/.well-known/openid-configuration")
        except ProviderUnavailableError:
            self._broken_s = now_s
            raise
        scheme = "https://" if self.client.issuer.startswith("https://") else "http"
        ends = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri)
        if found.issuer != self.client.issuer or not all(end.startswith(scheme) for end in ends):
            code = "not_its_description"
            raise ProviderUnavailableError(code)
        self._known = (now_s, found)
        return found

    def _exchanged(self, line: httpx.Client, described: _Description, code: str, way: Way) -> _Tokens:  # 3
        said = {"grant_type": "authorization_code", "code": code, "redirect_uri": way.back}
        said["code_verifier"] = way.verifier
        if "client_secret_basic" in described.token_endpoint_auth_methods_supported:
            pair = (quote(self.client.client_id, safe=""), quote(self.client.secret, safe=""))  # RFC 6749, 2.3.1
            return _asked(line, _Tokens, described.token_endpoint, said, httpx.BasicAuth(*pair))
        said |= {"client_id": self.client.client_id, "client_secret": self.client.secret}
        return _asked(line, _Tokens, described.token_endpoint, said)

    def _subject(self, tokens: _Tokens, keys: _Keys, nonce: str, now_s: int) -> str:  # 4
        wanted = {
            "iss": {"essential": True, "value": self.client.issuer},
            "aud": {"essential": True, "value": self.client.client_id},
        }
        known = {"nonce": nonce, "client_id": self.client.client_id, "access_token": tokens.access_token}
        try:
            usable = [each for each in keys.keys if each.get("kty") in _KINDS and each.get("use", "sig") == "sig"]
            rules = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
            token = jwt.decode(tokens.id_token, KeySet.import_key_set({"keys": usable}), registry=rules)
            claims = CodeIDToken(token.claims, token.header, wanted, known)
            claims.validate(now_s, _SKEW_S)
            subject = claims.get(self.client.subject)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            code = type(error).__name__  # a message may quote what the token says
            raise IdentityRefusedError(code) from None
        if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
            code = "no_subject"
            raise IdentityRefusedError(code)
        return subject

    @contextmanager
    def _line(self) -> Iterator[httpx.Client]:
        if not self._turn.acquire(blocking=False):
            code = "busy"
            raise ProviderUnavailableError(code)
        try:
            trusted = ssl.create_default_context(cafile=None if self.client.ca is None else str(self.client.ca))
            with httpx.Client(timeout=self._timeout, verify=trusted, trust_env=False, follow_redirects=False) as line:
                yield line
        except httpx.TimeoutException:
            code = "timeout"
            raise ProviderUnavailableError(code) from None
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError):
            code = "no_connection"
            raise ProviderUnavailableError(code) from None
        finally:
            self._turn.release()


def _asked(
    line: httpx.Client, shape: type[Shape], url: str, said: dict[str, str] | None = None, auth: httpx.Auth | None = None
) -> Shape:
    headers = {"Accept": "application/json"}
    with line.stream("GET" if said is None else "POST", url, data=said, auth=auth, headers=headers) as response:
        if response.status_code != HTTPStatus.OK:
            code = f"http_{response.status_code}"
            if said is not None and response.is_client_error:  # a code that is over, or was used before
                raise IdentityRefusedError(code)
            raise ProviderUnavailableError(code)
        content = b""
        for part in response.iter_bytes():
            content += part
            if len(content) > _ANSWER_BYTES:
                code = "answer_too_large"
                raise ProviderUnavailableError(code)
    try:
        return msgspec.json.decode(content, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        code = "not_the_protocol"
        raise ProviderUnavailableError(code) from None
