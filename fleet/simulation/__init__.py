# SPDX-License-Identifier: Apache-2.0
"""Kiosks that do not exist but speak, sign and chain like those that do: for trials, training and measurements."""
