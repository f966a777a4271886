# SPDX-License-Identifier: Apache-2.0
"""Broker in, one transaction, receipt out."""
