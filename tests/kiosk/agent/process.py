# SPDX-License-Identifier: Apache-2.0
"""The agent as a process, and what a test asks of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulators.services import Service, script, wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import httpx

    from tests.simulators.card import ThaiCard
    from tests.simulators.vpcd import VpcdCard

TERMINALS = "api/smartcard/terminals"
READ = "api/smartcard/read-card-only"

SETTINGS = """
kiosk = "k-udon-01"
facility = "10670"
province = "41"
shard = "00"
profile = "test"
store = "store.db"
trust = "trust.json"
event_key = "event.jwk"
courier_key = "courier.jwk"
log_level = "debug"
{first}
[broker]
host = "localhost"
ca = "ca.pem"
certificate = "kiosk.crt"
key = "kiosk.key"
{sections}
"""


def settings(folder: Path, sections: str, first: str = "") -> Path:
    file = folder / "kiosk.toml"
    file.write_text(SETTINGS.format(first=first, sections=sections), encoding="utf-8")
    return file


def serving(folder: Path, env: Mapping[str, str], agent: str = "", first: str = "") -> Service:
    """Prepare an agent on a free port."""
    file = settings(folder, f"[agent]\nenabled = true\nport = 0\n{agent}", first)
    return Service([script("dipchip-kiosk"), "agent", "--config", str(file)], log=folder / "agent.log", env=env)


def wait_for_card(agent: httpx.Client, *, present: bool) -> None:
    """Ask as hospital software does, until the reader says so."""
    wait_until(lambda: any(each["isPresent"] for each in agent.get(TERMINALS).json()) is present, f"card: {present}")


def insert(slot: VpcdCard, agent: httpx.Client, card: ThaiCard, *, pull_after: int | None = None) -> None:
    slot.insert(card, pull_after=pull_after)
    wait_for_card(agent, present=True)
