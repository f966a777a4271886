# SPDX-License-Identifier: Apache-2.0
"""What can be done by whoever may: each deed once, for the page's form and for the API, with the words of a refusal."""
