# SPDX-License-Identifier: Apache-2.0
"""Makes the image's root: Debian's, the release's slot, the kernel, our files, and the Ansible roles over it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from provisioning.image.building import ENTER, HERE, HOUSE, Workshop, inside, removed, run
from provisioning.image.debian import bootstrap
from provisioning.image.slot import LOCK, RELEASES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provisioning.bundles import Slot
    from provisioning.image.declaration import Flavour

ROLES = HOUSE / "ansible" / "roles"
_EMPTY = ("var/cache/apt", "var/lib/apt/lists", "var/cache/ldconfig", "var/log", "tmp", "run", "var/tmp")
# The one part of Ansible that is not `ansible.builtin`: it applies roles to a folder. Fetched when an image is built.
ANSIBLE = "ansible==12.3.0"
ANSIBLE_SHA256 = "cd156f82fa87f7a899212b0efa9f7ca3a24d609212de9f78428a572eb01e5414"
_CONNECTION = "ansible_collections/community/general/plugins/connection/chroot.py"


def prepare(workshop: Workshop, slot: Slot, flavour: Flavour, kernels: Sequence[Path]) -> str:
    """A fresh root with everything but the roles; gives the kernel's release, as `uname -r` says it.

    Raises:
        FolderError: a program fails.
    """
    told, root = workshop.told, workshop.root
    installed = told.installed(ROLES)
    workshop.once("bare", f"{told.suite} {installed}", lambda: bootstrap(workshop, workshop.bare, installed))
    removed(root)
    run("cp", "-a", workshop.bare, root)
    home = root / RELEASES.relative_to("/")
    home.mkdir(parents=True)
    run("cp", "-a", slot.folder, home)
    for package in kernels:
        run("dpkg-deb", "--extract", package, root)
    (release,) = [path.name for path in (root / "usr/lib/modules").iterdir()]
    run("depmod", "--basedir", root, release)
    run("cp", "-a", "--no-preserve=ownership", f"{HERE / 'files'}/.", root)
    _write(root / "etc/initramfs-tools/modules", "".join(f"{name}\n" for name in flavour.modules))
    data = told.data
    words = {
        "MODULES": "list",
        "RESUME": "none",
        "DATA_LABEL": data.label,
        "DATA_OVERLAID": " ".join(data.overlaid),
        "DATA_WHOLE": " ".join(data.whole),
    }
    _write(root / "etc/initramfs-tools/conf.d/dipchip", "".join(f'{key}="{value}"\n' for key, value in words.items()))
    _write(root / "etc/fstab", f"LABEL={data.label} /data ext4 noatime,x-initrd.mount,x-systemd.growfs 0 0\n")
    (root / "data").mkdir()
    return release


def apply(workshop: Workshop, wheel: Path, options: Sequence[str]) -> str:
    """Apply the roles of a kiosk to the root; gives Ansible's last line.

    Raises:
        FolderError: a task fails.
    """
    workshop.once("ansible", ANSIBLE_SHA256, lambda: _fetch_connection(workshop))
    also = {
        "ansible_host": workshop.root,
        "release_wheel": wheel.resolve(),
        "release_requirements": LOCK,
    }
    said = run(
        *(ENTER, workshop.root, Path(sys.executable).parent / "ansible-playbook"),
        *("--inventory", HERE / "inventory.yml", HOUSE / "ansible/site.yml", "--limit", "image"),
        *(word for key, value in also.items() for word in ("--extra-vars", f"{key}={value}")),
        *(word for option in options for word in ("--extra-vars", option)),
        env={
            "ANSIBLE_CONFIG": str(HOUSE / "ansible/ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(workshop.place / "ansible"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_PIPELINING": "1",
            "MAKER": str(workshop.maker),
            "LC_ALL": "C.UTF-8",
        },
    )
    (workshop.place / "ansible.log").write_text(said)
    return said.splitlines()[-2]


def finish(workshop: Workshop, release: str) -> None:
    """Enable what the system needs, make the initramfs, and take away what belongs to no machine.

    Raises:
        FolderError: a program fails.
    """
    root = workshop.root
    run("systemctl", "--quiet", f"--root={root}", "enable", *workshop.told.services)
    run("systemctl", "--quiet", f"--root={root}", "mask", *workshop.told.masked)
    inside(root, "mkinitramfs", "-o", "/boot/initrd.img", release)
    for name in _EMPTY:
        for path in (root / name).iterdir():
            if path.name != "journal":
                removed(path)
    for name in ("etc/hostname", "etc/resolv.conf", "var/lib/dbus/machine-id", "etc/machine-id"):
        (root / name).unlink(missing_ok=True)
    _write(root / "etc/hostname", "dipchip-kiosk\n")
    _write(root / "etc/machine-id", "")  # each machine gets its own, at its first start
    (root / "etc/resolv.conf").symlink_to("/run/systemd/resolve/stub-resolv.conf")
    _write(root / "usr/lib/clock-epoch", "")  # no clock stands before the day on which the image was made
    (root / "var/log/journal").mkdir(mode=0o2755, exist_ok=True)


def _fetch_connection(workshop: Workshop) -> None:
    kept = workshop.place / "ansible"
    removed(kept)
    kept.mkdir()
    wanted = kept / "requirements.txt"
    wanted.write_text(f"{ANSIBLE} --hash=sha256:{ANSIBLE_SHA256}\n")
    pip = (sys.executable, "-W", "ignore", "-m", "pip", "--disable-pip-version-check")
    run(*pip, "download", "--quiet", "--no-deps", "--require-hashes", "--dest", kept, "-r", wanted)
    (wheel,) = kept.glob("*.whl")
    run("unzip", "-q", wheel, _CONNECTION, "-d", kept)
    wheel.unlink()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
