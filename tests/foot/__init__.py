# SPDX-License-Identifier: Apache-2.0
"""The screens in the terminal of a kiosk: foot under cage, touched by an emulated panel."""
