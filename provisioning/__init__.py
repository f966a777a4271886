# SPDX-License-Identifier: Apache-2.0
"""What technicians and release engineers run."""
