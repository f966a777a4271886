# SPDX-License-Identifier: Apache-2.0
"""`dipchip-kiosk models`: which face models there are, whether they are the published ones, and how they come here.

It never puts a byte under a model's name that is not the pinned one, and never takes a good file away.
"""

from __future__ import annotations

import ssl
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from kiosk import config
from kiosk.enrollment.failures import FaultError
from kiosk.face.engines import EngineChoice
from kiosk.face.licences import notice
from kiosk.face.models import PACKS, ModelPack, Standing, demonstration_folder, installed, named_by_policy
from kiosk.face.policy_file import draft, read_rules
from kiosk.update.errors import FetchError
from kiosk.update.fetch import Wanted, copy, fetch
from wire.policy import PolicyDraft

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kiosk.face.models import ModelFile
    from wire.policy import PinnedEngine

_DRAFT_BYTES_AT_MOST = 64 * 1024
_NOT_INTACT = 1


POLICY = "policy"  # beside the packs: the files that a face policy names


_NO_FOLDER = "No folder of models is known. Give --folder, or --config of a kiosk.toml that names one in models."


def place(settings_file: Path | None, folder: Path | None) -> Path:
    """The folder to look into: the one that is given, the settings' own, or that of the demonstration's package.

    Raises:
        ConfigError: when there is none.
    """
    try:
        return _named(settings_file, folder) or demonstration_folder()
    except FaultError as error:
        raise config.ConfigError(_NO_FOLDER) from error


def place_to_fill(settings_file: Path | None, folder: Path | None) -> Path:
    """The folder to install into: the one that is given or the settings' own, never a package's.

    Raises:
        ConfigError: when there is none.
    """
    named = _named(settings_file, folder)
    if named is None:
        raise config.ConfigError(_NO_FOLDER)
    return named


def _named(settings_file: Path | None, folder: Path | None) -> Path | None:
    if folder is None and settings_file is not None:
        models = config.read(settings_file).models
        return Path(models) if models else None
    return folder


def pack_of(name: str, settings_file: Path | None = None, rules: Path | None = None) -> ModelPack:
    """A pack, or the files of the signed policy in the settings, or those of a draft not signed yet.

    Raises:
        ConfigError: when settings or draft name none.
        FaultError: when the policy is not trusted.
    """
    if name != POLICY:
        return next(pack for pack in PACKS if pack.name == name)
    return _pinned(_draft(rules).engine if rules is not None else _engine_in(settings_file))


def listed(folder: Path, *, as_json: bool) -> None:
    """Print every pack with its files, whose they are, and how they are found."""
    found = [(pack, installed(folder, pack)) for pack in PACKS]
    if as_json:
        rows = [
            {"pack": pack.name, "standing": standing, **msgspec.to_builtins(model)}
            for pack, files in found
            for model, standing in files
        ]
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(rows), indent=2).decode() + "\n")
        return
    sys.stdout.write(f"{folder}\n")
    for pack, files in found:
        sys.stdout.write(f"\n{pack.name}\n")
        for model, standing in files:
            sys.stdout.write(f"  {standing:8}{model.role:18}{model.size_bytes / 1e6:6.1f} MB  {model.name}\n")
            sys.stdout.write(f"  {'':8}{model.sha256}\n  {'':8}{model.licence}; {model.origin}\n")


def verified(folder: Path, packs: Iterable[ModelPack]) -> int:
    """Hash every file and say what is found.

    Returns:
        0 when all are intact, else 1.
    """
    worst = 0
    for pack in packs:
        for model, standing in installed(folder, pack):
            sys.stdout.write(f"{standing:8}  {pack.name:13}  {model.sha256}  {model.name}\n")
            worst = worst if standing is Standing.INTACT else _NOT_INTACT
    return worst


def present(folder: Path, settings_file: Path | None) -> list[ModelPack]:
    """The packs of which anything is there, and the files of the policy that the settings name.

    Raises:
        ConfigError: when there is nothing to look at.
    """
    if settings_file is not None and config.read(settings_file).face_policy is not None:
        return [*_some(folder), _pinned(_engine_in(settings_file))]
    found = _some(folder)
    if not found:
        message = f"{folder}: none of the known models is there. Install a pack with `dipchip-kiosk models install`."
        raise config.ConfigError(message)
    return found


def _some(folder: Path) -> list[ModelPack]:
    # A file that two packs share tells of neither.
    named = [model.name for pack in PACKS for model in pack.files]
    return [
        pack
        for pack in PACKS
        if any(named.count(model.name) == 1 and (folder / model.name).exists() for model in pack.files)
    ]


def install(pack: ModelPack, source: str, folder: Path, ca: Path | None) -> None:
    """Bring what is missing or altered; what is intact is left alone.

    Raises:
        FetchError: naming the file, the cause and the next step.
    """
    context = _context(ca) if ca is not None else None
    for model, standing in installed(folder, pack):
        if standing is Standing.INTACT:
            sys.stdout.write(f"kept      {model.name}\n")
            continue
        _bring(model, source, folder, context)
        sys.stdout.write(f"installed {model.name}\n")
    path = folder / f"LICENCE.{pack.name}.txt"
    path.write_text(notice(pack), encoding="utf-8")
    for model in pack.files:
        sys.stdout.write(
            f"licence   {model.name}: {model.licence or 'see its publisher'} {model.holder}\n".rstrip() + "\n"
        )
    sys.stdout.write(f"whole text in {path}\n")


def rules(engine: str, beside: Iterable[str]) -> None:
    """Print what an engine ships with, for `dipchip-provision policy make`; the packs `beside` it become a must."""
    proposed = draft(EngineChoice(engine), tuple(pack_of(name) for name in beside))
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(proposed), indent=2).decode() + "\n")


def _bring(model: ModelFile, source: str, folder: Path, context: ssl.SSLContext | None) -> None:
    wanted = Wanted(model.name, model.sha256, model.size_bytes)
    if source == "publisher":
        _from_publisher(model, wanted, folder, context)
    elif "://" in source:
        fetch(wanted, f"{source.rstrip('/')}/{model.name}", folder, context=context)
    else:
        copy(wanted, Path(source) / model.name, folder)


def _from_publisher(model: ModelFile, wanted: Wanted, folder: Path, context: ssl.SSLContext | None) -> None:
    if not model.addresses:
        message = (
            f"{model.name}: no publisher is known to serve exactly these bytes ({model.origin})."
            " Give a folder or an https address that holds the file: --from FOLDER."
        )
        raise FetchError(message)
    for address in model.addresses[:-1]:
        try:
            fetch(wanted, address, folder, context=context)
        except FetchError as error:
            sys.stderr.write(f"{error}\n")
        else:
            return
    fetch(wanted, model.addresses[-1], folder, context=context)


def _context(ca: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca))
    except OSError as error:
        message = f"--ca {ca}: is no file of certificates ({error.strerror or 'unreadable'}). Give the authority's PEM."
        raise config.ConfigError(message) from error


def _pinned(engine: PinnedEngine) -> ModelPack:
    beside = (engine.detector, *engine.further)
    return ModelPack(POLICY, (named_by_policy(engine.recogniser), *(named_by_policy(file) for file in beside)))


def _engine_in(settings_file: Path | None) -> PinnedEngine:
    settings = None if settings_file is None else config.read(settings_file)
    if settings is None or settings.face_policy is None:
        message = "No face policy is set. Give --config of a kiosk.toml that names one in face_policy, or --rules."
        raise config.ConfigError(message)
    key = config.read_trust(settings.trust).policies()
    return read_rules(settings.face_policy, key, version_at_least=0).engine


def _draft(path: Path) -> PolicyDraft:
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_DRAFT_BYTES_AT_MOST), type=PolicyDraft)
    except (OSError, msgspec.DecodeError) as error:
        message = f"--rules {path}: {type(error).__name__}. Give what `dipchip-kiosk models rules` writes."
        raise config.ConfigError(message) from error
