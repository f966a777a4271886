# SPDX-License-Identifier: Apache-2.0
"""The folders `dipchip-provision` makes: what both sides read from them, who may read the keys, what a rerun does."""

from __future__ import annotations

import base64
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from fleet.alerts.channels.webhook import secret
from fleet.config import read as read_controller
from kiosk.config import read as read_kiosk
from kiosk.config import read_signing_key, read_trust
from provisioning.cli import main
from tests.provisioning.conftest import MINE, Made, make_fleet, run
from wire.registration import Registration, default_shard
from wire.sealing import OpeningKey
from wire.signing import Kind, SigningKey
from wire.topics import acl

if TYPE_CHECKING:
    from collections.abc import Iterable

SECRET = ("*.key", "*.jwk")


def secrets_in(*places: Path) -> list[Path]:
    return [path for place in places for pattern in SECRET for path in place.rglob(pattern)]


def contents(paths: Iterable[Path]) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in paths}


def signing_key(path: Path) -> SigningKey:
    return SigningKey.from_jwk(msgspec.json.decode(path.read_bytes()))


def test_every_key_file_is_for_its_owner_only(made: Made) -> None:
    found = secrets_in(made.fleet, made.kiosk(MINE))
    assert len(found) > 9
    assert {stat.S_IMODE(path.stat().st_mode) for path in found} == {0o600}


def test_a_second_run_changes_no_key_and_says_so(tmp_path: Path) -> None:
    made = make_fleet(tmp_path)
    made.make_kiosk(MINE)
    before = contents(secrets_in(tmp_path))
    addresses = ("--broker-host", "other.example", "--broker-port", "1", "--idp-url", "https://idp.example")
    said = run("fleet", made.fleet, *addresses, "--database-url", "postgresql+psycopg://db.example/fleet")
    made.make_kiosk(MINE)
    assert contents(secrets_in(tmp_path)) == before
    assert f"kept   {made.fleet / 'controller/receipt.jwk'}" in said
    assert read_kiosk(made.kiosk(MINE) / "kiosk.toml").broker.host == "other.example"


def test_the_kiosk_believes_the_keys_that_the_controller_signs_with(made: Made) -> None:
    settings = read_kiosk(made.kiosk(MINE) / "kiosk.toml")
    trust = read_trust(settings.trust)
    controller = made.fleet / "controller"
    receipt = signing_key(controller / "receipt.jwk").sign(Kind.RECEIPT, b"r")
    answer = signing_key(controller / "relay/answer.jwk").sign(Kind.ANSWER, b"a")
    opening = OpeningKey.from_jwk(msgspec.json.decode((controller / "relay/sealing.jwk").read_bytes()))
    assert trust.receipts().verify(Kind.RECEIPT, receipt) == b"r"
    assert trust.answers().verify(Kind.ANSWER, answer) == b"a"
    assert opening.open(trust.sealing().seal(b"s", b"use"), b"use") == b"s"


def test_the_registration_names_the_keys_that_the_kiosk_signs_with(made: Made) -> None:
    settings = read_kiosk(made.kiosk(MINE) / "kiosk.toml")
    registration = msgspec.json.decode((made.kiosk(MINE) / "registration.json").read_bytes(), type=Registration)
    assert registration.event_key == read_signing_key(settings.event_key).public().jwk()
    assert registration.courier_key == read_signing_key(settings.courier_key).public().jwk()
    assert (registration.kiosk, registration.facility, registration.province) == (MINE, "10670", "41")
    assert registration.shard == settings.shard == default_shard(MINE)


def test_no_private_key_stands_in_a_file_that_travels(made: Made) -> None:
    travelling = (made.kiosk(MINE) / "registration.json", made.kiosk(MINE) / "trust.json", made.fleet / "trust.json")
    assert all(b'"d"' not in path.read_bytes() for path in travelling)


def test_each_process_of_the_controller_is_told_only_what_it_needs(made: Made) -> None:
    courier, relay, web = (
        read_controller(made.fleet / "controller" / f"{n}.toml") for n in ("courier", "relay", "web")
    )
    assert courier.broker is not None
    assert courier.courier_keys is not None
    assert (courier.relay_keys, courier.identity_provider) == (None, None)
    assert relay.relay_keys is not None
    assert relay.identity_provider is not None
    assert (relay.broker, relay.courier_keys) == (None, None)
    assert (web.broker, web.courier_keys, web.relay_keys, web.identity_provider) == (None, None, None, None)
    assert [each.web.operator_key for each in (courier, relay)] == [None, None]


def test_the_alerting_has_a_secret_that_receivers_can_use_and_calls_nobody_yet(made: Made) -> None:
    alerts = read_controller(made.fleet / "controller" / "alerts.toml")
    assert (alerts.broker, alerts.relay_keys, alerts.web.operator_key) == (None, None, None)
    assert alerts.alerts.webhook is not None
    assert alerts.alerts.webhook.hosts == ()
    assert len(secret(alerts.alerts.webhook.secret.read_text())) == 32


def test_one_signs_in_on_the_console_unless_it_was_made_for_a_demonstration(made: Made, tmp_path: Path) -> None:
    web = read_controller(made.fleet / "controller" / "web.toml").web
    assert (web.sign_in, web.profile, web.operator_key) == (True, "live", made.fleet / "controller" / "operators.key")
    assert len(base64.urlsafe_b64decode((made.fleet / "controller/operators.key").read_bytes())) == 32
    opened = read_controller(make_fleet(tmp_path, "--open-console").fleet / "controller" / "web.toml").web
    assert (opened.sign_in, opened.profile) == (False, "test")


def test_a_console_behind_a_proxy_is_told_its_address(tmp_path: Path) -> None:
    made = make_fleet(tmp_path, "--console-origin", "https://console.example:8443")
    assert read_controller(made.fleet / "controller" / "web.toml").web.origin == "https://console.example:8443"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--console-origin", "http://console.example"), "give https://"),
        (("--console-origin", "https://console.example/"), "give https://"),
        (("--console-origin", "https://console.example", "--open-console"), "--open-console is for one machine"),
    ],
)
def test_a_console_that_others_would_see_open_or_unencrypted_is_not_made(
    tmp_path: Path, options: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first = ("--broker-host", "h", "--database-url", "sqlite://", "--idp-url", "http://127.0.0.1:1")
    assert says in fails(capsys, "fleet", tmp_path / "fleet", *first, *options)
    assert not (tmp_path / "fleet").exists()


def test_every_file_that_a_settings_file_names_is_there(made: Made) -> None:
    courier, relay = (read_controller(made.fleet / "controller" / f"{name}.toml") for name in ("courier", "relay"))
    kiosk = read_kiosk(made.kiosk(MINE) / "kiosk.toml")
    named = [
        kiosk.trust,
        kiosk.event_key,
        kiosk.courier_key,
        kiosk.broker.ca,
        kiosk.broker.certificate,
        kiosk.broker.key,
    ]
    for section in (courier.broker, courier.courier_keys, relay.relay_keys):
        named += [value for value in dict(section or {}).values() if isinstance(value, Path)]
    assert len(named) > 10
    assert [path for path in named if not path.is_file()] == []


def test_the_token_key_is_32_random_bytes(made: Made) -> None:
    assert len(base64.urlsafe_b64decode((made.fleet / "controller/relay/token.key").read_bytes())) == 32


def test_the_brokers_access_list_is_the_one_of_the_topics(made: Made) -> None:
    assert (made.fleet / "broker/acl").read_text() == acl("controller")


def test_installed_settings_take_keys_from_the_units_credentials(tmp_path: Path) -> None:
    made = make_fleet(tmp_path, "--installed")
    place = ("--facility", "10670", "--province", "41", "--out", made.kiosk(MINE))
    run("kiosk", made.fleet, "--id", MINE, *place, "--installed")
    kiosk = read_kiosk(made.kiosk(MINE) / "kiosk.toml")
    assert kiosk.event_key == Path("/run/credentials/dipchip-kiosk-ui.service/event.jwk")
    assert kiosk.courier_key == Path("/run/credentials/dipchip-kiosk-courier.service/courier.jwk")
    assert kiosk.broker.key == Path("/run/credentials/dipchip-kiosk-courier.service/kiosk.key")
    assert "persistence_location /var/lib/mosquitto\n" in (made.fleet / "broker/mosquitto.conf").read_text()


def test_a_kiosk_serves_no_hospital_software_and_reads_no_further_field_unless_told(made: Made) -> None:
    settings = read_kiosk(made.kiosk(MINE) / "kiosk.toml")
    assert (settings.agent.enabled, settings.agent.port, settings.agent.origins) == (False, 8189, ())
    assert (settings.card.laser_number, settings.card.entitlement) == (False, False)


def test_a_kiosk_is_told_which_pages_may_ask_its_agent_and_what_it_may_read(tmp_path: Path) -> None:
    made = make_fleet(tmp_path)
    pages = ("--agent-origin", "https://his.example", "--agent-origin", "http://[::1]:8080")
    place = ("--facility", "10670", "--province", "41", "--out", made.kiosk(MINE))
    run("kiosk", made.fleet, "--id", MINE, *place, "--agent", *pages, "--laser-number", "--entitlement")
    settings = read_kiosk(made.kiosk(MINE) / "kiosk.toml")
    assert settings.agent.enabled
    assert settings.agent.origins == ("https://his.example", "http://[::1]:8080")
    assert (settings.card.laser_number, settings.card.entitlement) == (True, True)


@pytest.mark.parametrize("origin", ["*", "null", "https://his.example/", "HTTPS://his.example", "https://a b"])
def test_a_page_that_is_no_origin_is_refused(
    made: Made, tmp_path: Path, origin: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place = site(kiosk_id="k-agent", out=tmp_path / "made")
    assert "--agent-origin" in fails(capsys, "kiosk", made.fleet, *place, "--agent", "--agent-origin", origin)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("name", ["receipt.jwk", "relay/token.key", "relay/sealing.jwk", "relay/answer.jwk"])
def test_a_lost_key_of_the_controller_is_never_replaced_in_silence(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    made = make_fleet(tmp_path)
    lost = made.fleet / "controller" / name
    lost.unlink()
    said = fails(
        capsys,
        "fleet",
        made.fleet,
        "--broker-host",
        "h",
        "--database-url",
        "sqlite://",
        "--idp-url",
        "https://i.example",
    )
    assert str(lost) in said
    assert "Restore it from your backup" in said
    assert not lost.exists()


def test_a_second_folder_for_the_same_kiosk_is_refused(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = fails(capsys, "kiosk", made.fleet, *site(kiosk_id=MINE, out=tmp_path / "twin"))
    assert "other keys" in said
    assert not (tmp_path / "twin").exists()


def test_a_kiosks_folder_is_not_given_to_another_kiosk(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    assert "folder of another kiosk" in fails(
        capsys, "kiosk", made.fleet, *site(kiosk_id="k-third", out=made.kiosk(MINE))
    )


def test_a_revoked_name_is_not_given_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = make_fleet(tmp_path)
    made.make_kiosk(MINE)
    run("revoke", made.fleet, "--id", MINE)
    assert "was revoked" in fails(capsys, "kiosk", made.fleet, *site(kiosk_id=MINE, out=made.kiosk(MINE)))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kiosk_id": "K UDON"}, "--id 'K UDON'"),
        ({"kiosk_id": "controller"}, "controller's own"),
        ({"facility": "1067"}, "--facility '1067'"),
        ({"province": "99"}, "--province '99'"),
        ({"shard": "zz"}, "--shard 'zz'"),
        ({"camera": "webcam"}, "--camera 'webcam'"),
        ({"camera_pin": "serial:1"}, "--camera-pin 'serial:1'"),
        ({"camera": "usb:0", "camera_pin": "libcamera:/base/x"}, "--camera-pin 'libcamera:/base/x'"),
        ({"camera": "file:people.avi", "camera_pin": "serial:1"}, "--camera-pin 'serial:1'"),
        ({"profile": "prod"}, "--profile 'prod'"),
        ({"profile": "live"}, "--models"),
        ({"kiosk_id": "sim-00001", "profile": "live"}, "simulated"),
    ],
)
def test_a_wrong_value_is_named_and_nothing_is_made(
    made: Made, tmp_path: Path, wrong: dict[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "kiosk"
    assert said in fails(capsys, "kiosk", made.fleet, *site(out=out, **wrong))
    assert not out.exists()


@pytest.mark.parametrize(
    ("camera", "pin"),
    [("pi", "libcamera:/base/soc/i2c0mux/i2c@1/imx708@1a"), ("usb:/dev/v4l/by-path/port-1", "serial:C920-0001")],
)
def test_a_kiosk_is_made_for_its_own_camera(made: Made, tmp_path: Path, camera: str, pin: str) -> None:
    run("kiosk", made.fleet, *site(kiosk_id=f"k-{camera[:2]}", out=tmp_path / "kiosk", camera=camera, camera_pin=pin))
    settings = read_kiosk(tmp_path / "kiosk" / "kiosk.toml")
    assert (settings.camera, settings.camera_pin) == (camera, pin)


def test_a_kiosk_without_a_fleet_is_told_what_comes_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "dipchip-provision fleet" in fails(capsys, "kiosk", tmp_path / "none", *site(out=tmp_path / "kiosk"))


def test_identities_never_leave_for_a_provider_without_tls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--broker-host", "h", "--database-url", "sqlite://", "--idp-url", "http://idp.example")
    assert "--idp-url" in fails(capsys, "fleet", tmp_path / "fleet", *arguments)
    assert not (tmp_path / "fleet").exists()


def site(  # noqa: PLR0913 - each is one option of the command line
    *,
    out: Path,
    kiosk_id: str = "k-new",
    facility: str = "10670",
    province: str = "41",
    shard: str = "",
    camera: str = "pi",
    camera_pin: str = "",
    profile: str = "test",
) -> tuple[str, ...]:
    values = {"--id": kiosk_id, "--facility": facility, "--province": province, "--out": str(out), "--shard": shard}
    values |= {"--camera": camera, "--camera-pin": camera_pin, "--profile": profile}
    return tuple(word for pair in values.items() for word in pair)


def fails(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """Run `dipchip-provision`; its one sentence on standard error."""
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    said = capsys.readouterr().err
    assert (ended.value.code, said.count("\n")) == (2, 1), said
    return said


def test_simulated_kiosks_are_made_in_one_go_for_test_only(tmp_path: Path) -> None:
    made = make_fleet(tmp_path)
    run("simulated", made.fleet, "--kiosks", 3, "--out", tmp_path / "sim")
    settings = [read_kiosk(folder / "kiosk.toml") for folder in sorted((tmp_path / "sim").iterdir())]
    assert [str(each.kiosk) for each in settings] == ["sim-00001", "sim-00002", "sim-00003"]
    assert {each.profile for each in settings} == {"test"}
