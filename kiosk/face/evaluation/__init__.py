# SPDX-License-Identifier: Apache-2.0
"""Calibration and evaluation: an engine's error rates on given pictures, and the record that a policy refers to."""
