# SPDX-License-Identifier: Apache-2.0
"""Thai and English on a terminal: what the kiosk's screens and commissioning's write with, and nothing of either."""
