# SPDX-License-Identifier: Apache-2.0
"""A bundle is unpacked into its folder and nowhere else, in the size that was signed, with rights that we choose."""

from __future__ import annotations

import gzip
import io
import os
import sys
import tarfile
from typing import TYPE_CHECKING

import pytest

from kiosk.update.errors import ReleaseError
from kiosk.update.unpacking import unpack
from wire.orders import NotUpdated
from wire.releases import Bundle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PROGRAM = b"#!/bin/sh\n"


def entry(name: str, content: bytes = b"", **changes: object) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o755
    for key, value in changes.items():
        setattr(member, key, value)
    return member, content


def folder(name: str) -> tuple[tarfile.TarInfo, bytes]:
    return entry(name, type=tarfile.DIRTYPE)


RELEASE = (folder("venv/bin"), entry("venv/bin/dipchip-kiosk", PROGRAM))


def bundle(size: int = 10_000) -> Bundle:
    return Bundle(1, "0.2.0", "0.1.0", "aarch64-cp311", size)


def packed(path: Path, *entries: tuple[tarfile.TarInfo, bytes]) -> Path:
    with gzip.open(path, "wb") as out, tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member, content in entries:
            archive.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def refused(tmp_path: Path) -> Callable[..., str]:
    def look(*entries: tuple[tarfile.TarInfo, bytes], size: int = 10_000) -> str:
        into = tmp_path / "into"
        into.mkdir()
        with pytest.raises(ReleaseError) as caught:
            unpack(packed(tmp_path / "file", *entries), bundle(size), into)
        assert caught.value.reason is NotUpdated.UNFIT
        assert {path.name for path in tmp_path.iterdir()} == {"file", "into"}
        return str(caught.value)

    return look


def test_a_release_is_unpacked_with_our_rights_and_the_machines_interpreter(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        into = tmp_path / "into"
        into.mkdir()
        member, content = entry("venv/bin/run", b"x", mode=0o6775, uid=0, gid=0, uname="root", mtime=1000)
        text = entry("venv/text", b"hello", mode=0o666)
        link = entry("venv/lib64", type=tarfile.SYMTYPE, linkname="bin")
        unpack(packed(tmp_path / "file", *RELEASE, (member, content), text, link), bundle(), into)
    finally:
        os.umask(before)
    modes = {
        path.name: oct(path.stat().st_mode & 0o7777)
        for path in (into / "venv").rglob("*")
        if path.name in {"bin", "run", "text"}
    }
    assert modes == {"bin": "0o755", "run": "0o755", "text": "0o644"}
    assert (into / "venv/bin/run").stat().st_uid == os.geteuid()
    assert (into / "venv/bin/run").stat().st_mtime == 1000
    assert (into / "venv/bin/python").resolve() == (into / "venv/bin/python3").resolve()
    assert (into / "venv/bin/python3").resolve().samefile(f"{sys.base_prefix}/bin/python3.{sys.version_info.minor}")


@pytest.mark.parametrize(
    "name", ["../out", "/etc/passwd", "venv/../../out", "elsewhere/file", "venv/bin/../../../out", ".", "venv/none/x"]
)
def test_nothing_is_written_beside_the_venv(refused: Callable[..., str], name: str) -> None:
    assert "cannot be unpacked" in refused(*RELEASE, entry(name, b"x"))


@pytest.mark.parametrize("leads_to", ["/etc", "../../..", "bin/../../../x"])
def test_no_link_leads_out(refused: Callable[..., str], leads_to: str) -> None:
    said = refused(*RELEASE, entry("venv/l", type=tarfile.SYMTYPE, linkname=leads_to))
    assert "absolute path" in said or "outside" in said


def test_nothing_is_written_through_a_link(refused: Callable[..., str]) -> None:
    link = entry("venv/l", type=tarfile.SYMTYPE, linkname="bin/dipchip-kiosk")
    assert "comes twice" in refused(*RELEASE, link, entry("venv/l", b"other"))


@pytest.mark.parametrize("kind", [tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_no_device_no_pipe_and_no_second_name_of_a_file(refused: Callable[..., str], kind: bytes) -> None:
    made = entry("venv/x", type=kind, linkname="venv/bin/dipchip-kiosk")
    assert "neither a file nor a folder" in refused(*RELEASE, made)


def test_a_bundle_brings_no_interpreter(refused: Callable[..., str]) -> None:
    assert "the interpreter is the machine's" in refused(*RELEASE, entry("venv/bin/python3", b"x"))


def test_it_has_not_more_than_was_signed(refused: Callable[..., str]) -> None:
    assert "more than was signed" in refused(*RELEASE, entry("venv/large", bytes(5_000)), size=4_000)


def test_a_small_file_that_unpacks_to_a_very_long_header_is_left(tmp_path: Path) -> None:
    header = tarfile.TarInfo("venv/x")
    header.type, header.size = tarfile.XHDTYPE, 2**30
    (tmp_path / "file").write_bytes(gzip.compress(header.tobuf() + bytes(2**20)))
    (tmp_path / "into").mkdir()
    with pytest.raises(ReleaseError, match="more than its entries"):
        unpack(tmp_path / "file", bundle(), tmp_path / "into")


def test_what_is_cut_off_or_no_archive_is_no_release(tmp_path: Path) -> None:
    whole = packed(tmp_path / "file", *RELEASE, entry("venv/large", os.urandom(9_000))).read_bytes()
    for n, content in enumerate((whole[: len(whole) // 2], b"", b"no archive", gzip.compress(b"x" * 600))):
        (tmp_path / "file").write_bytes(content)
        (tmp_path / f"into{n}").mkdir()
        with pytest.raises(ReleaseError) as caught:
            unpack(tmp_path / "file", bundle(), tmp_path / f"into{n}")
        assert caught.value.reason is NotUpdated.UNFIT


def test_what_has_no_program_is_no_release(refused: Callable[..., str]) -> None:
    assert "has no venv/bin/dipchip-kiosk" in refused(folder("venv/bin"))
