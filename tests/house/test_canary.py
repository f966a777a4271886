# SPDX-License-Identifier: Apache-2.0
"""The canary scanner finds a planted citizen in every disguise, and nothing where nobody is."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import sqlite3
import struct
import urllib.parse
import zipfile
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.simulators.canary import Canary, CanaryError
from tests.simulators.disguises import HASHES
from tests.simulators.patient import CITIZENS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CITIZEN = CITIZENS[0]
NUMBER = CITIZEN.holder().citizen_number
PORTRAIT = CITIZEN.holder().portrait_jpeg
CANARY = Canary.of(CITIZEN)
THAI, ENGLISH = "ทดสอบ4101", "Test4101"
THAI_NUMBER = "".join(chr(0x0E50 + int(digit)) for digit in NUMBER)


def printed(number: str, mark: str = "-") -> str:
    return f"{number[:1]}{mark}{number[1:5]}{mark}{number[5:10]}{mark}{number[10:12]}{mark}{number[12:]}"


def based(encode: Callable[[bytes], bytes], before: int, value: bytes) -> bytes:
    return encode(b"{,:"[:before] + value + b"}")


def noise(size: int, seed: str = "") -> bytes:
    return hashlib.shake_256(seed.encode()).digest(size)


SPELLINGS = {
    "number": NUMBER,
    "number printed": printed(NUMBER),
    "number spaced": printed(NUMBER, " "),
    "number reversed": "".join(reversed(NUMBER)),
    "number in Thai digits": THAI_NUMBER,
    "number printed in Thai digits": printed(THAI_NUMBER),
    "name 0": THAI,
    "name 1": ENGLISH,
    "name 1 upper": "TEST4101",
    "name 1 lower": "test4101",
}
# Whole encodings of a value in its surroundings, by other code than the scanner's.
WRITTEN: dict[str, Callable[[bytes], bytes]] = {
    "hex": lambda value: b'"' + value.hex().encode() + b'"',
    "HEX": lambda value: b"X'" + base64.b16encode(value) + b"'",
    **{f"base64 after {n}": partial(based, base64.b64encode, n) for n in range(3)},
    **{f"base64url after {n}": partial(based, base64.urlsafe_b64encode, n) for n in range(3)},
}
ESCAPED: dict[str, Callable[[str], str]] = {
    "url": lambda text: urllib.parse.urlencode({"q": text}, quote_via=urllib.parse.quote),
    "url lower": lambda text: "".join(f"%{byte:02x}" if byte > 0x7F else chr(byte) for byte in text.encode()),
    "url whole": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "json": lambda text: json.dumps({"said": text}),
    "JSON": lambda text: "".join(f"\\u{ord(letter):04X}" if letter > "\x7f" else letter for letter in text),
    "json whole": lambda text: "".join(f"\\u00{ord(c):x}" if c < "\x7f" else f"\\u{ord(c):04x}" for c in text),
    "html": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    "html hex": lambda text: "".join(hex(ord(letter)).replace("0x", "&#x") + ";" for letter in text),
}
BINARY: dict[str, bytes] = {
    "bcd": bytes(int(f"0{NUMBER}"[n : n + 2], 16) for n in range(0, 14, 2)),
    "bcd left": bytes(int(f"{NUMBER}0"[n : n + 2], 16) for n in range(0, 14, 2)),
    "bcd filled": bytes(int(f"{NUMBER}f"[n : n + 2], 16) for n in range(0, 14, 2)),
    "integer be": struct.pack(">q", int(NUMBER)),
    "integer le": struct.pack("<q", int(NUMBER)),
}
HASHED: dict[str, Callable[[bytes], bytes]] = {
    "raw": bytes,
    "hex": lambda digest: digest.hex().encode(),
    "HEX": base64.b16encode,
    "base64": base64.b64encode,
    "base64url": base64.urlsafe_b64encode,
}


def planted(disguise: str) -> bytes:
    """The value that a disguise is named after, written in that form with something around it."""
    what, _, form = disguise.partition(".")
    if what.startswith("portrait"):
        return PORTRAIT if form == "raw" else WRITTEN[form](window(int(what.split()[1])))
    if form in BINARY:
        return BINARY[form]
    if form.split()[0] in HASHES:
        algorithm, how = form.split()
        return HASHED[how](hashlib.new(algorithm, NUMBER.encode()).digest())
    if form in ESCAPED:
        return ESCAPED[form](SPELLINGS[what]).encode()
    encoding, _, how = form.partition(" ")
    value = SPELLINGS[what].encode(encoding)
    return WRITTEN[how](value) if how else value


def window(n: int) -> bytes:
    """The piece of the portrait that the scanner looks for, taken from the picture itself."""
    raw = CANARY.needles[f"portrait {n}.raw"]
    start = PORTRAIT.index(raw)
    return PORTRAIT[start : start + 24]


def disguises(data: bytes) -> set[str]:
    return {finding.disguise for finding in CANARY.scan_bytes(data)}


@pytest.mark.parametrize("disguise", CANARY.needles)
def test_a_citizen_is_found_in_this_disguise(disguise: str) -> None:
    around = noise(512, disguise)
    assert disguise in disguises(around + planted(disguise) + around)


def test_there_are_a_hundred_disguises_of_a_number_and_each_name_has_its_own() -> None:
    kinds = [name.split(".")[0].split()[0] for name in CANARY.needles]
    assert kinds.count("number") >= 100
    assert kinds.count("name") >= 50
    assert kinds.count("portrait") >= 18


def test_a_finding_says_where_and_not_what() -> None:
    (finding,) = CANARY.scan_bytes(b"12345678" + ENGLISH.encode())
    assert (finding.disguise, finding.offset) == ("name 1.utf-8", 8)
    shown = repr(finding) + repr(CANARY)
    assert not any(value in shown for value in SPELLINGS.values())


def test_a_text_with_entities_that_a_browser_reads_is_the_same_text() -> None:
    assert html.unescape(ESCAPED["html"](THAI)) == html.unescape(ESCAPED["html hex"](THAI)) == THAI


def test_a_citizen_is_found_in_a_log_that_was_rotated(tmp_path: Path) -> None:
    log = tmp_path / "kiosk.log.1.gz"
    log.write_bytes(gzip.compress(f"read card of {NUMBER}\n".encode() * 2000))
    found = CANARY.scan_tree(tmp_path)
    assert {(finding.path, finding.inside) for finding in found} == {(log, "gzip@0 ")}


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_a_citizen_is_found_in_a_workbook(tmp_path: Path, method: int) -> None:
    with zipfile.ZipFile(tmp_path / "export.xlsx", "w", method) as workbook:
        workbook.writestr("[Content_Types].xml", "<Types/>" * 40)
        workbook.writestr("xl/sharedStrings.xml", f"<sst><si><t>{THAI}</t></si></sst>" * 40)
    assert {finding.disguise for finding in CANARY.scan_tree(tmp_path)} >= {"name 0.utf-8"}


def test_a_citizen_is_found_in_a_zip_in_a_gzip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", NUMBER * 30)
    assert "number.utf-8" in disguises(gzip.compress((tmp_path / "a.zip").read_bytes()))


def test_a_stream_cut_in_the_middle_is_read_as_far_as_it_goes() -> None:
    whole = gzip.compress(NUMBER.encode() + noise(200_000))
    assert "number.utf-8" in disguises(whole[: len(whole) // 2])


def test_a_citizen_is_found_in_the_name_of_a_file(tmp_path: Path) -> None:
    (tmp_path / f"{NUMBER}.txt").touch()
    assert [finding.inside for finding in CANARY.scan_tree(tmp_path)] == ["name"]


def test_what_is_skipped_is_not_read(tmp_path: Path) -> None:
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(NUMBER)
    assert {finding.path for finding in CANARY.scan_tree(tmp_path, [tmp_path / "out"])} == {tmp_path / "in" / "file"}


@pytest.fixture
def filed(tmp_path: Path) -> Callable[[str], Path]:
    """A database in which a citizen was written, with `secure_delete` as told."""

    def file(secure_delete: str) -> Path:
        path = tmp_path / "store.db"
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute(f"PRAGMA secure_delete={secure_delete}")
        connection.execute("CREATE TABLE person (number TEXT, again INTEGER, name TEXT)")
        connection.executemany(
            "INSERT INTO person VALUES (?, ?, ?)", [("0" * 200, 0, "")] * 40 + [(NUMBER, int(NUMBER), THAI)] * 40
        )
        connection.close()
        return path

    return file


def erase(path: Path, secure_delete: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA secure_delete={secure_delete}")
    connection.execute("DELETE FROM person")
    connection.close()


def test_a_citizen_is_found_in_a_database_as_text_and_as_a_number(filed: Callable[[str], Path]) -> None:
    found = disguises(filed("OFF").read_bytes())
    assert found >= {"number.utf-8", "number.integer be", "name 0.utf-8"}


def test_a_row_that_was_erased_the_usual_way_is_found_in_the_free_pages(filed: Callable[[str], Path]) -> None:
    path = filed("OFF")
    erase(path, "OFF")
    assert disguises(path.read_bytes()) >= {"number.utf-8", "name 0.utf-8"}


def test_a_row_that_was_erased_securely_is_gone(filed: Callable[[str], Path]) -> None:
    path = filed("ON")
    erase(path, "ON")
    assert CANARY.scan_bytes(path.read_bytes()) == []


def test_nobody_is_found_in_noise() -> None:
    assert CANARY.scan_bytes(noise(16 * 2**20)) == []


def test_another_citizen_is_not_taken_for_this_one() -> None:
    other = CITIZENS[1].holder()
    data = other.citizen_number.encode() + other.name_th[1].encode() + "สมมติ Madeup".encode() + other.portrait_jpeg
    assert CANARY.scan_bytes(data) == []


def test_the_scanner_proves_itself() -> None:
    Canary.of(CITIZEN).prove()


def test_a_scanner_that_looks_for_nothing_does_not_pass_its_own_proof() -> None:
    broken = Canary.of(CITIZEN)
    broken.needles.clear()
    with pytest.raises(CanaryError, match="planted and not found: number plain"):
        broken.prove()


@pytest.mark.parametrize("kind", ["number", "name 0", "name 1", "portrait"])
def test_a_scanner_that_forgot_one_value_does_not_pass_its_own_proof(kind: str) -> None:
    broken = Canary.of(CITIZEN)
    broken.needles = {name: needle for name, needle in broken.needles.items() if not name.startswith(kind)}
    with pytest.raises(CanaryError, match=kind):
        broken.prove()


def test_a_scanner_that_finds_people_everywhere_does_not_pass_its_own_proof() -> None:
    broken = Canary.of(CITIZEN)
    broken.needles["number.everywhere"] = hashlib.shake_256(b"noise").digest(8)
    with pytest.raises(CanaryError, match="found in noise"):
        broken.prove()
