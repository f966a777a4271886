# SPDX-License-Identifier: Apache-2.0
"""Alerts: what is amiss becomes one alarm, is told once to whom it concerns, and ends when it is over."""
