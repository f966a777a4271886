# SPDX-License-Identifier: Apache-2.0
"""The KPI engine: pure functions over integers, and the counters they read."""
