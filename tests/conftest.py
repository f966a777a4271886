# SPDX-License-Identifier: Apache-2.0
"""What holds for every test: none is timed, for the machines are shared."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
