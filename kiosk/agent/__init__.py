# SPDX-License-Identifier: Apache-2.0
"""The loopback service that answers the two questions hospital software already asks a card reader program."""
