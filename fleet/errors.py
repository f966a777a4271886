# SPDX-License-Identifier: Apache-2.0
"""What goes wrong in the controller for a technician's eyes: the fact, then the remedy."""

from __future__ import annotations


class FleetError(Exception):
    """Base of the controller's own errors. The message ends with what to do."""


class ConfigError(FleetError):
    """A setting is missing or wrong; names the file, the key, the value seen and the values allowed."""


class ImportRefusedError(FleetError):
    """A file was not imported; names the row, the column and what was expected. Nothing of it was stored."""
