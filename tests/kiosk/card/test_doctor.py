# SPDX-License-Identifier: Apache-2.0
"""The technician's commands, as processes, at the real reader service."""

from __future__ import annotations

import json
import os
import re
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from kiosk.card.watcher import CardState
from kiosk.store import card_reads
from kiosk.store.card_reads import CardRead
from kiosk.store.database import Store
from tests.kiosk.agent.process import settings
from tests.kiosk.card.cards import NUMBER, card, portrait
from tests.kiosk.card.conftest import SECOND
from tests.simulators.pcscd import READER_NAME
from tests.simulators.readers import wait_for
from tests.simulators.services import script

if TYPE_CHECKING:
    from pathlib import Path

    from tests.simulators.card import ThaiCard
    from tests.simulators.pcscd import PcscDaemon
    from tests.simulators.vpcd import VpcdCard

pytestmark = pytest.mark.real

MEASURED = re.compile(r'[0-9]+\.[0-9]+|"(?:at|took)_us": ?[0-9]+|"at_ms": ?[0-9]+')
SECRETS = (NUMBER, "ทดสอบ", "Thotsop", "25300515", "1987")


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [script("dipchip-kiosk"), *arguments], env=os.environ, capture_output=True, text=True, check=False, timeout=60
    )


def report(*arguments: str) -> tuple[int, dict[str, Any]]:
    done = command("doctor", "card", "--json", *arguments)
    assert not done.stderr
    return done.returncode, json.loads(done.stdout)


def inserted(slot: VpcdCard, what: ThaiCard) -> None:
    wait_for(CardState.ABSENT)
    slot.insert(what)
    wait_for(CardState.PRESENT)


def secrets_in(text: str) -> list[str]:
    """What was measured may hold any digits."""
    said = MEASURED.sub("", text)
    return [secret for secret in SECRETS if secret in said]


def test_a_good_card_is_reported_with_its_answer_to_reset_its_rate_and_no_errors(slot: VpcdCard) -> None:
    inserted(slot, card(portrait_jpeg=portrait(4843)))
    code, said = report()
    assert (code, said["code"]) == (0, "ok")
    assert said["atr"]["hex"] == "3B79960000" + b"TH NID 17".hex().upper()
    assert (said["atr"]["f"], said["atr"]["d"], said["atr"]["bytes_per_s"]) == (512, 32, 20_833)
    assert (said["measured"]["commands"], said["measured"]["errors"], said["troubles"]) == (45, 0, [])
    assert said["measured"]["ms_per_command"] > 0
    assert said["reader"] == f"{READER_NAME} 00 00"
    assert secrets_in(json.dumps(said, ensure_ascii=False)) == []


def test_absent_card_absent_reader_and_absent_service_have_three_codes_and_three_sentences(pcscd: PcscDaemon) -> None:
    wait_for(CardState.ABSENT)
    found = {"card_absent": command("doctor", "card")}
    for reader in (READER_NAME, SECOND):
        pcscd.detach(reader)
    try:
        found["reader_absent"] = command("doctor", "card")
        assert report()[1]["code"] == "reader_absent"
    finally:
        for reader in (READER_NAME, SECOND):
            pcscd.attach(reader)
    pcscd.stop()
    try:
        found["reader_service_down"] = command("doctor", "card")
        assert report()[1]["code"] == "reader_service_down"
    finally:
        pcscd.start()
    assert [done.returncode for done in found.values()] == [3, 4, 5]
    for code, done in found.items():
        assert code in done.stdout
    assert len({done.stdout.splitlines()[-1] for done in found.values()}) == 3


def test_a_card_that_is_no_national_id_is_trouble_with_its_own_code(slot: VpcdCard) -> None:
    other = card()
    other.knows_application = False
    inserted(slot, other)
    code, said = report()
    assert (code, said["code"]) == (6, "card_not_national_id")
    assert said["troubles"][0]["status"] == "6A82"


def test_a_mended_trouble_is_counted_and_named(slot: VpcdCard) -> None:
    weak = card()
    weak.faults = {5: bytes.fromhex("6581")}
    inserted(slot, weak)
    code, said = report()
    assert (code, said["code"], said["measured"]["errors"]) == (0, "ok", 1)
    assert [trouble["status"] for trouble in said["troubles"]] == ["6581"]


@pytest.mark.parametrize(("language", "word"), [("th", "อ่านบัตรได้ครบ"), ("en", "read to its end")])
def test_the_words_are_in_the_technicians_language(slot: VpcdCard, language: str, word: str) -> None:
    inserted(slot, card())
    done = command("doctor", "card", "--language", language)
    assert word in done.stdout
    assert secrets_in(done.stdout) == []


def test_a_recorded_trace_holds_lengths_status_words_and_times_and_no_data(slot: VpcdCard, tmp_path: Path) -> None:
    inserted(slot, card(portrait_jpeg=portrait(4843)))
    file = tmp_path / "trace.jsonl"
    assert command("card", "record", str(file)).returncode == 0
    head, *exchanges = [json.loads(line) for line in file.read_text().splitlines()]
    assert (head["trace"], head["report"]["code"]) == (1, "ok")
    assert len(exchanges) == 45
    assert set().union(*exchanges) == {"command", "sent", "received", "at_us", "took_us", "status"}
    assert secrets_in(file.read_text()) == []


def test_a_trace_never_overwrites_a_file(tmp_path: Path) -> None:
    file = tmp_path / "trace.jsonl"
    file.write_text("kept")
    done = command("card", "record", str(file))
    assert done.returncode == 2
    assert "new file" in done.stderr
    assert file.read_text() == "kept"


def test_watching_tells_each_event_with_its_code_and_both_sentences(slot: VpcdCard) -> None:
    wait_for(CardState.ABSENT)
    with subprocess.Popen(
        [script("dipchip-kiosk"), "doctor", "card", "--watch", "--language", "en"],
        env=os.environ, stdout=subprocess.PIPE, text=True,
    ) as watching:  # fmt: skip
        assert watching.stdout is not None
        while "reader_attached" not in watching.stdout.readline():
            pass
        slot.insert(card())
        while not (line := watching.stdout.readline()).startswith("card_inserted"):
            assert line
        sentences = [watching.stdout.readline().strip() for _ in range(2)]
        watching.terminate()
    assert line.split(maxsplit=1)[1].strip() == f"{READER_NAME} 00 00"
    assert all(sentences)
    assert sentences[0] != sentences[1]


def test_a_kiosk_s_last_reads_are_reported_newest_first(slot: VpcdCard, tmp_path: Path) -> None:
    settings_file = settings(tmp_path, sections="", first=f'reader = "{READER_NAME}"')
    with closing(Store(tmp_path / "store.db")) as store:
        card_reads.note(store, CardRead(1_790_000_000_000, "ok", 45, 0, 40.5, 3100.0))
        card_reads.note(store, CardRead(1_790_000_100_000, "card_unreadable", 12, 3, 60.0, 900.0))
    inserted(slot, card())
    _, said = report("--config", str(settings_file))
    assert [(read["code"], read["errors"]) for read in said["last_reads"]] == [("card_unreadable", 3), ("ok", 0)]
    words = command("doctor", "card", "--config", str(settings_file), "--language", "en").stdout
    assert "card_unreadable, 12 commands, 60.0 ms each, 3 errors" in words
