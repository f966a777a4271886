# SPDX-License-Identifier: Apache-2.0
"""The systemd units: understood by systemd, tight, true to the console scripts, and apart where the design says so.

`systemd-analyze` reads them from a folder of its own: our units, the machine's targets, and empty stand-ins for the
programs they start. What a unit does to a running process needs a systemd that runs, and is not shown here.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest
import typer
import yaml

import kiosk.config
from kiosk.store import bell
from kiosk.update.units import UNITS as UPDATED
from provisioning.commissioning.trying import AS_THE_SCREEN
from provisioning.places import BrokerPlaces, ControllerPlaces, DoorPlaces, KioskPlaces, Layout
from wire.claims import RENEWAL_ANSWER, RENEWAL_WANTED
from wire.watchdog import EVERY_S

pytestmark = pytest.mark.real

HOUSE = Path(__file__).parents[2]
SYSTEMD = HOUSE / "systemd"
UNITS = sorted(path.name for path in SYSTEMD.glob("*.service"))
MOST_EXPOSED = 2.0  # systemd-analyze security: 0 is locked, 10 is open
PROGRAMS = re.compile(r"/(?:usr|opt)/\S*bin/\S+")
OUR_COMMAND = re.compile(
    r"/opt/dipchip/(?:current|proven)/bin/(dipchip-\w+) (\w+) --config (\S+)(?: --(?:log|event-key) \S+| --ordered)?$"
)
# These two follow revocation lists, and read no settings; the fetcher is no command of ours.
LISTS = {f"dipchip-{who}-lists.service" for who in ("broker", "door")}
FETCH = "dipchip-broker-fetch.service"
UNGUARDED = {"dipchip-kiosk-agent.service", FETCH}  # the one is new each day, the other a shell that calls curl
COMMISSION = "dipchip-kiosk-commission.service"  # root, for it makes the others' keys; it reads no settings
DRAWN_ON = {"char-drm rw", "char-tty rw", "char-pts rw"}
SIDES = {"dipchip-kiosk": "kiosk", "dipchip-provision": "kiosk", "dipchip-fleet": "controller"}


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("root")
    installed = root / "etc/systemd/system"
    shutil.copytree(SYSTEMD, installed)
    machine = root / "usr/lib/systemd/system"
    machine.mkdir(parents=True)
    for path in Path("/usr/lib/systemd/system").glob("*.target"):
        shutil.copy(path, machine, follow_symlinks=False)
    for unit in UNITS:
        started = lines_of(unit, "ExecStart") + lines_of(unit, "ExecStartPost")
        for program in PROGRAMS.findall(" ".join(started)):
            stand_in = root / program.lstrip("/")
            stand_in.parent.mkdir(parents=True, exist_ok=True)
            stand_in.write_text("#!/bin/sh\n")
            stand_in.chmod(0o755)
    return root


def analyze(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", *arguments, f"--root={root}"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def lines_of(unit: str, key: str) -> list[str]:
    """Every value of a key in a unit and its drop-ins, in the order that systemd reads them."""
    prefixes = [unit[: match.end()] for match in re.finditer("-", unit)]
    drop_ins = [path for prefix in prefixes for path in SYSTEMD.glob(f"{prefix}.service.d/*.conf")]
    files = [SYSTEMD / unit, *sorted(drop_ins, key=lambda path: path.name)]
    lines = [line for path in files for line in path.read_text().splitlines()]
    return [line.partition("=")[2] for line in lines if line.startswith(f"{key}=")]


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_understands_every_line(root: Path, unit: str) -> None:
    result = analyze(root, "verify", "--man=no", unit)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(("name", "drop_in"), [("courier", "courier"), ("identity", "event-key"), ("ui", "event-key")])
def test_a_unit_of_a_kiosk_with_a_tpm_may_open_that_and_no_other_device_more(
    root: Path, name: str, drop_in: str
) -> None:
    unit, told = f"dipchip-kiosk-{name}.service", HOUSE / f"ansible/roles/kiosk/files/tpm-{drop_in}.conf"
    folder = root / f"etc/systemd/system/{unit}.d"
    folder.mkdir()
    shutil.copy(told, folder / "30-tpm.conf")
    try:
        verified = analyze(root, "verify", "--man=no", unit)
        said = analyze(root, "security", "--offline=true", "--no-pager", unit).stdout
    finally:
        shutil.rmtree(folder)
    assert (verified.returncode, verified.stderr) == (0, "")
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
    assert found is not None, said
    assert float(found[1]) <= MOST_EXPOSED
    assert re.findall("^DeviceAllow=(.+)", told.read_text(), re.MULTILINE) == ["/dev/tpmrm0 rw"]


def test_a_misspelled_line_would_be_found(root: Path) -> None:
    wrong = (SYSTEMD / UNITS[0]).read_text().replace("PrivateDevices=yes", "PrivateDevice=yes")
    (root / "etc/systemd/system/wrong.service").write_text(wrong)
    assert "PrivateDevice" in analyze(root, "verify", "--man=no", "wrong.service").stderr


@pytest.mark.parametrize("unit", UNITS)
def test_no_unit_is_more_exposed_than_the_limit(root: Path, unit: str) -> None:
    said = analyze(root, "security", "--offline=true", "--no-pager", unit).stdout
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
    assert found is not None, said
    print(f"{unit}: {found[1]}")  # noqa: T201 - the figure that the documents quote; shown by `pytest -rP`
    assert float(found[1]) <= (2.5 if unit == COMMISSION else MOST_EXPOSED)  # root, with a screen and a network


@pytest.mark.parametrize("unit", sorted(set(UNITS) - LISTS - {FETCH, COMMISSION}))
def test_a_unit_starts_a_command_that_the_release_has(unit: str) -> None:
    script, command, settings = started_by(unit)
    scripts = tomllib.loads((HOUSE / "pyproject.toml").read_text())["project"]["scripts"]
    module, _, _ = scripts[script].partition(":")
    group = typer.main.get_command(import_module(module).app)
    assert command in getattr(group, "commands", {})
    assert f"/etc/dipchip/{SIDES[script]}/" in settings
    assert lines_of(unit, "ConditionPathExists")[0] == settings


@pytest.mark.parametrize("unit", sorted(set(UNITS) - {COMMISSION}))
def test_every_process_has_a_user_of_its_own_that_sysusers_makes(unit: str) -> None:
    (user,) = lines_of(unit, "User")
    assert [lines_of(other, "User") for other in UNITS].count([user]) == 1
    declared = "".join(path.read_text() for path in (SYSTEMD / "sysusers.d").iterdir())
    assert re.search(rf"^u {user}\s", declared, re.MULTILINE)
    for group in " ".join(lines_of(unit, "SupplementaryGroups")).split():
        assert group in {"video", "render", "input", "audio", "lp"} or re.search(
            rf"^m {user}\s+{group}$", declared, re.MULTILINE
        )


def test_of_commissioning_and_the_screen_exactly_one_is_wanted() -> None:
    settings, underway = "/etc/dipchip/kiosk/kiosk.toml", "/etc/dipchip/kiosk/commissioning/underway"
    assert lines_of("dipchip-kiosk-ui.service", "ConditionPathExists") == [settings, f"!{underway}"]
    assert lines_of(COMMISSION, "ConditionPathExists")[1:] == [f"|!{settings}", f"|{underway}"]
    assert (
        "/opt/dipchip/current/bin/dipchip-provision commission /etc/dipchip/kiosk --installed"
        in lines_of(COMMISSION, "ExecStart")[0]
    )


def test_the_screen_has_no_network() -> None:
    assert lines_of("dipchip-kiosk-ui.service", "PrivateNetwork") == ["yes"]
    assert lines_of("dipchip-kiosk-ui.service", "RestrictAddressFamilies") == ["AF_UNIX AF_NETLINK"]
    assert lines_of("dipchip-kiosk-ui.service", "InaccessiblePaths") == ["/etc/dipchip/kiosk/tls"]


def test_the_slice_of_the_screens_user_is_as_closed_as_its_unit() -> None:
    lines = (HOUSE / "ansible/roles/kiosk/files/slice.conf").read_text().splitlines()
    allowed = [line.partition("=")[2] for line in lines if line.startswith("DeviceAllow=")]
    assert allowed == lines_of("dipchip-kiosk-ui.service", "DeviceAllow")
    for key in ("MemorySwapMax", "IPAddressDeny", "DevicePolicy"):
        assert [line for line in lines if line.startswith(f"{key}=")] == [
            f"{key}={value}" for value in lines_of("dipchip-kiosk-ui.service", key)
        ]


def test_a_rehearsal_runs_as_the_screen_does() -> None:
    """It draws on a terminal that is there: display and terminals are all that it does not need."""
    said = [line.partition("=")[::2] for line in AS_THE_SCREEN]
    for key in {key for key, _ in said}:
        told = [value for name, value in said if name == key]
        there = [value for value in lines_of("dipchip-kiosk-ui.service", key) if value not in DRAWN_ON]
        assert told == there, key


def test_nobody_but_the_screen_and_who_examines_it_has_a_device() -> None:
    for unit in UNITS:
        assert lines_of(unit, "DevicePolicy") == ["closed"]
        if unit not in {"dipchip-kiosk-ui.service", COMMISSION}:
            assert lines_of(unit, "PrivateDevices") == ["yes"]
            assert lines_of(unit, "DeviceAllow") == []


def test_the_two_kiosk_processes_can_write_in_the_store_and_the_courier_in_the_spool_and_nowhere_else() -> None:
    written = {"ui": "/var/lib/dipchip-store", "courier": "/var/lib/dipchip-store /var/lib/dipchip-renewal"}
    for name, places in written.items():
        assert lines_of(f"dipchip-kiosk-{name}.service", "ProtectSystem") == ["strict"]
        assert lines_of(f"dipchip-kiosk-{name}.service", "ReadWritePaths") == [places]


def test_nobody_has_the_event_key_and_a_network() -> None:
    with_the_key = [unit for unit in UNITS if any("event.jwk" in line for line in lines_of(unit, "LoadCredential"))]
    assert with_the_key == ["dipchip-kiosk-identity.service", "dipchip-kiosk-ui.service"]
    for unit in with_the_key:
        assert lines_of(unit, "PrivateNetwork") == ["yes"]
        assert not {"AF_INET", "AF_INET6"} & set(lines_of(unit, "RestrictAddressFamilies")[0].split())


def test_what_renews_may_write_its_certificate_the_roots_and_the_spool_and_never_sees_a_record() -> None:
    identity = "dipchip-kiosk-identity.service"
    assert lines_of(identity, "ReadWritePaths") == [
        "/etc/dipchip/kiosk/tls /etc/dipchip/kiosk/roots /var/lib/dipchip-renewal"
    ]
    assert lines_of(identity, "InaccessiblePaths") == ["-/var/lib/dipchip-store"]
    files = re.findall(r"^PathExists=(.*)$", (SYSTEMD / "dipchip-kiosk-identity.path").read_text(), re.MULTILINE)
    spool = KioskPlaces.of(Layout.INSTALLED).spool
    assert files == [f"{spool}/{RENEWAL_ANSWER}", f"{spool}/{RENEWAL_WANTED}"]


def test_the_updater_runs_from_what_has_proved_itself_and_writes_slots_links_and_its_answer() -> None:
    update = "dipchip-kiosk-update.service"
    assert [unit for unit in UNITS if "/opt/dipchip/proven/" in "".join(lines_of(unit, "ExecStart"))] == [update]
    assert lines_of(update, "ReadWritePaths") == ["/opt/dipchip /var/lib/dipchip-store"]
    updates = kiosk.config.Updates()
    assert lines_of(update, "StateDirectory") == [updates.state.name]
    assert (str(updates.state.parent), str(updates.home)) == ("/var/lib", "/opt/dipchip")
    store = Path(KioskPlaces.of(Layout.INSTALLED).store)
    assert f"PathExists={store.parent / bell.FILE}\n" in (SYSTEMD / update.replace(".service", ".path")).read_text()


def test_the_updater_may_stop_and_start_the_kiosks_units_and_ask_for_nothing_else() -> None:
    rule = (HOUSE / "ansible/roles/kiosk/files/update.rules").read_text()
    assert set(re.findall(r'"(dipchip-[a-z-]+\.service)"', rule)) == set(UPDATED)
    assert re.findall(r'"(org\.[a-z0-9.-]+)"', rule, re.IGNORECASE) == ["org.freedesktop.systemd1.manage-units"]
    assert "NoNewPrivileges=yes" in (SYSTEMD / "dipchip-.service.d/10-sandbox.conf").read_text()


def test_the_agent_reaches_this_machine_only_and_neither_store_nor_papers() -> None:
    agent = "dipchip-kiosk-agent.service"
    assert lines_of(agent, "IPAddressDeny") == ["any"]
    assert lines_of(agent, "IPAddressAllow") == ["localhost"]
    assert lines_of(agent, "ReadWritePaths") == []
    assert lines_of(agent, "InaccessiblePaths") == ["-/var/lib/dipchip-store -/etc/dipchip/kiosk/tls"]


def test_the_agent_is_started_by_nobody_unless_it_is_enabled() -> None:
    others = [SYSTEMD / unit for unit in UNITS if unit != "dipchip-kiosk-agent.service"]
    assert [path.name for path in others if "dipchip-kiosk-agent" in path.read_text()] == []
    services = yaml.safe_load((HOUSE / "ansible/roles/release/vars/main.yml").read_text())["release_services"]
    assert "dipchip-kiosk-agent" not in services["kiosk"]
    defaults = yaml.safe_load((HOUSE / "ansible/roles/kiosk/defaults/main.yml").read_text())
    assert defaults["kiosk_agent"] is False


@pytest.mark.parametrize("unit", [unit for unit in UNITS if lines_of(unit, "Restart") == ["always"]])
def test_a_process_that_hangs_where_nobody_looks_is_started_afresh(unit: str) -> None:
    if unit in UNGUARDED:
        assert lines_of(unit, "WatchdogSec") == []
        return
    (limit,) = lines_of(unit, "WatchdogSec")
    number, of = re.fullmatch(r"([0-9]+)(s|min)", limit).groups()  # type: ignore[union-attr]
    assert float(number) * {"s": 1, "min": 60}[of] >= 3 * EVERY_S
    assert [lines_of(unit, key) for key in ("Type", "NotifyAccess")] == [["notify"], ["main"]]


def test_each_key_is_a_credential_of_the_one_process_that_uses_it() -> None:
    given = {unit: {line.partition(":")[0] for line in lines_of(unit, "LoadCredential")} for unit in UNITS}
    assert given == {
        **{unit: {"crl.pem", "ca-clients.pem"} for unit in LISTS},  # which are no keys
        FETCH: {"ca-clients.pem"},
        "dipchip-kiosk-ui.service": {"event.jwk"},
        COMMISSION: set(),  # it makes them
        "dipchip-kiosk-courier.service": {"kiosk.key", "courier.jwk"},
        "dipchip-kiosk-agent.service": set(),
        "dipchip-kiosk-identity.service": {"event.jwk"},
        "dipchip-kiosk-update.service": set(),
        "dipchip-fleet-alerts.service": {"webhook.key"},
        "dipchip-fleet-courier.service": {"controller.key", "receipt.jwk"},
        "dipchip-fleet-door.service": {"receipt.jwk"},
        "dipchip-fleet-months.service": set(),
        "dipchip-fleet-relay.service": {"sealing.jwk", "token.key", "answer.jwk"},
        "dipchip-fleet-signer.service": {"authority.key"},
        "dipchip-fleet-web.service": {"operators.key"},
    }


@pytest.mark.parametrize("unit", sorted(LISTS))
def test_what_follows_lists_has_no_network_and_writes_what_its_server_reads(unit: str) -> None:
    who = unit.split("-")[1]
    assert lines_of(unit, "PrivateNetwork") == ["yes"]
    assert lines_of(unit, "RestrictAddressFamilies") == ["AF_UNIX"]
    assert lines_of(unit, "ReadWritePaths") == [f"/var/lib/dipchip-{who}-lists"]
    options = dict(re.findall(r"--([a-z]+) (\S+)", lines_of(unit, "ExecStart")[0]))
    assert set(options) == {"lists", "authorities", "given", "served"}
    read = BrokerPlaces if who == "broker" else DoorPlaces
    assert options["served"] == str(read.of(Layout.INSTALLED, Path()).lists)
    assert options["given"] == ControllerPlaces.of(Layout.INSTALLED).revocations
    assert f"PathChanged={options['given']}\n" in (SYSTEMD / unit.replace(".service", ".path")).read_text()


def test_only_the_kiosks_units_may_ask_the_kernel_how_good_the_clock_is() -> None:
    for unit in UNITS:
        allowed = "adjtimex clock_adjtime" in lines_of(unit, "SystemCallFilter")
        assert allowed == unit.startswith("dipchip-kiosk-")
        assert lines_of(unit, "ProtectClock") == ([] if allowed else ["yes"])


def started_by(unit: str) -> tuple[str, str, str]:
    (line,) = lines_of(unit, "ExecStart")
    found = OUR_COMMAND.search(line)
    assert found is not None, line
    return found[1], found[2], found[3]


@pytest.mark.parametrize(
    ("installed", "made", "folder"),
    [
        (KioskPlaces.of(Layout.INSTALLED), KioskPlaces(), "/etc/dipchip/kiosk"),
        (ControllerPlaces.of(Layout.INSTALLED), ControllerPlaces(), "/etc/dipchip/controller"),
    ],
)
def test_installed_settings_name_the_credentials_that_the_units_load(
    installed: KioskPlaces | ControllerPlaces, made: KioskPlaces | ControllerPlaces, folder: str
) -> None:
    paths = {field.name: str(getattr(installed, field.name)) for field in fields(installed)}
    credentials = {name: path for name, path in paths.items() if path.startswith("/run/credentials/")}
    assert credentials
    for name, path in credentials.items():
        unit, credential = path.split("/")[3:]
        assert f"{credential}:{folder}/{getattr(made, name)}" in lines_of(unit, "LoadCredential")
