# SPDX-License-Identifier: Apache-2.0
"""Accepting events once, and the road of a person to an active Health ID."""
