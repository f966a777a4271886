# SPDX-License-Identifier: Apache-2.0
"""Outside systems, each with a contract, a client and a labelled sandbox."""
