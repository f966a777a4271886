# SPDX-License-Identifier: Apache-2.0
"""Releases for the container: people with keys and an empty repository before it boots, a release of theirs inside.

python -m tests.container.release keepers FOLDER            before: the first root is what the kiosk is given
python -m tests.container.release publish FOLDER VERSION    inside, as the release's own Python: all of what runs
                                                            there, under another version
python -m tests.container.release break FOLDER VERSION      the same, whose screen ends as soon as it begins
"""

from __future__ import annotations

import platform
import shutil
import sys
from pathlib import Path

from tests.simulators.release_keepers import ReleaseKeepers

HOME = Path("/opt/dipchip/releases")
_ENDS = "raise SystemExit(1)\n"


def built(folder: Path, version: str, *, ends: bool) -> Path:
    """A copy of what runs, which says that it is another version."""
    runs = (HOME.parent / "current").resolve().parent
    slot = folder / "built" / version
    shutil.rmtree(slot.parent, ignore_errors=True)
    shutil.copytree(runs, slot, symlinks=True, ignore=shutil.ignore_patterns("*.whl", "*.lock", "bundle.sha256"))
    (site,) = slot.glob("venv/lib/python3.*/site-packages")
    (told,) = site.glob("dipchip-*.dist-info")
    described = told.rename(site / f"dipchip-{version}.dist-info") / "METADATA"
    described.write_text(described.read_text().replace(f"\nVersion: {runs.name}\n", f"\nVersion: {version}\n", 1))
    for program in (slot / "venv/bin").iterdir():
        if program.is_file() and not program.is_symlink():
            content = program.read_bytes()
            program.write_bytes(content.replace(f"{runs}/".encode(), f"{HOME / version}/".encode()))
    if ends:
        (site / "kiosk/entrypoints/ui.py").write_text(_ENDS)
        for compiled in (site / "kiosk/entrypoints/__pycache__").glob("ui.*"):
            compiled.unlink()
    return slot


def main(act: str, folder: Path, version: str = "") -> None:
    """See above."""
    if act == "keepers":
        ReleaseKeepers(folder, HOME)
        return
    keepers = ReleaseKeepers.at(folder, HOME)
    keepers.machine = platform.machine()
    keepers.add_slot(built(folder, version, ends=act == "break"))
    keepers.publish()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
