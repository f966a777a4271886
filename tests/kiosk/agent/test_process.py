# SPDX-License-Identifier: Apache-2.0
"""The agent as its technician starts it, asked over HTTP, with a card in a real PC/SC reader."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.kiosk.agent.process import READ, TERMINALS, insert, serving, settings, wait_for_card
from tests.kiosk.card.cards import HOLDER, NUMBER
from tests.simulators.card import ThaiCard, flat_file
from tests.simulators.card_applications import Entitlement, entitlement_file, laser_answer
from tests.simulators.pcscd import READER_NAME
from tests.simulators.services import script
from tests.simulators.vpcd import VpcdCard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulators.pcscd import PcscDaemon

pytestmark = pytest.mark.real

HIS = "https://his.example"


def refused(folder: Path, sections: str) -> str:
    """Start an agent that must not start; its one sentence."""
    command = [script("dipchip-kiosk"), "agent", "--config", str(settings(folder, sections))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("agent") / "agent.log"


@pytest.fixture(scope="module")
def agent(pcscd: PcscDaemon, log: Path) -> Iterator[httpx.Client]:
    service = serving(log.parent, pcscd.env, f'origins = ["{HIS}"]\n[card]\nentitlement = true\nlaser_number = true')
    service.start()
    try:
        with httpx.Client(base_url=service.first_line()["agent"], timeout=30, trust_env=False) as client:
            yield client
    finally:
        service.stop()


@pytest.fixture
def slot(pcscd: PcscDaemon, agent: httpx.Client) -> Iterator[VpcdCard]:
    wait_for_card(agent, present=False)
    with VpcdCard(pcscd.vpcd_port) as card:
        yield card


def test_the_reader_is_named_and_empty(agent: httpx.Client, slot: VpcdCard) -> None:  # noqa: ARG001 - it is empty
    terminals = agent.get(TERMINALS).json()
    assert [READER_NAME in each["terminalName"] for each in terminals] == [True] * len(terminals)
    assert {each["isPresent"] for each in terminals} == {False}


def test_without_a_card_the_answer_is_500(agent: httpx.Client, slot: VpcdCard) -> None:  # noqa: ARG001 - it is empty
    answer = agent.get(READ)
    assert (answer.status_code, answer.json()["code"]) == (500, "no_card")


def test_a_card_is_told_and_its_picture_when_asked_for(agent: httpx.Client, slot: VpcdCard) -> None:
    insert(slot, agent, ThaiCard.of(HOLDER))
    plain, pictured = agent.get(READ), agent.get(READ, params={"readImageFlag": True})
    assert (plain.status_code, plain.json()["pid"], plain.json()["titleName"]) == (200, NUMBER, "นาย")
    assert (plain.json()["birthDate"], plain.json()["sex"]) == ("25300515", "1")
    assert "image" not in plain.json()
    assert base64.b64decode(pictured.json()["image"]) == HOLDER.portrait_jpeg
    assert plain.headers["Cache-Control"] == "no-store"
    assert "Server" not in plain.headers


def test_the_further_fields_of_the_chip_are_told_when_they_are_switched_on(agent: httpx.Client, slot: VpcdCard) -> None:
    written = entitlement_file(Entitlement())
    card = ThaiCard(flat_file(HOLDER), entitlement_file=written, laser_answer=laser_answer("XX0123456789"))
    insert(slot, agent, card)
    answer = agent.get(READ).json()
    assert (answer["mainInscl"], answer["transDate"]) == ("(89) สิทธิสมมติ", "2024-02-01T00:00:00")
    assert answer["laserId"] == "XX0123456789"


def test_a_card_without_the_further_fields_is_told_without_them(agent: httpx.Client, slot: VpcdCard) -> None:
    insert(slot, agent, ThaiCard.of(HOLDER))
    answer = agent.get(READ).json()
    assert (answer["pid"], answer["mainInscl"], "laserId" in answer) == (NUMBER, None, False)


def test_a_card_pulled_in_the_middle_is_told_as_removed_and_the_next_one_is_read(
    agent: httpx.Client, slot: VpcdCard
) -> None:
    insert(slot, agent, ThaiCard.of(HOLDER), pull_after=5)
    answer = agent.get(READ)
    assert (answer.status_code, answer.json()["code"]) == (500, "card_removed")
    wait_for_card(agent, present=False)
    insert(slot, agent, ThaiCard.of(replace(HOLDER, citizen_number="1100000000001")))
    assert agent.get(READ).json()["pid"] == "1100000000001"


def test_a_card_that_is_no_national_id_card_is_told_so(agent: httpx.Client, slot: VpcdCard) -> None:
    insert(slot, agent, ThaiCard(flat_file(HOLDER), knows_application=False))
    answer = agent.get(READ)
    assert (answer.status_code, answer.json()["code"]) == (422, "card_not_national_id")


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {"Host": "evil.example"}, 421),
        ("GET", {"Origin": "https://evil.example"}, 403),
        ("GET", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("POST", {}, 405),
        ("OPTIONS", {"Origin": HIS, "Access-Control-Request-Method": "GET"}, 405),
    ],
)
def test_who_may_not_ask_is_refused_before_the_card_is_touched(
    agent: httpx.Client, slot: VpcdCard, method: str, headers: dict[str, str], status: int
) -> None:
    card = ThaiCard.of(HOLDER)
    insert(slot, agent, card)
    answer = agent.request(method, READ, headers=headers)
    assert answer.status_code == status
    assert NUMBER not in answer.text
    assert card.commands == []


def test_a_listed_page_is_answered(agent: httpx.Client, slot: VpcdCard) -> None:
    insert(slot, agent, ThaiCard.of(HOLDER))
    answer = agent.get(READ, headers={"Origin": HIS, "Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, HIS)


def test_a_request_that_is_too_large_is_refused(agent: httpx.Client) -> None:
    assert agent.get(TERMINALS, headers={"X-Padding": "x" * 20_000}).status_code == 431
    assert agent.request("GET", TERMINALS, content=b"x" * 2000).status_code == 413


def test_the_agent_listens_on_the_loopback_and_nowhere_else(agent: httpx.Client) -> None:
    port = f"{agent.base_url.port:04X}"
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    here = {row[1].split(":")[0] for row in rows if row[3] == "0A" and row[1].endswith(f":{port}")}
    assert here <= {"0100007F", "00000000000000000000000001000000"}  # 127.0.0.1 and ::1 in the kernel's order
    assert "0100007F" in here


def test_nobody_who_was_read_is_in_the_log(agent: httpx.Client, slot: VpcdCard, log: Path) -> None:
    insert(slot, agent, ThaiCard.of(HOLDER))
    agent.get(READ, params={"readImageFlag": True, "pid": NUMBER})
    said = log.read_text(encoding="utf-8") + log.with_suffix(".out").read_text(encoding="utf-8")
    assert "card_answered" in said
    assert not any(each in said for each in (NUMBER, *filter(None, (*HOLDER.name_th, *HOLDER.name_en)), "XX0123456789"))


def test_a_crash_of_the_agent_leaves_no_core_file(tmp_path: Path) -> None:
    service = serving(tmp_path, {}).start()
    try:
        service.first_line()
        limits = Path(f"/proc/{service.pid}/limits").read_text()
        assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)
    finally:
        service.stop()


def test_without_a_reader_the_list_is_empty_and_a_reading_is_418(pcscd: PcscDaemon, tmp_path: Path) -> None:
    service = serving(tmp_path, pcscd.env, first='reader = "Another Reader"').start()
    try:
        with httpx.Client(base_url=service.first_line()["agent"], trust_env=False) as client:
            assert client.get(TERMINALS).json() == []
            answer = client.get(READ)
            assert (answer.status_code, answer.json()["code"]) == (418, "reader_absent")
    finally:
        service.stop()


def test_without_the_reader_service_every_question_is_418(tmp_path: Path) -> None:
    service = serving(tmp_path, {"PCSCLITE_CSOCK_NAME": str(tmp_path / "none.comm")}).start()
    try:
        with httpx.Client(base_url=service.first_line()["agent"], trust_env=False) as client:
            for address in (TERMINALS, READ):
                answer = client.get(address)
                assert (answer.status_code, answer.json()["code"]) == (418, "reader_service_down")
    finally:
        service.stop()


def test_an_agent_that_is_not_switched_on_does_not_start(tmp_path: Path) -> None:
    assert "agent.enabled = false" in refused(tmp_path, "")


def test_an_agent_without_its_web_server_says_what_to_install(tmp_path: Path) -> None:
    file = settings(tmp_path, "[agent]\nenabled = true")
    program = f"import sys; sys.modules['flask'] = None; sys.argv = ['dipchip-kiosk', 'agent', '--config', '{file}']"
    command = [sys.executable, "-c", f"{program}; from kiosk.entrypoints.cli import main; main()"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (
        2,
        "dipchip-kiosk: agent: flask is not installed. Install dipchip[kiosk,agent].\n",
    )


def test_a_port_in_use_is_told_with_a_remedy(tmp_path: Path, agent: httpx.Client) -> None:
    said = refused(tmp_path, f"[agent]\nenabled = true\nport = {agent.base_url.port}")
    assert "Free it or set agent.port." in said


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('host = "0.0.0.0"', "agent.host"),
        ("port = 65536", "agent.port"),
        ('origins = ["*"]', "agent.origins.0"),
        ('origins = ["https://his.example/"]', "agent.origins.0"),
        ('origins = ["null"]', "agent.origins.0"),
    ],
)
def test_settings_that_would_open_the_agent_to_others_are_refused(tmp_path: Path, line: str, key: str) -> None:
    assert f"{key} = " in refused(tmp_path, f"[agent]\nenabled = true\n{line}")
