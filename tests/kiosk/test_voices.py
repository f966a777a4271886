# SPDX-License-Identifier: Apache-2.0
"""espeak-ng speaks Thai and English, what is said stands in no process list, and without sound the technician knows."""

from __future__ import annotations

import os
import stat
import subprocess
import time
import wave
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from kiosk.entrypoints.voices import EspeakSpeech
from kiosk.screens.wording import load_wordings

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = "Qzxw Vjkp"  # as a name would be
WORDINGS = load_wordings()


def until(true: Callable[[], object], seconds: float = 10.0) -> bool:
    """Wait for another process or thread."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], str]:
    """A stand-in for espeak-ng: a shell script."""

    def made(script: str) -> str:
        path = tmp_path / "speaker"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)

    return made


@pytest.mark.real
@pytest.mark.parametrize("language", ["th", "en"])
def test_the_real_program_makes_sound_of_every_language_we_ship(tmp_path: Path, language: str) -> None:
    text = WORDINGS[language].phrase("notice.body").private
    sound = tmp_path / "said.wav"
    command = ["espeak-ng", "-v", language, "-b", "1", "--stdin", "-w", str(sound)]
    subprocess.run(command, input=text.encode(), check=True, timeout=30)
    with wave.open(str(sound)) as said:
        frames = said.readframes(said.getnframes())
        seconds = said.getnframes() / said.getframerate()
    assert seconds > 3
    assert max(frames) > 0
    assert len(set(frames)) > 50


@pytest.mark.real
def test_thai_is_read_as_thai_and_not_letter_by_letter() -> None:
    command = ["espeak-ng", "-v", "th", "-b", "1", "--stdin", "-q", "-x"]
    phonemes = subprocess.run(command, input="บัตรประชาชน".encode(), capture_output=True, check=True, timeout=30).stdout
    assert 0 < len(phonemes) < 80
    assert b"(en)" not in phonemes


@pytest.mark.real
def test_a_machine_without_a_sound_card_is_told_to_the_technician_once_and_to_nobody_else() -> None:
    if Path("/dev/snd").exists():
        pytest.skip("this machine has sound")
    speech = EspeakSpeech()
    with capture_logs() as logged:
        for _ in range(2):
            speech.say(WORDS, "en", volume=3, headphones=True)
            assert until(lambda: speech._speaking is not None and speech._speaking.poll() is not None)  # noqa: SLF001
        assert until(lambda: logged)
    assert [(entry["event"], entry["code"]) for entry in logged] == [("speech_silent", "speech_failed")]
    assert WORDS not in repr(logged)


def test_the_words_go_in_by_standard_input_and_stand_in_no_process_list(
    tmp_path: Path, program: Callable[[str], str]
) -> None:
    speech = EspeakSpeech(program=program(f'echo "$@" > {tmp_path}/argv; cat > {tmp_path}/stdin; sleep 30'))
    speech.say(f"สวัสดี {WORDS}", "th", volume=5, headphones=True)
    assert until(lambda: (tmp_path / "stdin").exists() and (tmp_path / "stdin").read_text())
    assert (tmp_path / "argv").read_text() == "-v th -b 1 -s 150 -a 200 --stdin\n"
    assert (tmp_path / "stdin").read_text() == f"สวัสดี {WORDS}"
    listed = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if os.access(path, os.R_OK)]
    assert not any(b"Vjkp" in line for line in listed)
    speech.stop()


def test_a_new_prompt_ends_the_one_before(tmp_path: Path, program: Callable[[str], str]) -> None:
    speech = EspeakSpeech(program=program(f"echo $$ >> {tmp_path}/pids; exec sleep 60"))
    pids = tmp_path / "pids"
    speech.say("one", "en", volume=3, headphones=False)
    assert until(lambda: pids.exists() and pids.read_text())
    speech.say("two", "en", volume=3, headphones=False)
    assert until(lambda: len(pids.read_text().split()) == 2)
    first, second = pids.read_text().split()
    assert until(lambda: not Path(f"/proc/{first}").exists())
    assert Path(f"/proc/{second}").exists()
    speech.stop()
    assert until(lambda: not Path(f"/proc/{second}").exists())


@pytest.mark.parametrize(("headphones", "device"), [(False, "-d speaker"), (True, "-d jack")])
def test_headphones_take_the_sound_from_the_loudspeaker(
    tmp_path: Path,
    program: Callable[[str], str],
    headphones: bool,  # noqa: FBT001 - a case
    device: str,
) -> None:
    speech = EspeakSpeech("speaker", "jack", program(f'echo "$@" > {tmp_path}/argv; cat >/dev/null'))
    speech.say("one", "en", volume=1, headphones=headphones)
    assert until(lambda: (tmp_path / "argv").exists() and (tmp_path / "argv").read_text())
    assert (tmp_path / "argv").read_text() == f"-v en -b 1 -s 150 -a 25 {device} --stdin\n"


def test_without_the_program_the_technician_is_told_once_what_to_install() -> None:
    speech = EspeakSpeech(program="/nowhere/espeak-ng")
    with capture_logs() as logged:
        speech.say(WORDS, "th", volume=3, headphones=True)
        speech.say(WORDS, "th", volume=3, headphones=True)
        speech.stop()
    assert [(entry["event"], entry["code"]) for entry in logged] == [("speech_silent", "speech_absent")]
    assert "apt-get install espeak-ng" in logged[0]["technician"]
    assert WORDS not in repr(logged)


@pytest.mark.parametrize("script", ["cat >/dev/null; exit 1", "exit 3", "cat >/dev/null; echo 'error: none' >&2"])
def test_a_program_that_fails_is_told_once_and_its_words_are_not_quoted(
    program: Callable[[str], str], script: str
) -> None:
    speech = EspeakSpeech(program=program(script))
    with capture_logs() as logged:
        speech.say(WORDS, "th", volume=3, headphones=True)
        assert until(lambda: logged)
    assert logged[0]["code"] == "speech_failed"
    assert "none" not in repr(logged)
    assert WORDS not in repr(logged)


def test_what_was_interrupted_is_no_failure(tmp_path: Path, program: Callable[[str], str]) -> None:
    speech = EspeakSpeech(program=program(f"echo $$ > {tmp_path}/pid; exec sleep 60"))
    with capture_logs() as logged:
        speech.say("one", "en", volume=3, headphones=False)
        assert until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
        speech.stop()
        pid = (tmp_path / "pid").read_text().strip()
        assert until(lambda: not Path(f"/proc/{pid}").exists())
    assert logged == []


def test_a_language_of_a_pack_that_is_no_language_tag_is_not_handed_on(
    tmp_path: Path, program: Callable[[str], str]
) -> None:
    speech = EspeakSpeech(program=program(f'echo "$@" > {tmp_path}/argv; cat >/dev/null'))
    speech.say("one", "-w /etc/x", volume=3, headphones=False)
    assert until(lambda: (tmp_path / "argv").exists() and (tmp_path / "argv").read_text())
    assert (tmp_path / "argv").read_text() == "-b 1 -s 150 -a 100 --stdin\n"
