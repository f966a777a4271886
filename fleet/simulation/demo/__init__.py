# SPDX-License-Identifier: Apache-2.0
"""A country that does not exist, written straight into an empty database: for demonstrations and measurements.

Everything is drawn from a seed, each thing by its own name: the same plan makes the same rows, in whatever order.
"""
