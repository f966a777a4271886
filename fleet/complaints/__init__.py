# SPDX-License-Identifier: Apache-2.0
"""Complaints: what people said is not right, who sees to it, until when, and what was answered."""
