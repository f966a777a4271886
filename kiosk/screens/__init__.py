# SPDX-License-Identifier: Apache-2.0
"""What the person sees: one file per moment, rendering one state and emitting one intent."""
