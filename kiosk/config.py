# SPDX-License-Identifier: Apache-2.0
"""The kiosk's settings: one frozen value, read once from `kiosk.toml` by an entrypoint.

Relative paths are relative to the file. No module reads the environment.
"""

from __future__ import annotations

import json
import re
import tomllib
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo

from wire import ids
from wire.errors import WireError
from wire.events import Profile
from wire.hello import Kept
from wire.ids import FacilityCode, KioskId, ProvinceCode, Shard
from wire.phones import CENTRAL, HelpNumber
from wire.provinces import province_code
from wire.releases import channel
from wire.roots import LATER, first, followed, is_roots, trust_in, versions
from wire.signing import SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from wire.registration import Trust

T = TypeVar("T")


class ConfigError(Exception):
    """A setting or a key file is missing or wrong; names the file, the key, the value seen and what is allowed."""


def _beside_the_file_or_none(value: object, info: ValidationInfo) -> object:
    return _beside_the_file(value, info) if value else None


def _beside_the_file(value: object, info: ValidationInfo) -> object:
    base = (info.context or {}).get("base")
    return Path(base) / value if base is not None and isinstance(value, str) else value


def _said(parse: Callable[[str], T]) -> AfterValidator:
    def checked(text: str) -> T:
        try:
            return parse(text)
        except WireError as error:
            raise ValueError(str(error)) from error

    return AfterValidator(checked)


File = Annotated[Path, BeforeValidator(_beside_the_file)]
MaybeFile = Annotated[Path | None, BeforeValidator(_beside_the_file_or_none)]


_PINS = {"pi": r"libcamera:.+", "usb": r"serial:.+|/dev/v4l/by-(path|id)/[^/]+"}


def _pins_this_kind(pin: str, info: ValidationInfo) -> str:
    """What is pinned must be something that this kind of camera can be known by, or no camera would ever serve."""
    kind = str(info.data.get("camera", "")).partition(":")[0]
    if pin and not re.fullmatch(_PINS.get(kind, ""), pin):
        message = (
            "pi is pinned by libcamera:ID, usb by serial:NUMBER, /dev/v4l/by-id/NAME or by-path/NAME, a file by nothing"
        )
        raise ValueError(message)
    return pin


_MORE_THAN_AN_ADDRESS = re.compile(r"[?#@\s]")


def _names_a_page_of_the_ministry(link: str) -> str:
    """A link becomes a QR code that people follow: the ministry's own host, and nothing that could carry a code."""
    parts = urlsplit(link)
    known = parts.hostname is not None and f".{parts.hostname}".endswith(".moph.go.th")
    if link and (parts.scheme != "https" or not known or parts.port or _MORE_THAN_AN_ADDRESS.search(link)):
        message = "an https address below moph.go.th without port, user, query or fragment, or nothing"
        raise ValueError(message)
    return link


OneLine = Annotated[str, Field(max_length=26, pattern=r"^[^\x00-\x1f\x7f]*$")]  # stands on one line of the screen


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Broker(_Section):
    """How the courier reaches Mosquitto: mutual TLS only."""

    host: str
    port: int = Field(default=8883, ge=1, le=65535)
    ca: File
    certificate: File
    key: File


class Https(_Section):
    """The controller's own door for when the broker cannot be reached, with the broker's papers. No host: no door."""

    host: str = ""
    port: int = Field(default=443, ge=1, le=65535)


class Renewal(_Section):
    """Where the courier finds requests for the next certificate, and leaves the answers. No folder: it has none."""

    spool: MaybeFile = None


Channel = Annotated[str, _said(channel)]


def _says_where(place: str) -> str:
    if place and not re.fullmatch(r"https://[^\s@?#]+|/\S+", place):
        message = "an https address, or the path of a folder"
        raise ValueError(message)
    return place


class Updates(_Section):
    """Where signed releases come from, whose are taken, and where they go. No root: this kiosk installs none."""

    repository: Annotated[str, AfterValidator(_says_where)] = ""
    channel: Channel = "stable"
    root: MaybeFile = None
    ca: MaybeFile = None
    home: File = Path("/opt/dipchip")
    state: File = Path("/var/lib/dipchip-update")


class Card(_Section):
    """What is read from the chip beside the national ID's own fields. No enrolment needs it, so it is off."""

    laser_number: bool = False
    entitlement: bool = False


Origin = Annotated[str, Field(pattern=r"^https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?$")]


class Agent(_Section):
    """The loopback service for hospital software. Where it listens is no setting: on this machine's loopback only."""

    enabled: bool = False
    port: int = Field(default=8189, ge=0, le=65535)
    origins: tuple[Origin, ...] = ()


class Screen(_Section):
    """How the screen looks. The size of the letters is the terminal's, by the Ansible role."""

    contrast: Literal["ordinary", "high"] = "ordinary"


AlsaDevice = Annotated[str, Field(max_length=64, pattern=r"^([A-Za-z0-9][\w:=,.-]*)?$")]


class Speech(_Section):
    """How screens are heard."""

    enabled: bool = True
    default: bool = False
    volume: int = Field(default=3, ge=1, le=5)
    loudspeaker: AlsaDevice = ""
    headphones: AlsaDevice = ""


class Printer(_Section):
    """What prints the code on paper. It speaks ESC/POS, and it is a device: the screen has no network."""

    device: str = Field(default="", max_length=64, pattern=r"^(/dev/[A-Za-z0-9][\w/.-]*)?$")
    width_dots: int = Field(default=384, ge=256, le=1024, multiple_of=8)


class Settings(_Section):
    """All that a kiosk is told."""

    kiosk: Annotated[KioskId, _said(ids.kiosk_id)]
    facility: Annotated[FacilityCode, _said(ids.facility_code)]
    province: Annotated[ProvinceCode, _said(province_code)]
    shard: Annotated[Shard, _said(ids.shard)]
    profile: Profile
    store: File
    trust: File
    event_key: File
    courier_key: File
    reader: str = ""
    camera: str = Field(default="usb:0", pattern=r"^(pi|usb:([0-9]+|/dev/.+)|file:.+)$")
    camera_pin: Annotated[str, AfterValidator(_pins_this_kind)] = ""
    models: str = ""
    face_policy: MaybeFile = None
    language_packs: MaybeFile = None
    announcements: MaybeFile = None
    metrics_file: MaybeFile = None
    help_number: Annotated[HelpNumber, _said(help_number)] = CENTRAL
    help_watched: bool = False
    staff_enrollment: bool = False
    counter: OneLine = ""
    nearest_kiosk: OneLine = ""
    mor_prom_link: Annotated[str, Field(max_length=80), AfterValidator(_names_a_page_of_the_ministry)] = ""
    log_level: str = Field(default="info", pattern=r"^(debug|info|warning|error)$")
    broker: Broker
    https: Https = Https()
    renewal: Renewal = Renewal()
    updates: Updates = Updates()
    card: Card = Card()
    screen: Screen = Screen()
    speech: Speech = Speech()
    printer: Printer = Printer()
    agent: Agent = Agent()


def read(path: Path, *, rehearsal: bool = False) -> Settings:
    """Read and check `kiosk.toml`; a rehearsal is in the profile test, whatever stands there.

    Raises:
        ConfigError: naming the file, the key, the value seen and what is allowed.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}). Give the kiosk.toml that dipchip-provision made."
        raise ConfigError(message) from error
    except tomllib.TOMLDecodeError as error:
        message = f"{path}: not TOML ({error}). Mend the line named."
        raise ConfigError(message) from error
    try:
        settings = Settings.model_validate(raw, context={"base": path.parent})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        message = f"{path}: {key} = {first['input']!r}: {first['msg']}. Correct it and start again."
        raise ConfigError(message) from error
    return settings.model_copy(update={"profile": Profile.TEST}) if rehearsal else settings


def read_trust(path: Path) -> Trust:
    """Read whom this kiosk believes: the newest roots where they are signed offline, which may be over.

    Raises:
        ConfigError: when the file is missing or not what commissioning makes.
    """
    try:
        return trust_in(path.read_bytes(), _later(path))
    except (OSError, WireError) as error:
        message = f"{path.name}: {error}. Commission this kiosk again with dipchip-provision."
        raise ConfigError(message) from error


def roots_end_ms(path: Path) -> int | None:
    """Until when the roots under that trust are good, in ms since 1970; None where there are none.

    Raises:
        ConfigError: when the file is missing or not what commissioning makes.
    """
    read_trust(path)
    content = path.read_bytes()
    return followed(first(content.strip()), versions(_later(path))).expires_ms if is_roots(content) else None


def _later(path: Path) -> bytes:
    later = path.parent / LATER
    return later.read_bytes() if later.exists() else b""


def read_signing_key(path: Path) -> SigningKey:
    """Read one of this kiosk's own keys.

    Raises:
        ConfigError: when the file is missing or is no private JWK; its content is never quoted.
    """
    try:
        return SigningKey.from_jwk(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, WireError) as error:
        message = f"{path.name}: {type(error).__name__}. Commission this kiosk again with dipchip-provision."
        raise ConfigError(message) from error


def event_key_kept(key: SigningKey, trust: Path) -> Kept:
    """How the event key is kept, by the key and by what lies beside the trust file (docs/adr/0046)."""
    if key.is_in_token:
        return Kept.TPM
    sealed, plain = trust.with_name("event.jwk.sealed"), trust.with_name("event.jwk")
    return Kept.SEALED_FILE if sealed.exists() and not plain.exists() else Kept.FILE


def release() -> str:
    """This release's version."""
    return metadata.version("dipchip")
