# SPDX-License-Identifier: Apache-2.0
"""What goes wrong while a kiosk fetches something."""

from __future__ import annotations


class FetchError(Exception):
    """A file did not come. The message names the file, the cause and the next step; nothing that was there is gone."""
