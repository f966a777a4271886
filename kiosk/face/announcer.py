# SPDX-License-Identifier: Apache-2.0
"""Tells the observer prompts, previews and meters, no more often than a person can read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.face.features import mirror, resize, rgb_bytes
from kiosk.face.meters import Steady

if TYPE_CHECKING:
    from kiosk.enrollment.measures import Meters
    from kiosk.enrollment.ports import FaceObserver
    from kiosk.enrollment.states import Prompt
    from kiosk.face.policy import FacePolicy
    from kiosk.face.shapes import Frame


class Announcer:
    """Speaks for one attempt."""

    def __init__(self, observer: FaceObserver, policy: FacePolicy) -> None:
        self._observer = observer
        self._policy = policy
        self._prompt: Prompt | None = None
        self._prompted_s = float("-inf")
        self._wanted: Prompt | None = None
        self._wanted_s = 0.0
        self._previewed_s = float("-inf")
        self._steady = Steady()

    def hint(self, prompt: Prompt | None, now_s: float) -> None:
        """Say it once it has been wanted for a while, unless something else was said a moment ago."""
        if prompt is not self._wanted:
            self._wanted, self._wanted_s = prompt, now_s
        if prompt is None or now_s - self._wanted_s < self._policy.hint_after_s:
            return
        if now_s - self._prompted_s >= self._policy.prompt_every_s:
            self._say(prompt, now_s)

    def ask(self, prompt: Prompt, now_s: float) -> None:
        """Say it at once, when it is new: the challenge does not wait."""
        self._wanted = None
        self._say(prompt, now_s)

    def _say(self, prompt: Prompt, now_s: float) -> None:
        if prompt is not self._prompt:
            self._prompt, self._prompted_s = prompt, now_s
            self._observer.prompted(prompt)

    def measure(self, meters: Meters, now_s: float) -> None:
        """Show where the person is, as it was in the middle of the last moment."""
        steady = self._steady.see(meters, now_s)
        if steady is not None:
            self._observer.measured(steady)

    def preview(self, frame: Frame) -> None:
        """Show the frame small and mirrored, unless one was shown just now."""
        if frame.taken_s - self._previewed_s < self._policy.preview_every_s:
            return
        self._previewed_s = frame.taken_s
        width, height = self._policy.preview_width, self._policy.preview_height
        self._observer.previewed(width, height, rgb_bytes(mirror(resize(frame.picture, width, height))))
