# SPDX-License-Identifier: Apache-2.0
"""Complaints in the controller: accepted, entered, seen to."""
