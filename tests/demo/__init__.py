# SPDX-License-Identifier: Apache-2.0
"""The demonstration: one made-up province on one machine, to be played or to play itself."""
