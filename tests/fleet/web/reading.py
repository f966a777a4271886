# SPDX-License-Identifier: Apache-2.0
"""A page as a reader sees it."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask.testing import FlaskClient


def text(client: FlaskClient, address: str) -> str:
    """Give a page without its tags, with single spaces."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())
