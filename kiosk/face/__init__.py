# SPDX-License-Identifier: Apache-2.0
"""The camera and the face: engines, quality, liveness, comparison."""
