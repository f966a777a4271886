# SPDX-License-Identifier: Apache-2.0
"""What a server or a thief of the online keys tries on a kiosk that asks for a release: what TUF and Uptane name.

The repository is a real one, given out by a real HTTPS server or on a stick. After each attack the kiosk is offered
nothing, and what it believed before still stands.
"""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, Timestamp

from kiosk.update.errors import FetchError, ReleaseError
from kiosk.update.fetch import Limits
from kiosk.update.offers import Asker, Offer, offered
from kiosk.update.sources import FolderSource, HttpsSource
from tests.simulators.https_server import HttpsServer, Request
from tests.simulators.release_keepers import CHANNEL, HOLDERS, PLATFORM, ReleaseKeepers
from wire.orders import NotUpdated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provisioning.releases import Places

TIMESTAMP = "/metadata/timestamp.json"


NEVER = datetime.fromtimestamp(0, UTC)


def asker(root: bytes, state: Path, platform: str = PLATFORM, not_before: datetime = NEVER) -> Asker:
    return Asker(root, state, CHANNEL, platform, not_before)


class Road:
    """Keepers, a server that gives out what they publish, and a kiosk that asks it."""

    def __init__(self, place: Path, server: HttpsServer) -> None:
        self.keepers = ReleaseKeepers(place / "keepers", place / "home")
        self.server, self.place = server, place
        self.root = self.keepers.first_root
        self.limits = Limits()

    def serve(self) -> dict[str, bytes]:
        """Give out what is published now."""
        files = dict(self.keepers.files())
        for path, content in files.items():
            self.server.file(path, content)
        return files

    def offer(self) -> Offer | None:
        source = HttpsSource(self.server.url(), self.server.context, self.limits)
        return offered(source, asker(self.root, self.place / "state"))

    def version(self) -> str:
        offer = self.offer()
        assert offer is not None
        return offer.bundle.version

    def refused(self) -> tuple[NotUpdated, str]:
        with pytest.raises(ReleaseError) as caught:
            self.offer()
        return caught.value.reason, str(caught.value)

    def bring(self, offer: Offer) -> Path:
        source = HttpsSource(self.server.url(), self.server.context, self.limits)
        source.bring(offer.file, offer.path, self.place)
        return self.place / offer.file.name


@pytest.fixture
def road(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    with HttpsServer(tmp_path_factory.mktemp("server")) as server:
        made = Road(tmp_path, server)
        made.keepers.release("0.2.0")
        made.serve()
        yield made


def thief_says_newest(places: Places, channel_version: int) -> None:
    """Whoever has the machine with the online keys says which version of the channel is the newest."""
    signers = {
        role: CryptoSigner(cast("Ed25519PrivateKey", load_pem_private_key(places.online(role).read_bytes(), None)))
        for role in ("snapshot", "timestamp")
    }
    newest = places.published("snapshot")
    assert newest is not None
    newest.signed.version += 1
    newest.signed.meta[f"{CHANNEL}.json"].version = channel_version
    newest.sign(signers["snapshot"])
    (places.metadata / f"{newest.signed.version}.snapshot.json").write_bytes(newest.to_bytes())
    path = places.metadata / "timestamp.json"
    timestamp = Metadata[Timestamp].from_bytes(path.read_bytes())
    timestamp.signed.version += 1
    timestamp.signed.snapshot_meta.version = newest.signed.version
    timestamp.sign(signers["timestamp"])
    path.write_bytes(timestamp.to_bytes())


def test_a_release_comes_whole_over_https_and_from_a_stick(road: Road) -> None:
    offer = road.offer()
    assert offer is not None
    over_https = road.bring(offer).read_bytes()
    stick = FolderSource(road.keepers.repository)
    from_stick = offered(stick, asker(road.root, road.place / "other-state"))
    assert from_stick == offer
    (road.place / "other").mkdir()
    stick.bring(offer.file, offer.path, road.place / "other")
    assert (road.place / "other" / offer.file.name).read_bytes() == over_https


def test_asking_again_costs_two_small_files(road: Road) -> None:
    assert road.version() == "0.2.0"
    road.server.asked.clear()
    assert road.version() == "0.2.0"
    assert [path for path, _ in road.server.asked] == ["/metadata/2.root.json", TIMESTAMP]


def test_a_kind_of_machine_that_has_no_release_is_offered_nothing(road: Road) -> None:
    source = FolderSource(road.keepers.repository)
    assert offered(source, asker(road.root, road.place / "state", "riscv64-cp311")) is None


# Arbitrary software


def test_arbitrary_software_other_bytes_under_a_releases_name_are_not_taken(road: Road) -> None:
    offer = road.offer()
    assert offer is not None
    whole = dict(road.keepers.files())[f"/{offer.path}"]
    road.server.file(f"/{offer.path}", bytes([whole[0] ^ 1]) + whole[1:])
    with pytest.raises(FetchError, match="not the published bytes"):
        road.bring(offer)
    assert not (road.place / offer.file.name).exists()


def test_arbitrary_software_a_release_that_the_online_keys_alone_have_signed_is_not_believed(road: Road) -> None:
    assert road.version() == "0.2.0"
    keepers = road.keepers
    keepers.make_key("thief")
    keepers.add("6.6.6", key="thief")
    (keepers.places.metadata / "2.stable.json").write_bytes(keepers.places.draft(CHANNEL).read_bytes())
    thief_says_newest(keepers.places, 2)
    road.serve()
    refusal, said = road.refused()
    assert (refusal, "stable was signed by 0/1 keys" in said) == (NotUpdated.NOT_BELIEVED, True)


def test_arbitrary_software_one_channels_engineer_signs_nothing_for_another(road: Road) -> None:
    keepers = road.keepers
    keepers.make_key("pilots-engineer")
    keepers.draft(channels={"pilot": "pilots-engineer"})
    keepers.sign(*HOLDERS[:2])
    keepers.publish()
    road.serve()
    assert road.version() == "0.2.0"
    signed = Metadata[Any].from_bytes(dict(keepers.files())["/metadata/2.targets.json"])
    roles = signed.signed.delegations.roles
    assert [
        roles["pilot"].is_delegated_path(path) for path in (f"pilot/{PLATFORM}.tar.gz", f"stable/{PLATFORM}.tar.gz")
    ] == [True, False]


# Wrong key


@pytest.mark.parametrize("role", ["timestamp", "2.snapshot", "1.targets", "1.stable"])
def test_wrong_key_what_a_stranger_has_signed_is_not_believed(road: Road, role: str) -> None:
    path = f"/metadata/{role}.json"
    content = dict(road.keepers.files())[path]
    made = Metadata[Any].from_bytes(content)
    made.signatures.clear()
    made.sign(CryptoSigner(Ed25519PrivateKey.generate()))
    road.server.file(path, made.to_bytes())
    assert road.refused()[0] is NotUpdated.NOT_BELIEVED


def test_wrong_key_a_root_that_one_holder_and_a_stranger_signed_is_not_followed(road: Road) -> None:
    keepers = road.keepers
    keepers.draft()
    keepers.sign("somsri")
    drafted = Metadata[Any].from_file(str(keepers.places.draft("root")))
    drafted.sign(CryptoSigner(Ed25519PrivateKey.generate()), append=True)
    road.server.file("/metadata/2.root.json", drafted.to_bytes())
    refusal, said = road.refused()
    assert (refusal, "root was signed by 1/2 keys" in said) == (NotUpdated.NOT_BELIEVED, True)


# Rollback


def test_rollback_what_was_published_earlier_is_not_believed_again(road: Road) -> None:
    before = road.serve()
    road.keepers.release("0.3.0")
    road.serve()
    assert road.version() == "0.3.0"
    for path, content in before.items():
        road.server.file(path, content)
    refusal, said = road.refused()
    assert (refusal, "version" in said) == (NotUpdated.NOT_BELIEVED, True)


def test_rollback_a_thief_of_the_online_keys_cannot_offer_an_older_release(road: Road) -> None:
    road.keepers.release("0.3.0")
    road.serve()
    assert road.version() == "0.3.0"
    thief_says_newest(road.keepers.places, 1)
    road.serve()
    refusal, said = road.refused()
    assert (refusal, "stable" in said) == (NotUpdated.NOT_BELIEVED, True)


# Freeze


def test_freeze_what_was_newest_a_week_ago_is_over(tmp_path: Path) -> None:
    then = datetime.now(UTC).replace(microsecond=0) - timedelta(days=8)
    keepers = ReleaseKeepers(tmp_path / "keepers", tmp_path / "home", then)
    keepers.release("0.2.0")
    with pytest.raises(ReleaseError, match="keeps newer releases back") as caught:
        offered(FolderSource(keepers.repository), asker(keepers.first_root, tmp_path / "state"))
    assert caught.value.reason is NotUpdated.NOT_BELIEVED
    keepers.now = datetime.now(UTC).replace(microsecond=0)
    keepers.publish()
    offer = offered(FolderSource(keepers.repository), asker(keepers.first_root, tmp_path / "state"))
    assert offer is not None


def test_freeze_a_clock_that_was_set_back_revives_nothing(tmp_path: Path) -> None:
    keepers = ReleaseKeepers(tmp_path / "keepers", tmp_path / "home")
    keepers.release("0.2.0")
    stick, seen = FolderSource(keepers.repository), datetime.now(UTC) + timedelta(days=8)
    assert offered(stick, asker(keepers.first_root, tmp_path / "state")) is not None
    with pytest.raises(ReleaseError, match="keeps newer releases back"):  # the clock is right, and was ahead before
        offered(stick, asker(keepers.first_root, tmp_path / "state", not_before=seen))


# Mix and match


def test_mix_and_match_an_old_channel_beside_a_new_snapshot_is_not_believed(road: Road) -> None:
    before = road.serve()
    road.keepers.release("0.3.0")
    road.serve()
    road.server.file("/metadata/2.stable.json", before["/metadata/1.stable.json"])
    refusal, said = road.refused()
    assert (refusal, "Expected stable" in said) == (NotUpdated.NOT_BELIEVED, True)


def test_mix_and_match_an_old_snapshot_beside_a_new_timestamp_is_not_believed(road: Road) -> None:
    before = road.serve()
    road.keepers.release("0.3.0")
    road.serve()
    newest = json.loads(dict(road.keepers.files())[TIMESTAMP])["signed"]["meta"]["snapshot.json"]["version"]
    road.server.file(f"/metadata/{newest}.snapshot.json", before[f"/metadata/{newest - 1}.snapshot.json"])
    assert road.refused()[0] is NotUpdated.NOT_BELIEVED


# Endless data


@pytest.mark.parametrize(
    "path", ["/metadata/2.root.json", TIMESTAMP, "/metadata/2.snapshot.json", "/metadata/1.stable.json"]
)
def test_endless_data_of_a_file_that_never_ends_little_is_read(road: Road, path: str) -> None:
    sent = itertools.count()

    def endless(request: Request) -> None:
        request.begin(200)
        while next(sent) < 10_000:  # hundreds of megabytes, if somebody read them
            request.send(b" " * 64 * 1024)

    road.server.on(path, endless)
    refusal, said = road.refused()
    assert (refusal, "exceeding" in said) == (NotUpdated.UNREACHABLE, True)
    assert next(sent) < 1000


def test_endless_data_no_byte_beyond_a_releases_size_is_read(road: Road) -> None:
    offer = road.offer()
    assert offer is not None
    whole = dict(road.keepers.files())[f"/{offer.path}"]

    def endless(request: Request) -> None:
        request.begin(200)
        request.send(whole)
        request.wait_until_gone()

    road.server.on(f"/{offer.path}", endless)
    assert road.bring(offer).stat().st_size == len(whole)


# Slow retrieval


@pytest.mark.parametrize("path", [TIMESTAMP, "the release"])
def test_slow_retrieval_a_server_that_drips_is_left(road: Road, path: str) -> None:
    offer = road.offer()
    assert offer is not None
    whole = dict(road.keepers.files())

    def drip(request: Request) -> None:
        content = whole[f"/{offer.path}" if path == "the release" else path]
        request.begin(200, Content_Length=str(len(content)))
        for byte in content:
            request.send(bytes([byte]))
            request.connection.settimeout(0.05)
            try:
                if not request.connection.recv(1):
                    return
            except TimeoutError:
                continue

    road.limits = Limits(silence_s=1.0, start_s=0.3, bytes_per_s_at_least=1_000_000)
    if path == "the release":
        road.server.on(f"/{offer.path}", drip)
        with pytest.raises(FetchError, match="too slow"):
            road.bring(offer)
    else:
        road.server.on(path, drip)
        refusal, said = road.refused()
        assert (refusal, "too slow" in said) == (NotUpdated.UNREACHABLE, True)


# Drop request


def test_a_server_that_is_gone_or_in_trouble_is_no_reason_to_believe_anything(road: Road) -> None:
    assert road.version() == "0.2.0"
    road.server.on(TIMESTAMP, lambda request: request.begin(503, Content_Length="0"))
    assert road.refused()[0] is NotUpdated.UNREACHABLE
    road.serve()
    assert road.version() == "0.2.0"


# Rotation


def test_a_kiosk_follows_roots_from_the_one_in_its_image_to_other_holders_and_other_online_keys(road: Road) -> None:
    keepers = road.keepers
    for name in ("nid", "lek"):
        keepers.make_key(name)
    keepers.draft(("malee", "nid", "lek"))
    keepers.sign("somsri", "malee", "nid")
    keepers.publish()
    for role in ("snapshot", "timestamp"):  # a machine with the online keys was lost
        keepers.places.online(role).unlink()
    keepers.draft()
    keepers.sign("nid", "lek")
    keepers.publish()
    keepers.release("0.3.0")
    road.serve()
    assert road.version() == "0.3.0"
    kept = sorted(path.name for path in (road.place / "state" / "root_history").iterdir())
    assert kept == ["1.root.json", "2.root.json", "3.root.json"]
