# SPDX-License-Identifier: Apache-2.0
"""Leads a technician on the kiosk's own screen from a bare machine to a kiosk that can be handed over."""
