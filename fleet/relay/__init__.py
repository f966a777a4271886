# SPDX-License-Identifier: Apache-2.0
"""The only process that can open a sealed identity."""
