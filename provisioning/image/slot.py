# SPDX-License-Identifier: Apache-2.0
"""Makes the release's slot for the image's processor, on this machine's: what the role `release` makes, where it runs.

Python has no emulator in it here: a root of this machine's own processor has the image's Python, and is told
(`_PYTHON_HOST_PLATFORM`) to install for the other. What has no wheel is compiled there from its hashed source.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from provisioning.bundles import Slot
from provisioning.image.building import HOUSE, Workshop, inside, removed, run
from provisioning.image.debian import bootstrap
from provisioning.image.declaration import parts

if TYPE_CHECKING:
    from collections.abc import Sequence

LOCK = HOUSE / "requirements.release.lock"
RELEASES = Path("/opt/dipchip/releases")
_PIP = (sys.executable, "-W", "ignore", "-m", "pip", "--disable-pip-version-check")


def version(wheel: Path) -> str:
    """Of the release: dipchip-0.1.0-py3-none-any.whl -> 0.1.0."""
    return wheel.name.split("-")[1]


def made(workshop: Workshop, wheel: Path) -> Slot:
    """The slot of a wheel, in the maker's root at the path that kiosks have it.

    Raises:
        FolderError: a program fails.
        RefusedError: what came out is no slot.
    """
    told, maker = workshop.told, workshop.maker
    lock = LOCK.read_text()
    workshop.once("maker", f"{told.suite} {told.maker}", lambda: bootstrap(workshop, maker, told.maker, foreign=True))
    chosen = f"{lock} {told.suite} {told.machine} {told.glibc} {told.without_wheel}"
    workshop.once("wheels", chosen, lambda: _fetch(workshop, lock))
    home = RELEASES / version(wheel)
    recipe = f"{chosen} {wheel.name} {wheel.stat().st_mtime_ns}"
    workshop.once("slot", recipe, lambda: _install(workshop, wheel, home))
    return Slot.read(maker / home.relative_to("/"), told.machine, RELEASES)


def _fetch(workshop: Workshop, lock: str) -> None:
    """Every wheel by its hash, and the sources of what has none, compiled."""
    told, wheels = workshop.told, workshop.maker / "srv/wheels"
    removed(wheels)
    wheels.mkdir(parents=True)
    with_wheel, from_source = (workshop.place / name for name in ("wheels.lock", "sources.lock"))
    for path, text in zip((with_wheel, from_source), parts(lock, told.without_wheel), strict=True):
        path.write_text(text)
    abi = _abi(workshop.maker)
    fetch = (*_PIP, "download", "--quiet", "--no-deps", "--require-hashes", "--dest", wheels)
    run(*fetch, "--only-binary=:all:", *_platforms(told.glibc, told.machine, abi), "-r", with_wheel)
    run(*fetch, "--no-binary=:all:", "--no-build-isolation", "-r", from_source)
    for source in sorted(wheels.glob("*.tar.gz")):
        inside(
            workshop.maker,
            *("pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--use-pep517"),
            *("--wheel-dir", "/srv/wheels", f"/srv/wheels/{source.name}"),
            **_foreign(told.machine),
            _PYTHON_SYSCONFIGDATA_NAME=f"_sysconfigdata__{told.machine}-linux-gnu",
        )
        source.unlink()


def _install(workshop: Workshop, wheel: Path, home: Path) -> None:
    """A virtual environment with everything in it, compiled; only its interpreter is this machine's, by its path."""
    maker = workshop.maker
    removed(maker / RELEASES.relative_to("/"))
    shutil.copy(wheel, maker / "srv" / wheel.name)
    inside(maker, "mkdir", "-p", str(home))
    inside(maker, "python3", "-m", "venv", f"{home}/venv")
    names = [f"/srv/wheels/{path.name}" for path in sorted((maker / "srv/wheels").glob("*.whl"))]
    pip = (f"{home}/venv/bin/pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps", "--no-index")
    inside(maker, *pip, *names, f"/srv/{wheel.name}", **_foreign(workshop.told.machine))


def _abi(maker: Path) -> str:
    return inside(maker, "python3", "-c", "import sys; print('cp%d%d' % sys.version_info[:2])").strip()


def _platforms(glibc: Sequence[str], machine: str, abi: str) -> list[str]:
    """What pip is told of the machine that it fetches for."""
    words = ["--python-version", f"{abi[2]}.{abi[3:]}", "--implementation", "cp"]
    words += [word for each in (abi, "abi3", "none") for word in ("--abi", each)]
    names = [*(f"manylinux_{each}_{machine}" for each in glibc), f"manylinux2014_{machine}"]
    return words + [word for name in names for word in ("--platform", name)]


def _foreign(machine: str) -> dict[str, str]:
    return {"_PYTHON_HOST_PLATFORM": f"linux-{machine}"}
