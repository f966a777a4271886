# SPDX-License-Identifier: Apache-2.0
"""The contract that kiosk, fleet and provisioning meet on: no transport, no framework, no side."""
