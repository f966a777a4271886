# SPDX-License-Identifier: Apache-2.0
"""The controller's settings: one frozen value, read once from one TOML file by an entrypoint.

Each process gets its own file, so that the courier's file cannot name the relay's keys. Relative paths are relative
to the file.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo, model_validator

from fleet.errors import ConfigError

_SQLITE = "sqlite:///"


def _beside_the_file(value: object, info: ValidationInfo) -> object:
    base = (info.context or {}).get("base")
    return Path(base) / value if base is not None and isinstance(value, str) else value


def _beside_the_file_or_none(value: object, info: ValidationInfo) -> object:
    return _beside_the_file(value, info) if value else None


def _database_beside_the_file(value: object, info: ValidationInfo) -> object:
    base = (info.context or {}).get("base")
    if base is None or not isinstance(value, str) or not value.startswith(_SQLITE):
        return value
    return f"{_SQLITE}{Path(base).absolute() / value.removeprefix(_SQLITE)}"


File = Annotated[Path, BeforeValidator(_beside_the_file)]
MaybeFile = Annotated[Path | None, BeforeValidator(_beside_the_file_or_none)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Broker(_Section):
    """How to reach Mosquitto: mutual TLS only."""

    host: str
    port: int = Field(default=8883, ge=1, le=65535)
    ca: File
    certificate: File
    key: File
    client_id: str = "controller"
    shard: str | None = Field(default=None, pattern=r"^[0-9a-f]{2}$")


class CourierKeys(_Section):
    """The key that signs receipts (a private JWK file)."""

    receipt: File


class RelayKeys(_Section):
    """The relay's own: opens identities, makes tokens, signs answers."""

    sealing: File
    token: File
    answer: File


class Door(_Section):
    """Where the door for kiosks without the broker is found by the reverse proxy in front of it: a socket file."""

    socket: File


class Reached(_Section):
    """A name or address, and a port."""

    host: str = Field(pattern=r"^[A-Za-z0-9.:-]{1,253}$")
    port: int = Field(ge=1, le=65535)


class Signer(_Section):
    """The authority that certifies kiosks, and what each kiosk is told when it claims its name."""

    socket: File
    key: File
    certificate: File
    root: File
    trust: File
    face_policy: MaybeFile = None
    roots: MaybeFile = None
    revocations: MaybeFile = None  # without it nobody is told but by `dipchip-fleet revocations`
    broker: Reached
    https: Reached


class Metrics(_Section):
    """Where the courier tells Prometheus of its work: a port of this machine's loopback."""

    port: int = Field(ge=0, le=65535)


class SignInProvider(_Section):
    """The OpenID Connect provider at which operators may sign in; `subject` is the claim that names a person there."""

    name: str = Field(min_length=1, max_length=40)
    issuer: str = Field(pattern=r"^https?://[a-zA-Z0-9.-]+(:[0-9]{1,5})?(/[a-zA-Z0-9._~/-]*)?$")
    client_id: str = Field(min_length=1)
    client_secret: File
    scopes: tuple[str, ...] = ("openid",)
    subject: str = "sub"
    ca: File | None = None


class Web(_Section):
    """Where the console listens, always on loopback, and who gets in: without `sign_in`, whoever is on this machine."""

    host: str = Field(default="127.0.0.1", pattern=r"^(127\.0\.0\.1|::1|localhost)$")
    port: int = Field(default=8080, ge=0, le=65535)
    profile: str = Field(default="live", pattern=r"^(live|test)$")
    sign_in: bool = True
    operator_key: File | None = None
    origin: str = Field(default="", pattern=r"^(https://[a-z0-9.-]+(:[0-9]{1,5})?)?$")
    provider: SignInProvider | None = None

    @model_validator(mode="after")
    def _open_for_tests_only(self) -> Self:
        if not self.sign_in and (self.profile != "test" or self.origin):
            message = 'sign_in = false is for profile = "test" without an origin'
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _provider_over_tls(self) -> Self:
        if self.provider is None or self.profile == "test":
            return self
        if not (self.sign_in and self.origin and self.provider.issuer.startswith("https://")):
            message = "a provider needs an issuer with https:// and web.origin, to which it sends people back"
            raise ValueError(message)
        return self


class IdentityProvider(_Section):
    """The identity provider's port. `sandbox` must be true for ours; a LIVE contract is not known yet."""

    url: str
    sandbox: bool = True
    poll_s: float = Field(default=2.0, gt=0)


class ProviderId(_Section):
    """The Provider ID office's port. `sandbox` must be true for ours; a LIVE contract is not known."""

    url: str
    sandbox: bool = True


class Mail(_Section):
    """The server that takes mail. Without encryption only one on this machine."""

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    security: str = Field(default="starttls", pattern=r"^(starttls|tls|none)$")
    sender: str = Field(pattern=r"^[^@\s<>]+@[^@\s<>]+$")
    user: str = ""
    password: File | None = None
    ca: File | None = None

    @model_validator(mode="after")
    def _in_the_clear_at_home_only(self) -> Self:
        if self.security == "none" and self.host not in ("127.0.0.1", "::1", "localhost"):
            message = 'security = "none" is for a server on this machine'
            raise ValueError(message)
        return self


class Webhook(_Section):
    """The secret that receivers share, and whom the alerting may call: `hosts`, with `:port` where it is not 443."""

    secret: File
    hosts: tuple[str, ...] = ()
    ca: File | None = None


class LineAccount(_Section):
    """The official account of LINE that pushes messages: a file with its channel access token."""

    token: File


class OpeningHours(_Section):
    """When a facility is open of which nothing else is known, in Asia/Bangkok."""

    days: str = "mon-fri"
    opens: str = "08:30"
    closes: str = "16:30"


class Alerts(_Section):
    """The alerting: how often it looks, whom it calls to say that it lives, and by what it tells people."""

    every_s: float = Field(default=30.0, ge=1, le=120)
    profile: str = Field(default="live", pattern=r"^(live|test)$")
    backup_within_h: int | None = Field(default=None, ge=1)
    console: str = Field(default="", pattern=r"^(https?://[a-z0-9.:-]+)?$")
    bystander: str | None = Field(default=None, pattern=r"^https://")
    hours: OpeningHours = OpeningHours()
    mail: Mail | None = None
    webhook: Webhook | None = None
    line: LineAccount | None = None


class Settings(_Section):
    """All that a process of the controller is told; sections it does not use may be left out."""

    database_url: Annotated[str, BeforeValidator(_database_beside_the_file)]
    log_level: str = Field(default="info", pattern=r"^(debug|info|warning|error)$")
    broker: Broker | None = None
    courier_keys: CourierKeys | None = None
    relay_keys: RelayKeys | None = None
    door: Door | None = None
    signer: Signer | None = None
    metrics: Metrics | None = None
    web: Web = Web()
    identity_provider: IdentityProvider | None = None
    provider_id: ProviderId | None = None
    alerts: Alerts = Alerts()


def read(path: Path) -> Settings:
    """Read and check the settings file.

    Raises:
        ConfigError: naming the file, the key, the value seen and what is allowed.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}). Give the file that dipchip-provision made."
        raise ConfigError(message) from error
    except tomllib.TOMLDecodeError as error:
        message = f"{path}: not TOML ({error}). Mend the line named."
        raise ConfigError(message) from error
    try:
        return Settings.model_validate(raw, context={"base": path.parent})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        message = f"{path}: {key} = {first['input']!r}: {first['msg']}. Correct it and start again."
        raise ConfigError(message) from error
