# SPDX-License-Identifier: Apache-2.0
"""The door: an enrollment becomes a sealed identity and a signed event in one transaction."""
