# SPDX-License-Identifier: Apache-2.0
"""The channels: mail, a signed webhook, LINE. One file for each outside system; none is on unless it is set up."""
