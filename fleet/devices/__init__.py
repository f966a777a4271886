# SPDX-License-Identifier: Apache-2.0
"""Kiosks: who they are and how they do."""
