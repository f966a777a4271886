# SPDX-License-Identifier: Apache-2.0
"""What stands before the kiosk's camera: a link to a clip, put elsewhere in one step while the camera runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulators.people import Act, PersonId, clip_in, empty_room

if TYPE_CHECKING:
    from pathlib import Path


class Scene:
    """The place before the camera; `camera` is the file that the kiosk is told to look at."""

    def __init__(self, directory: Path, clips: Path) -> None:
        """Begin with nobody there. `clips` keeps what was once made."""
        directory.mkdir(parents=True, exist_ok=True)
        clips.mkdir(parents=True, exist_ok=True)
        self.camera = directory / "camera.avi"
        self._clips = clips
        self._room = clips / "nobody.avi"
        if not self._room.exists():
            empty_room(self._room)
        self._acting: tuple[PersonId, Act] | None = None
        self.leave()

    def prepare(self, person: PersonId) -> None:
        """Make the clips of all that a kiosk without a face mesh may ask for: nobody can wait for them before it."""
        for act in (Act.FRONT, Act.LEFT, Act.RIGHT, Act.UP, Act.CLOSER):
            clip_in(self._clips, person, act)

    def act(self, person: PersonId, act: Act) -> None:
        """Let this person do this from now on."""
        if self._acting != (person, act):
            self._acting = (person, act)
            self._show(clip_in(self._clips, person, act))

    def leave(self) -> None:
        """Let nobody be there."""
        self._acting = None
        self._show(self._room)

    def _show(self, clip: Path) -> None:
        link = self.camera.with_suffix(".next")
        link.unlink(missing_ok=True)
        link.symlink_to(clip.resolve())
        link.replace(self.camera)
