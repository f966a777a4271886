# SPDX-License-Identifier: Apache-2.0
"""The roots that Debian gives: one for the image's processor, one for this machine's; and the kernel's packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioning.image.building import inside, removed, run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from provisioning.image.building import Workshop

_LEFT_OUT = ("/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/man/*")
_KEPT = "/usr/share/doc/*/copyright"


def bootstrap(workshop: Workshop, root: Path, packages: Sequence[str], *, foreign: bool = False) -> None:
    """Make a root with these packages; a foreign one is this machine's own, which knows the image's packages too.

    Raises:
        FolderError: mmdebstrap fails.
    """
    told = workshop.told
    architectures = f"{_native()},{told.architecture}" if foreign else told.architecture
    removed(root)
    run(
        *("mmdebstrap", "--quiet", "--variant=apt", f"--arch={architectures}", f"--include={','.join(packages)}"),
        *(f"--dpkgopt=path-exclude={path}" for path in _LEFT_OUT),
        *(f"--dpkgopt=path-include={_KEPT}", "--skip=cleanup/apt/lists", told.suite, str(root), *_mirror()),
    )


def kernel(workshop: Workshop, name: str) -> list[Path]:
    """Fetch the newest kernel of Debian that a package stands for.

    Raises:
        FolderError: there is none.
    """
    maker, kept = workshop.maker, workshop.maker / "srv/kernel"
    asked = f"{name}:{workshop.told.architecture}"
    told = inside(maker, "apt-cache", "show", "--no-all-versions", asked)
    (line,) = [line for line in told.splitlines() if line.startswith("Depends: linux-image-")]
    package = line.split()[1].rstrip(",")
    kept.mkdir(exist_ok=True)
    found = [*kept.glob(f"{package}_*.deb")]
    if not found:
        command = (
            f"cd /srv/kernel && apt-get -o APT::Sandbox::User=root -qq download {package}:{workshop.told.architecture}"
        )
        inside(maker, "sh", "-c", command)
        found = [*kept.glob(f"{package}_*.deb")]
    return found


def _native() -> str:
    return run("dpkg", "--print-architecture").strip()


def _mirror() -> list[str]:
    """Where this machine's apt gets Debian; mmdebstrap knows where to look when that is nowhere."""
    wanted = ("Created-By: Packages", "Origin: Debian", "Component: main")
    return run("apt-get", "indextargets", "--format", "$(REPO_URI)", *wanted).split()[:1]
