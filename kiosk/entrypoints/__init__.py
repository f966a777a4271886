# SPDX-License-Identifier: Apache-2.0
"""Each process of the kiosk, built by hand and run."""
