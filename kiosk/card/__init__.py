# SPDX-License-Identifier: Apache-2.0
"""The national ID card: APDUs, its flat file, the reader and its events."""
