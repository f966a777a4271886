# SPDX-License-Identifier: Apache-2.0
"""Runs inside the container, as a unit of it, and says step by step what it finds.

1. The Ansible roles make the machine a broker, a controller, a door and a kiosk without a name.
2. The kiosk claims its name at the booted signer, and its units start.
3. A visit is rehearsed as commissioning does it. The same roles again change nothing, and `verify.yml` finds everything
   in its place.
4. Everything is stopped, and comes by itself as at a boot; every unit runs, and none is more exposed than the limit.
5. A made-up citizen enrols with a virtual card, and the controller counts one.
6. A screen, a courier and a server that hang are started afresh, a screen with all that is its.
7. An ordered release comes by the door, stands its trial and runs; the next one's screen dies, and the kiosk goes back.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.container.machine import CURRENT, UnmetError, as_user, journal, run, shown, tell, wait_for_active, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
HOUSE = HERE.parents[1]
SITE, VERIFY = (str(HOUSE / "ansible" / name) for name in ("site.yml", "verify.yml"))
PATIENT = "/srv/patient"  # what the person who is a program needs beyond the release: the faces
KIOSK, FACILITY, PROVINCE = "k-udon-01", "10670", "41"
SETTINGS = Path("/etc/dipchip/kiosk/kiosk.toml")
COURIER = ("--config", "/etc/dipchip/controller/courier.toml")
SCENE = Path("/srv/scene")
SCREEN = "dipchip-ui"
KEEPERS = Path("/srv/made/keepers")
STORE, BOOK = "/var/lib/dipchip-store/store.db", Path("/var/lib/dipchip-update/book.json")
_PATIENCE_S = 20
_TRIAL_S = 900.0

CONTROLLER = [f"dipchip-fleet-{name}.service" for name in ("courier", "relay", "alerts", "web", "door", "signer")]
STARTED = [f"dipchip-kiosk-{name}.service" for name in ("courier", "ui", "agent")]
KIOSKS_JOBS = [f"dipchip-kiosk-{name}" for name in ("identity.timer", "identity.path", "update.timer", "update.path")]
WAITING = ["dipchip-fleet-months.timer", *KIOSKS_JOBS, "pcscd.socket"]
DEBIANS = ["mosquitto.service", "nginx.service"]
ONCE = ["dipchip-fleet-months.service", "dipchip-kiosk-identity.service", "dipchip-kiosk-update.service"]

MOST_EXPOSED = 2.0  # systemd-analyze security: 0 is locked, 10 is open
MORE_EXPOSED = {"nginx.service": (3.0, "its master is root, to open port 443 and to read its key")}


def apply(playbook: str, *options: str) -> dict[str, int]:
    """Run a playbook on this machine; gives what its last line counts.

    Raises:
        UnmetError: a task fails.
    """
    began = time.monotonic()
    said = run(
        *("ansible-playbook", "--inventory", str(HERE / "inventory.yml"), playbook, *options),
        env={**os.environ, "ANSIBLE_CONFIG": str(HOUSE / "ansible/ansible.cfg"), "ANSIBLE_PIPELINING": "1"},
    )
    counts = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", said.splitlines()[-2])}
    (Path("/srv/made") / f"{Path(playbook).stem}-{counts['changed']}.log").write_text(said)
    figures = " ".join(f"{name}={counts[name]}" for name in ("ok", "changed", "failed"))
    tell(f"  {Path(playbook).name}: {figures} in {_since(began)}")
    if counts["failed"] or counts["unreachable"]:
        raise UnmetError(said)
    return counts


def unchanged(playbook: str, *options: str) -> None:
    """Run a playbook that must change nothing.

    Raises:
        UnmetError: it does; with the tasks that did.
    """
    changed = apply(playbook, *options)["changed"]
    if changed:
        said = (Path("/srv/made") / f"{Path(playbook).stem}-{changed}.log").read_text()
        tasks = re.findall(r"^(TASK|RUNNING HANDLER) (\[.*\]).*\n(?:.+\n)*?changed: .*", said, re.MULTILINE)
        message = f"{changed} tasks changed something the second time: {[name for _, name in tasks]}"
        raise UnmetError(message)


def applied() -> None:
    """Step 1; what is to be started of a kiosk without a name is looked at twice too."""
    run("apt-get", "-qq", "update")
    apply(SITE)
    wait_for_active([*DEBIANS, *CONTROLLER])
    unchanged(SITE, "--start-at-task", "The kiosk starts with the machine")


def claimed() -> None:
    """Step 2."""
    SCENE.mkdir()
    (SCENE / "camera.avi").touch()
    claim = as_user(
        *("dipchip-fleet-courier", "dipchip-fleet", f"{CURRENT}/dipchip-fleet", "claim", "make", KIOSK),
        *("--facility", FACILITY, "--province", PROVINCE, *COURIER),
    )
    run(
        *(f"{CURRENT}/dipchip-provision", "enrol", str(SETTINGS.parent), "--installed"),
        *("--claim", json.loads(claim)["code"], "--facility", FACILITY, "--camera", f"file:{SCENE}/camera.avi"),
    )
    SETTINGS.write_text(SETTINGS.read_text().replace("[agent]\nenabled = false", "[agent]\nenabled = true"))
    run("apt-get", "-qq", "install", "--no-install-recommends", "tmux", "vsmartcard-vpcd")
    drop_in = Path("/etc/systemd/system/dipchip-kiosk-ui.service.d/90-container.conf")
    drop_in.parent.mkdir()
    shutil.copy(HERE / "screen.conf", drop_in)
    run("systemctl", "daemon-reload")
    run("systemctl", "restart", "pcscd")
    run("systemctl", "start", *STARTED)
    wait_for_active(STARTED)


def rehearsed() -> None:
    """Commissioning's rehearsal, to which nobody comes: it begins as the screen's user, with the key that it needs.

    Raises:
        UnmetError: it does not begin, or leaves something that is not the screen's.
    """
    began, said = time.monotonic(), Path("/srv/made/rehearsal")
    run("systemctl", "stop", "dipchip-kiosk-ui.service")
    code = (
        "from pathlib import Path; from provisioning.commissioning.trying import Trials; "
        "from provisioning.places import Layout; "
        f"trials = Trials(('{CURRENT}/dipchip-kiosk',), Path('{SETTINGS.parent}'), Layout.INSTALLED, patience_s=5); "
        f"Path('{said}').write_text(trials.visit() or 'filed')"
    )
    run("tmux", "new-session", "-d", "-x", "80", "-y", "24", f"{CURRENT}/python", "-c", code)
    wait_until(said.exists, "the rehearsal ends")
    store = Path("/var/lib/dipchip-store/store.db")
    if said.read_text() != "ended" or store.owner() != SCREEN:
        message = f"the rehearsal: {said.read_text()}, and the store is {store.owner()}'s\n"
        raise UnmetError(message + journal("dipchip-kiosk-rehearsal.service"))
    run("systemctl", "start", "dipchip-kiosk-ui.service")
    wait_for_active(["dipchip-kiosk-ui.service"])
    tell(f"  a rehearsal began as {SCREEN} and was left when nobody came, in {_since(began)}")


def again() -> None:
    """Step 3; what a boot does to folders must not be undone by the roles."""
    run("systemd-tmpfiles", "--create")
    unchanged(SITE)
    unchanged(VERIFY)


def guarded() -> None:
    """Step 4.

    Raises:
        UnmetError: a unit does not run, or is more exposed than the limit.
    """
    run("systemctl", "stop", "graphical.target", "multi-user.target", *DEBIANS, *CONTROLLER, *STARTED, "pcscd.service")
    run("systemctl", "start", "default.target")
    wait_for_active([*DEBIANS, *CONTROLLER, *STARTED, *WAITING])
    run("systemctl", "start", *ONCE)
    enclosed()
    failed = run("systemctl", "list-units", "--failed", "--plain", "--no-legend", "dipchip-*", *DEBIANS)
    if failed:
        raise UnmetError(failed)
    too_open = []
    for unit in sorted([*DEBIANS, *CONTROLLER, *STARTED, *ONCE]):
        said = run("systemd-analyze", "security", "--no-pager", unit)
        exposure = float(re.findall(r"exposure level for \S+: ([0-9.]+)", said)[0])
        limit, reason = MORE_EXPOSED.get(unit, (MOST_EXPOSED, ""))
        tell(f"  {unit:34} {exposure:4.1f}  {reason}".rstrip())
        if exposure > limit:
            too_open.append(f"{unit}: {exposure}, not {limit}")
    if too_open:
        message = f"more exposed than the limit: {too_open}"
        raise UnmetError(message)


def enclosed() -> None:
    """Look whether the screen's session, which is outside its unit, is as closed as that.

    Raises:
        UnmetError: it is not.
    """
    user = run("id", "--user", SCREEN).strip()
    found = [shown(f"user-{user}.slice", key) for key in ("DevicePolicy", "MemorySwapMax")]
    denied = {*shown(f"user-{user}.slice", "IPAddressDeny").split()}
    manager = shown(f"user@{user}.service", "ActiveState")
    if [*found, manager] != ["closed", "0", "inactive"] or denied != {"0.0.0.0/0", "::/0"}:
        message = f"the screen's session has {found}, no way to {denied}, and a manager that is {manager}"
        raise UnmetError(message)


def enrolled() -> None:
    """Step 5."""
    run(
        *("systemd-run", "--quiet", "--unit=idp-sandbox", "--property=DynamicUser=yes"),
        *("--property=StateDirectory=idp-sandbox", f"{CURRENT}/dipchip-fleet", "idp-sandbox"),
        *("/var/lib/idp-sandbox/people.db", "--port", "8090", "--activate-after-s", "2"),
    )
    pip = (f"{CURRENT}/pip", "--quiet", "install", "--target", PATIENT, "--no-deps")
    run(*pip, "scikit-image", "scipy", "networkx", "lazy-loader", "imageio", "tifffile")
    began = time.monotonic()
    said = run(
        *(f"{CURRENT}/python", "-m", "tests.container.visit"),
        env={**os.environ, "PYTHONPATH": f"{HOUSE}:{PATIENT}"},
    )
    tell("".join(f"  {line}\n" for line in said.splitlines()) + f"  in {_since(began)}")


def hung() -> None:
    """Step 6."""
    screen = run("pgrep", "--euid", SCREEN).split()
    run("pkill", "--signal", "STOP", "--euid", SCREEN, "--full", "^/usr/bin/tmux|dipchip-kiosk ui ")
    began = time.monotonic()
    run("systemctl", "restart", "dipchip-kiosk-ui.service")
    wait_until(lambda: not {*screen} & {*run("pgrep", "--euid", SCREEN, check=False).split()}, "the old screen is gone")
    wait_for_active(["dipchip-kiosk-ui.service"])
    tell(f"  a screen that hung was gone with its {len(screen)} processes, and another there, in {_since(began)}")
    hangs("dipchip-kiosk-ui.service", "dipchip-kiosk ui")
    hangs("dipchip-kiosk-courier.service", "dipchip-kiosk courier")
    hangs("dipchip-fleet-courier.service", "dipchip-fleet courier")
    hangs("dipchip-fleet-web.service", "dipchip-fleet web")


def hangs(unit: str, program: str) -> None:
    """Stop a unit's process where it stands, with less patience than on a kiosk.

    Raises:
        UnmetError: it is started afresh before that, or not after it.
    """
    drop_in = Path("/etc/systemd/system") / f"{unit}.d" / "95-impatient.conf"
    drop_in.parent.mkdir(exist_ok=True)
    drop_in.write_text(f"[Service]\nWatchdogSec={_PATIENCE_S}s\n")
    run("systemctl", "daemon-reload")
    run("systemctl", "restart", unit)
    time.sleep(_PATIENCE_S * 1.25)  # what is well is left alone
    processes = run("pgrep", "--full", f"^/opt/dipchip/.*/python3 .*{program} ").split()
    if shown(unit, "NRestarts") != "0" or len(processes) != 1:
        message = f"{unit} did not go on by itself; its processes: {processes}\n{journal(unit)}"
        raise UnmetError(message)
    began = time.monotonic()
    # tmux lets a program go on that was stopped, so the one before the screen is stopped first.
    for process in (*run("pgrep", "--full", "^/usr/bin/tmux ").split(), *processes):
        os.kill(int(process), signal.SIGSTOP)
    wait_until(lambda: shown(unit, "NRestarts") == "1", f"{unit} is started afresh", _PATIENCE_S * 3)
    wait_for_active([unit])
    tell(f"  {unit} was started afresh {_since(began)} after its process stopped")


def updated() -> None:
    """Step 7.

    Raises:
        UnmetError: a release does not stand that should, or one stands that should not.
    """
    shutil.rmtree("/var/lib/dipchip-releases")
    Path("/var/lib/dipchip-releases").symlink_to(KEEPERS / "releases/repository")
    for n, (act, version, wanted) in enumerate((("publish", "0.2.0", "done"), ("break", "0.3.0", "trial_screen")), 1):
        run(
            *(f"{CURRENT}/python", "-m", "tests.container.release", act, str(KEEPERS), version),
            env={**os.environ, "PYTHONPATH": str(HOUSE)},
        )
        run("chmod", "--recursive", "a+rX", str(KEEPERS / "releases/repository"))
        began = time.monotonic()
        order(n, version)
        wait_until(partial(answered, n, wanted), f"{version}: {wanted}", _TRIAL_S)
        links = [str(Path("/opt/dipchip", link).readlink()) for link in ("current", "proven")]
        if links != ["/opt/dipchip/releases/0.2.0/venv"] * 2:
            message = f"{version}: {links}\n{journal('dipchip-kiosk-update.service')}"
            raise UnmetError(message)
        wait_for_active(STARTED)
        tell(f"  {version}: {wanted}, {_since(began)} after it was ordered")
    unasked = ("runuser", "--user=dipchip-update", "--", "systemctl", "--no-ask-password", "stop", "nginx.service")
    run(*unasked, check=False)  # the rule lets it stop the kiosk's units alone
    wait_for_active(["nginx.service"])


def order(n: int, release: str) -> None:
    """Enter an order as the screen does once it has verified it."""
    with sqlite3.connect(STORE, timeout=10) as store:
        store.execute("INSERT OR IGNORE INTO order_book VALUES (1, 0, 0, NULL)")
        store.execute("INSERT OR REPLACE INTO order_update (one, n, release) VALUES (1, ?, ?)", (n, release))


def answered(n: int, wanted: str) -> bool:
    """Whether the updater says that of the order, and the screen has taken it to sign: the courier may have sent it.

    Raises:
        UnmetError: it says another thing.
    """
    with sqlite3.connect(STORE, timeout=10) as store:
        if store.execute("SELECT count(*) FROM order_update").fetchone()[0]:
            return False
    ending = json.loads(BOOK.read_bytes())["ending"] or {}
    if (ending.get("order"), ending.get("reason") or "done") != (n, wanted):
        message = f"{ending}, not {wanted}\n{journal('dipchip-kiosk-update.service')}"
        raise UnmetError(message)
    return True


def _since(began_s: float) -> str:
    return f"{time.monotonic() - began_s:.0f} s"


STEPS: dict[str, Callable[[], None]] = {
    "The roles are applied": applied,
    "The kiosk claims its name and starts": claimed,
    "A visit is rehearsed": rehearsed,
    "The roles again, and a look": again,
    "Every unit runs in its sandbox": guarded,
    "A citizen enrols": enrolled,
    "A process hangs": hung,
    "A release is installed, and another one taken back": updated,
}


def main() -> int:
    """Run the steps; gives the exit code."""
    for name, step in STEPS.items():
        tell(f"{name} ...")
        try:
            step()
        except UnmetError as error:
            tell(f"FAILED: {name}: {error}")
            return 1
    tell("All is as it must be.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
