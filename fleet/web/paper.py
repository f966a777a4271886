# SPDX-License-Identifier: Apache-2.0
"""A page of the console as a PDF: the same words and figures on A4, for a meeting or a file.

It fetches nothing, from this machine or another: style sheet and drawings are handed over. Pango draws the Thai.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from flask import render_template, request

from fleet.web.supplies import now_ms

_STYLE = Path(__file__).parent / "static" / "paper.css"
WAIT_S = 2.0  # for a paper that somebody else has made: each keeps a processor busy for a second or two
ONE_AT_A_TIME = threading.Lock()


class PrinterBusyError(Exception):
    """Papers are made one at a time, so that the pages stay quick; this one has to be asked for again."""


class NoPrinterError(Exception):
    """The libraries that lay out and draw a PDF are not on this machine."""


def on_paper(template: str, **told: Any) -> bytes:  # noqa: ANN401 - whatever the page's template is given
    """Lay out a page's template as PDF.

    Raises:
        PrinterBusyError: others' papers are being made.
        NoPrinterError: Pango is not installed.
    """
    written = render_template(template, layout="paper.html", on_paper=True, made_ms=now_ms(), **told)
    if not ONE_AT_A_TIME.acquire(timeout=WAIT_S):
        raise PrinterBusyError
    try:
        return drawn(written)
    finally:
        ONE_AT_A_TIME.release()


def drawn(written: str) -> bytes:
    """Lay out HTML on A4; links lead to the console that it came from."""
    try:
        import weasyprint  # noqa: PLC0415 - a second and Pango: a console that prints nothing needs neither
        from weasyprint.urls import URLFetcher  # noqa: PLC0415
    except OSError as error:  # cffi finds no library
        raise NoPrinterError from error
    nothing = URLFetcher(allowed_protocols=())
    page = weasyprint.HTML(string=written, base_url=request.url_root, url_fetcher=nothing)
    style = weasyprint.CSS(string=_STYLE.read_text(encoding="utf-8"))
    document: bytes = page.write_pdf(stylesheets=[style], pdf_variant="pdf/ua-1")
    return document
