# SPDX-License-Identifier: Apache-2.0
"""A file comes whole and right or not at all, whatever the server does; what was there before stays until then."""

from __future__ import annotations

import hashlib
import itertools
import ssl
import stat
from typing import TYPE_CHECKING

import pytest

from kiosk.update.errors import FetchError
from kiosk.update.fetch import Limits, Wanted, copy, fetch
from tests.simulators.https_server import HttpsServer, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CONTENT = hashlib.shake_256(b"a model").digest(300_000)
WANTED = Wanted("model.onnx", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))
HALF = len(CONTENT) // 2
PART = ".model.onnx.part"


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpsServer]:
    with HttpsServer(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


def _fails(server: HttpsServer, url: str, folder: Path, limits: Limits | None = None) -> str:
    with pytest.raises(FetchError) as caught:
        fetch(WANTED, url, folder, context=server.context, limits=limits or Limits())
    said = str(caught.value)
    assert said.startswith("model.onnx: ")
    assert said.endswith(".")
    return said


def _saying(status: int, content: bytes, **headers: str) -> Callable[[Request], None]:
    def answer(request: Request) -> None:
        request.begin(status, **{"Content_Length": str(len(content))} | headers)
        request.send(content)

    return answer


def test_a_file_comes_into_a_folder_that_was_not_there_and_nothing_else_does(server: HttpsServer, folder: Path) -> None:
    fetch(WANTED, server.file("/model.onnx", CONTENT), folder, context=server.context)
    assert [path.name for path in folder.iterdir()] == ["model.onnx"]
    assert (folder / "model.onnx").read_bytes() == CONTENT
    assert stat.S_IMODE((folder / "model.onnx").stat().st_mode) == 0o644


def test_a_connection_that_breaks_is_told_and_the_next_run_goes_on_from_there(
    server: HttpsServer, folder: Path
) -> None:
    broken = server.on("/model.onnx", _saying(200, CONTENT[:HALF], Content_Length=str(len(CONTENT))))
    assert "goes on where it stopped" in _fails(server, broken, folder)
    assert not (folder / "model.onnx").exists()
    assert (folder / PART).read_bytes() == CONTENT[:HALF]
    fetch(WANTED, server.file("/model.onnx", CONTENT), folder, context=server.context)
    assert server.asked[-1] == ("/model.onnx", f"bytes={HALF}-")
    assert (folder / "model.onnx").read_bytes() == CONTENT
    assert not (folder / PART).exists()


def test_a_server_that_knows_no_ranges_begins_again(server: HttpsServer, folder: Path) -> None:
    folder.mkdir()
    (folder / PART).write_bytes(CONTENT[:HALF])
    fetch(WANTED, server.on("/model.onnx", _saying(200, CONTENT)), folder, context=server.context)
    assert (folder / "model.onnx").read_bytes() == CONTENT


def test_a_file_that_came_whole_before_the_power_went_takes_its_name_without_being_asked_for(
    server: HttpsServer, folder: Path
) -> None:
    folder.mkdir()
    (folder / PART).write_bytes(CONTENT)
    fetch(WANTED, server.url("/none"), folder, context=server.context)
    assert server.asked == []
    assert (folder / "model.onnx").read_bytes() == CONTENT


@pytest.mark.parametrize("left", [b"x" * HALF, b"x" * len(CONTENT), b"x" * (len(CONTENT) + 1)])
def test_wrong_bytes_that_an_earlier_run_left_spoil_one_run_at_most(
    server: HttpsServer, folder: Path, left: bytes
) -> None:
    folder.mkdir()
    (folder / PART).write_bytes(left)
    url = server.file("/model.onnx", CONTENT)
    if len(left) <= len(CONTENT):
        assert "SHA-256 differs" in _fails(server, url, folder)
    fetch(WANTED, url, folder, context=server.context)
    assert (folder / "model.onnx").read_bytes() == CONTENT


WRONG = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
BAD_ANSWERS: dict[str, tuple[Callable[[Request], None], str]] = {
    "one wrong bit": (_saying(200, WRONG), "SHA-256 differs"),
    "too short": (_saying(200, CONTENT[:-1]), "announces 299999 bytes where 300000"),
    "too long": (_saying(200, CONTENT + b"x"), "announces 300001 bytes where 300000"),
    "announced without end": (_saying(200, CONTENT, Content_Length=str(10**15)), "announces 1000000000000000"),
    "not there": (_saying(404, b"<html>no</html>"), "answers 404"),
    "a page instead": (_saying(200, b"<html>Log in to the hospital's network</html>"), "announces 45"),
    "another part": (
        _saying(206, CONTENT[7:], Content_Range=f"bytes 7-{len(CONTENT) - 1}/{len(CONTENT)}"),
        "another part",
    ),
    "a part of another file": (_saying(206, CONTENT, Content_Range="bytes 0-299999/300001"), "another part"),
    "no HTTP": (lambda request: request.send(b"SMTP ready\r\n"), "does not answer as it should"),
    "nothing": (lambda _: None, "does not answer as it should"),
    "led on to nowhere": (_saying(302, b"", Location=""), "more than 5 times"),
    "led on in the clear": (_saying(302, b"", Location="http://localhost/model.onnx"), "only https"),
    "led on with a password": (_saying(302, b"", Location="https://user:secret@localhost/"), "only https"),
    "led on to a file": (_saying(302, b"", Location="file:///etc/passwd"), "only https"),
    "led on to no address": (_saying(302, b"", Location="https://[::1"), "leads on to no address"),
}


@pytest.mark.parametrize(("answer", "said"), BAD_ANSWERS.values(), ids=BAD_ANSWERS)
def test_a_bad_answer_leaves_what_was_there(
    server: HttpsServer, folder: Path, answer: Callable[[Request], None], said: str
) -> None:
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"what was there")
    told = _fails(server, server.on("/model.onnx", answer), folder)
    assert said in told
    assert "secret" not in told
    assert [path.name for path in folder.iterdir()] == ["model.onnx"]
    assert (folder / "model.onnx").read_bytes() == b"what was there"


def test_a_body_without_an_announced_length_is_read_no_further_than_the_file_is_long(
    server: HttpsServer, folder: Path
) -> None:
    def endless(request: Request) -> None:
        request.begin(200, Connection="close")
        while True:
            request.send(CONTENT)

    fetch(WANTED, server.on("/model.onnx", endless), folder, context=server.context)
    assert (folder / "model.onnx").read_bytes() == CONTENT


def test_a_publisher_may_lead_on_a_few_times(server: HttpsServer, folder: Path) -> None:
    server.file("/there/model.onnx", CONTENT)
    for n in range(5):
        onwards = server.url("/there/model.onnx") if n == 0 else f"/{n - 1}?signed=abc"
        server.on(f"/{n}", _saying(302, b"", Location=onwards))
    fetch(WANTED, server.url("/4"), folder, context=server.context)
    assert (folder / "model.onnx").read_bytes() == CONTENT
    server.on("/5", _saying(302, b"", Location="/4"))
    (folder / "model.onnx").unlink()
    assert "more than 5 times" in _fails(server, server.url("/5"), folder)


def test_a_server_that_falls_silent_is_not_waited_for(server: HttpsServer, folder: Path) -> None:
    def silent(request: Request) -> None:
        request.begin(200, Content_Length=str(len(CONTENT)))
        request.send(CONTENT[:HALF])
        request.wait_until_gone()

    url = server.on("/model.onnx", silent)
    assert "does not answer as it should" in _fails(server, url, folder, Limits(silence_s=0.2))
    assert (folder / PART).read_bytes() == CONTENT[:HALF]


def test_a_server_that_drips_is_given_up_and_what_came_is_kept(server: HttpsServer, folder: Path) -> None:
    minutes = itertools.count(0, 60)  # a clock on which each look is a minute later than the last
    with pytest.raises(FetchError, match="too slow"):
        fetch(
            WANTED,
            server.file("/model.onnx", CONTENT),
            folder,
            context=server.context,
            clock=lambda: float(next(minutes)),
        )
    assert 0 < (folder / PART).stat().st_size < len(CONTENT)


def test_a_server_with_another_authority_s_certificate_is_not_believed(server: HttpsServer, folder: Path) -> None:
    with pytest.raises(FetchError, match="does not answer as it should"):
        fetch(WANTED, server.file("/model.onnx", CONTENT), folder, context=ssl.create_default_context())
    assert server.asked == []


def test_a_certificate_for_another_name_is_not_believed(server: HttpsServer, folder: Path) -> None:
    url = server.file("/model.onnx", CONTENT).replace("localhost", "127.0.0.1")
    assert "does not answer as it should" in _fails(server, url, folder)


@pytest.mark.parametrize("url", ["http://localhost/m", "ftp://localhost/m", "https://", "https://user@localhost/m"])
def test_other_addresses_are_not_asked(server: HttpsServer, folder: Path, url: str) -> None:
    assert "only https" in _fails(server, url, folder)


def test_a_folder_that_cannot_be_written_is_named(server: HttpsServer, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be written" in _fails(server, server.file("/m", CONTENT), tmp_path / "file")


def test_a_link_in_the_part_s_place_is_not_followed(server: HttpsServer, folder: Path, tmp_path: Path) -> None:
    folder.mkdir()
    (tmp_path / "elsewhere").write_bytes(b"precious")
    (folder / PART).symlink_to(tmp_path / "elsewhere")
    assert "cannot be written" in _fails(server, server.file("/m", CONTENT), folder)
    assert (tmp_path / "elsewhere").read_bytes() == b"precious"


def test_a_copy_from_a_folder_is_checked_like_a_download(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "stick.onnx"
    source.write_bytes(CONTENT)
    copy(WANTED, source, folder)
    assert (folder / "model.onnx").read_bytes() == CONTENT
    for wrong in (WRONG, CONTENT[:-1], CONTENT + b"x", b""):
        source.write_bytes(wrong)
        with pytest.raises(FetchError, match="SHA-256 differs"):
            copy(WANTED, source, folder)
    assert [path.read_bytes() for path in folder.iterdir()] == [CONTENT]


def test_a_copy_of_what_is_not_there_names_it(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"none\.onnx cannot be read"):
        copy(WANTED, tmp_path / "none.onnx", folder)
