# SPDX-License-Identifier: Apache-2.0
"""Keeps a repository of signed releases: drafts that people sign, and what is published once enough have.

1. The root names everybody's keys. It and `targets`, which says whose releases a channel has, are signed by two of
   three keys that people keep.
2. A channel's releases are signed by its release engineer, whose key nobody else's role accepts.
3. The keys of `snapshot` and `timestamp` lie beside the repository: they say what is newest, and can invent nothing.

Source: The Update Framework specification 1.0.34, sections 3 to 5 and 6.1; docs/adr/0042.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner, SSlibKey
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Key,
    Metadata,
    MetaFile,
    Role,
    Root,
    Snapshot,
    Targets,
    Timestamp,
)

from provisioning import offline_keys
from provisioning.errors import FolderError, RefusedError
from provisioning.files import Report, as_json, folder, public, read, read_json, remove, secret
from wire.errors import WireError
from wire.releases import channel as parse_channel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

HOLDERS, THRESHOLD = 3, 2
YEAR = timedelta(days=365)  # of what people sign
SNAPSHOT_LIFE = timedelta(days=30)
LONGEST_TIMESTAMP = timedelta(days=30)
SOON = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Places:
    """The parts of a folder of releases. Only `repository` is for others: a server gives it out as files."""

    folder: Path

    @property
    def repository(self) -> Path:
        """What is published."""
        return self.folder / "repository"

    @property
    def metadata(self) -> Path:
        """What says which files are good."""
        return self.repository / "metadata"

    @property
    def targets(self) -> Path:
        """The releases themselves."""
        return self.repository / "targets"

    def draft(self, role: str) -> Path:
        """What waits for signatures, or for being published."""
        return self.folder / "drafts" / f"{role}.json"

    def online(self, role: str) -> Path:
        """The key of a role that needs nobody."""
        return self.folder / "online" / f"{role}.key"

    def published(self, role: str) -> Metadata[Any] | None:
        """A role's newest version; None before the first.

        Raises:
            FolderError: it is damaged.
        """
        named = self.metadata.glob(f"*.{role}.json")
        versions = sorted(int(path.name.split(".")[0]) for path in named if path.name.split(".")[0].isdigit())
        return loaded(self.metadata / f"{versions[-1]}.{role}.json") if versions else None


def make_key(path: Path, passphrase: str, report: Report) -> Key:
    """Make a key that a person keeps, under a passphrase, and its public half beside it.

    Raises:
        RefusedError: the passphrase is short, or there is a file already.
    """
    made = _signer(offline_keys.make(path, passphrase, report)).public_key
    content = as_json({"keyid": made.keyid, **made.to_dict()})
    public(path.with_name(path.name + offline_keys.PUBLIC), content, report)
    return made


def draft(
    places: Places, holders: Sequence[Path], channels: Mapping[str, Path], now: datetime, report: Report
) -> tuple[Path, Path]:
    """Write down who signs what: the next version of the root, and of what it says of channels.

    `holders` are three public halves, or none for those of the version before; a channel that is not named stays.

    Raises:
        RefusedError: there are not three keys, or no channel.
    """
    before, said = places.published(Root.type), places.published(Targets.type)
    if len(holders) != HOLDERS and (holders or before is None):
        message = f"--key: give the public halves of {HOLDERS} keys; for a later version none keeps those before."
        raise RefusedError(message)
    keys = [_public(path) for path in holders] or _keys_of(before, Root.type)
    if len({key.keyid for key in keys}) != HOLDERS:
        message = f"--key: {HOLDERS} different keys are needed. Give each once."
        raise RefusedError(message)
    roles = _delegated(channels, None if said is None else said.signed.delegations)
    folder(places.folder / "drafts")
    ends = now + YEAR
    root = Root(version=_next(before), expires=ends, consistent_snapshot=True)
    for role in (Root.type, Targets.type):
        root.roles[role] = Role([], THRESHOLD)
        for key in keys:
            root.add_key(key, role)
    for role in (Snapshot.type, Timestamp.type):
        root.roles[role] = Role([], 1)
        root.add_key(_online(places, role, report).public_key, role)
    targets = Targets(version=_next(said), expires=ends, delegations=roles)
    for role, signed in ((Root.type, root), (Targets.type, targets)):
        _write(places.draft(role), Metadata(signed), report)
    return places.draft(Root.type), places.draft(Targets.type)


def sign(path: Path, key: Path, passphrase: str, report: Report) -> str:
    """Put a person's signature into a draft; the key's id.

    Raises:
        RefusedError: the passphrase opens nothing.
        FolderError: the file is no draft.
    """
    drafted = loaded(path)
    signer = _signer(offline_keys.opened(key, passphrase))
    drafted.sign(signer, append=True)
    _write(path, drafted, report)
    return signer.public_key.keyid


def publish(places: Places, life: timedelta, now: datetime, report: Report) -> list[str]:
    """Publish what enough have signed, and say that it is the newest. The channels that kiosks now find.

    1. A root is signed as the one before wants it, and as it wants itself. 2. `targets` as the root wants it.
    3. A channel as `targets` wants it. 4. A snapshot of them, and last of all the timestamp: until that is written
    everybody finds what was there before.

    Raises:
        RefusedError: too few have signed, or a draft does not come next; nothing is published.
    """
    root, targets = _drafted(places, Root.type), _drafted(places, Targets.type)
    if root is None or targets is None:
        message = (
            f"{places.folder}: nothing is drafted and nothing published. Begin with `dipchip-provision release draft`."
        )
        raise RefusedError(message)
    delegations = targets.signed.delegations
    names = [] if delegations is None else list(delegations.roles or {})
    channels = {name: found for name in names if (found := _drafted(places, name)) is not None}
    before = places.published(Root.type)
    for judge in [root] if before is None else [before, root]:
        _require(judge.signed, Root.type, root)  # 1
    _require(root.signed, Targets.type, targets)  # 2
    for name, each in channels.items():
        _require(targets.signed, name, each)  # 3
    folder(places.metadata)
    for name, each in {Root.type: root, Targets.type: targets, **channels}.items():
        _require_next(places, name, each)
        _write(places.metadata / f"{each.signed.version}.{name}.json", each, report)
    state = {
        f"{name}.json": MetaFile(each.signed.version) for name, each in {Targets.type: targets, **channels}.items()
    }
    _tell_newest(places, state, life, now, report)  # 4
    for name in (Root.type, Targets.type, *channels):
        remove(places.draft(name))
    return list(channels)


def refresh(places: Places, life: timedelta, now: datetime, report: Report) -> Iterator[str]:
    """Say again that what is published is the newest; what of it will be over soon, in words.

    Raises:
        RefusedError: nothing is published.
    """
    snapshot = places.published(Snapshot.type)
    if snapshot is None:
        message = f"{places.folder}: nothing is published. Run `dipchip-provision release publish`."
        raise RefusedError(message)
    _tell_newest(places, snapshot.signed.meta, life, now, report)
    for role in (Root.type, *(name.removesuffix(".json") for name in snapshot.signed.meta)):
        found = places.published(role)
        if found is not None and found.signed.expires < now + SOON:
            ends = f"{found.signed.expires:%Y-%m-%d}"
            yield f"{role} ends on {ends}: kiosks take no release after that. Sign the next version."


def loaded(path: Path) -> Metadata[Any]:
    """Metadata in a file.

    Raises:
        FolderError: it is none.
    """
    try:
        return Metadata.from_bytes(read(path))
    except RepositoryError as error:
        message = f"{path}: not signed metadata. Restore it from your backup."
        raise FolderError(message) from error


def first_root(path: Path) -> bytes:
    """The first root as a kiosk keeps it: it holds itself up, by its own two signatures.

    Raises:
        FolderError: it is no metadata.
        RefusedError: it is no root, or too few have signed it.
    """
    found = loaded(path)
    if found.signed.type != Root.type:
        message = f"{path}: is no root. Give metadata/1.root.json of the releases' repository."
        raise RefusedError(message)
    _require(found.signed, Root.type, found)
    return read(path)


def put_draft(places: Places, role: str, signed: Targets, key: Path, passphrase: str, report: Report) -> None:
    """Draft a channel's next version, signed by its release engineer.

    Raises:
        RefusedError: the passphrase opens nothing.
    """
    drafted = Metadata(signed)
    drafted.sign(_signer(offline_keys.opened(key, passphrase)))
    _write(places.draft(role), drafted, report)


def _drafted(places: Places, role: str) -> Metadata[Any] | None:
    return loaded(places.draft(role)) if places.draft(role).exists() else places.published(role)


def _require(judge: Root | Targets, role: str, judged: Metadata[Any]) -> None:
    try:
        judge.verify_delegate(role, judged.signed_bytes, judged.signatures)
    except RepositoryError as error:
        wanted = judge.get_delegated_role(role)
        message = (
            f"{role} {judged.signed.version}: fewer than {wanted.threshold} of the {len(wanted.keyids)} keys that count"
            " have signed it. Let the holders run `dipchip-provision release sign`; for others, two of the old ones."
        )
        raise RefusedError(message) from error
    except ValueError as error:
        message = f"{role}: is no role here. Draft the root with --channel {role}=FILE first."
        raise RefusedError(message) from error


def _require_next(places: Places, role: str, found: Metadata[Any]) -> None:
    before = places.published(role)
    if before is not None and found.signed.version not in (before.signed.version, before.signed.version + 1):
        message = f"{role} {found.signed.version}: does not follow {before.signed.version}. Draft it anew."
        raise RefusedError(message)


def _tell_newest(places: Places, state: dict[str, MetaFile], life: timedelta, now: datetime, report: Report) -> None:
    if not timedelta(0) < life <= LONGEST_TIMESTAMP:
        message = f"--days: 1 to {LONGEST_TIMESTAMP.days}. After that kiosks believe it no more."
        raise RefusedError(message)
    before = places.published(Snapshot.type)
    is_same = before is not None and before.signed.meta == state and before.signed.expires > now + life
    snapshot = (
        before.signed
        if is_same and before is not None
        else Snapshot(_next(before), expires=now + SNAPSHOT_LIFE + life, meta=state)
    )
    if not is_same:
        _sign_online(places, Snapshot.type, snapshot, f"{snapshot.version}.{Snapshot.type}.json", report)
    path = places.metadata / f"{Timestamp.type}.json"
    version = loaded(path).signed.version + 1 if path.exists() else 1
    timestamp = Timestamp(version=version, expires=now + life, snapshot_meta=MetaFile(snapshot.version))
    _sign_online(places, Timestamp.type, timestamp, path.name, report)


def _sign_online(places: Places, role: str, signed: Snapshot | Timestamp, name: str, report: Report) -> None:
    made: Metadata[Any] = Metadata(signed)
    made.sign(_online(places, role, report))
    root = places.published(Root.type)
    if root is not None:
        _require(root.signed, role, made)
    _write(places.metadata / name, made, report)


def _online(places: Places, role: str, report: Report) -> CryptoSigner:
    def made() -> bytes:
        return Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    folder(places.folder / "online", private=True)
    key = serialization.load_pem_private_key(secret(places.online(role), made, report), None)
    if not isinstance(key, Ed25519PrivateKey):
        message = f"{places.online(role)}: is no such key. Restore it from your backup."
        raise FolderError(message)
    return _signer(key)


def _delegated(channels: Mapping[str, Path], before: Delegations | None) -> Delegations:
    keys: dict[str, Key] = {} if before is None else dict(before.keys)
    roles: dict[str, DelegatedRole] = {} if before is None else dict(before.roles or {})
    for name, path in channels.items():
        try:
            parse_channel(name)
        except WireError as error:
            message = f"--channel {name}: {error}."
            raise RefusedError(message) from error
        key = _public(path)
        keys[key.keyid] = key
        roles[name] = DelegatedRole(name, [key.keyid], 1, terminating=True, paths=[f"{name}/*"])
    if not roles:
        message = "--channel: give one at least, as stable=release.key.public.json: whose releases kiosks take."
        raise RefusedError(message)
    used = {keyid for role in roles.values() for keyid in role.keyids}
    return Delegations({keyid: key for keyid, key in keys.items() if keyid in used}, roles)


def _keys_of(signed: Metadata[Any] | None, role: str) -> list[Key]:
    return [] if signed is None else [signed.signed.keys[keyid] for keyid in signed.signed.roles[role].keyids]


def _next(before: Metadata[Any] | None) -> int:
    return 1 if before is None else int(before.signed.version) + 1


def _signer(key: Ed25519PrivateKey) -> CryptoSigner:
    return CryptoSigner(key, SSlibKey.from_crypto(key.public_key()))


def _public(path: Path) -> Key:
    told = read_json(path)
    try:
        return Key.from_dict(str(told.pop("keyid")), told)
    except (KeyError, TypeError, ValueError) as error:
        message = f"{path}: is no public key. Give the {offline_keys.PUBLIC} that `dipchip-provision release key` made."
        raise RefusedError(message) from error


def _write(path: Path, made: Metadata[Any], report: Report) -> None:
    public(path, made.to_bytes(), report)
