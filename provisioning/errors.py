# SPDX-License-Identifier: Apache-2.0
"""What goes wrong while provisioning, for a technician's eyes: the fact, then the remedy."""

from __future__ import annotations


class ProvisioningError(Exception):
    """Base of provisioning's own errors. The message ends with what to do and never quotes a key."""


class FolderError(ProvisioningError):
    """A folder or a file in it is missing, unreadable or not what this release made; names the path."""


class RefusedError(ProvisioningError):
    """What was asked for is not allowed; names the option, the value seen and the values allowed."""
