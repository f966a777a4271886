# SPDX-License-Identifier: Apache-2.0
"""What a kiosk fetches for itself: by digest, within bounds, and never anything about a person."""
