# SPDX-License-Identifier: Apache-2.0
"""The kiosk: what a patient sees, and the courier that carries the record away."""
