# SPDX-License-Identifier: Apache-2.0
"""A labelled stand-in for provider.id.th, on loopback: it takes a phone in by a link and lets the person pretend.

It is never the ministry's: each answer says `"sandbox": true`, and the phone's page says TEST MODE. Nobody signs in: a
touch says whether the card's holder or somebody else did. Source: contract.toml beside this file.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import msgspec

from fleet.partners import stand_in
from fleet.partners.provider_id.sandbox_book import Book, UnknownHandOverError
from fleet.partners.provider_id.shapes import HAS_NONE, Progress
from fleet.partners.stand_in import Exchange, RefusedError, StandIn

if TYPE_CHECKING:
    from pathlib import Path

_PAGE = """\
<!doctype html>
<html lang="th"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>TEST MODE</title>
<style>body {{ font: 20px/1.5 sans-serif; margin: 1em; }} strong {{ font-size: 2em; }} button {{ font-size: 1em; }}
p.test {{ background: #ffd400; padding: .5em; }}</style>
<p class="test">โหมดทดสอบ ไม่ใช่ provider.id.th<br>TEST MODE, not provider.id.th</p>
<p>ตรวจว่าตรงกับบนเครื่อง<br>Check that the kiosk shows the same<br><strong>{word_th}</strong><br>{word_en}</p>
{choices}
</html>
"""
_CHOICES = """\
<form method="post" action="/P/{secret}/OWNER"><button>เจ้าของบัตร / The card's holder signs in</button></form>
<form method="post" action="/P/{secret}/ANOTHER"><button>ผู้อื่น / Somebody else signs in</button></form>"""
_SAID = {
    Progress.WAITING: _CHOICES,
    Progress.DONE: "<p>มี Provider ID แล้ว (ทดสอบ)<br>There is a Provider ID now (test)</p>",
    Progress.ANOTHER_PERSON: "<p>บัญชีไม่ตรงกับบัตร<br>This is not the card's holder</p>",
    Progress.EXPIRED: "<p>หมดเวลาแล้ว<br>The time is over</p>",
}


class Sandbox(StandIn):
    """The stand-in over its book."""

    def __init__(self, book: Book, port: int = 0) -> None:
        super().__init__(_Exchange, port)
        self.book = book


class _Exchange(Exchange):
    """One request and its answer."""

    server: Sandbox

    def routed(self) -> dict[str, Any] | str:
        """See `Exchange`."""
        try:
            return self._routed()
        except UnknownHandOverError as error:
            raise RefusedError(404, {"status": 404, "message": "The requested resource was not found"}) from error

    def _routed(self) -> dict[str, Any] | str:
        book, parts = self.server.book, self.path.strip("/").split("/")
        match self.command, parts:
            case "POST", ["v1", "staff", "standing"]:
                if not book.has_provider_id(self.body(_Question).citizen_number):
                    raise RefusedError(400, {"status": 400, "message": HAS_NONE})
                return {"has_provider_id": True}
            case "PUT", ["v1", "hand-overs", ask]:
                wanted = self.body(_Wanted)
                begun = book.begin(ask, wanted.citizen_number, (wanted.word_th, wanted.word_en))
                return {
                    "link": f"{self.server.url}/P/{begun.secret}",
                    "word_th": begun.word_th,
                    "word_en": begun.word_en,
                }
            case "GET", ["v1", "hand-overs", ask]:
                return {"state": book.progress(ask)}
        return self._page(parts)

    def _page(self, parts: list[str]) -> str:
        """What the phone shows; a touch there is a request of its own."""
        book = self.server.book
        match self.command, parts:
            case "GET", ["P", secret]:
                pass
            case "POST", ["P", secret, ("OWNER" | "ANOTHER") as who]:
                book.sign_in(secret, owner=who == "OWNER")
            case _:
                raise RefusedError(404)
        begun = book.begun(secret)
        choices = _SAID[book.progress(begun.ask)].format(secret=secret)
        return _PAGE.format(word_th=escape(begun.word_th), word_en=escape(begun.word_en), choices=choices)


class _Question(msgspec.Struct, frozen=True):
    citizen_number: str


class _Wanted(msgspec.Struct, frozen=True):
    citizen_number: str
    word_th: str
    word_en: str


def serve(store: Path, *, port: int) -> None:
    """Run until told to stop; says where it listens in one JSON line on standard output."""
    book = Book(store, now_ms=stand_in.wall_ms)
    stand_in.serve(Sandbox(book, port))
    book.close()
