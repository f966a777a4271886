# SPDX-License-Identifier: Apache-2.0
"""Which release a channel offers this kind of kiosk, by The Update Framework: signed, newest, and of one moment.

What was believed is kept in a folder, so that nothing older is ever believed after it.
Source: The Update Framework specification 1.0.34, section 5; the client is python-tuf's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tuf.api.exceptions import DownloadError, DownloadHTTPError, ExpiredMetadataError, RepositoryError

from kiosk.update.errors import AbsentError, FetchError, ReleaseError
from kiosk.update.fetch import Wanted
from wire.errors import WireError
from wire.orders import NotUpdated
from wire.releases import MOST_BYTES, Bundle, bundle, target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tuf.ngclient import Updater

    from kiosk.update.sources import Source


@dataclass(frozen=True, slots=True)
class Offer:
    """A release that is signed, and the file that it is in."""

    bundle: Bundle
    file: Wanted
    path: str


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a channel's release: a kind of machine, with the root that its image brought.

    What it believes is kept in `state`, later roots too. A clock that says less than `not_before` is not believed.
    """

    root: bytes
    state: Path
    channel: str
    platform: str
    not_before: datetime


def offered(source: Source, asker: Asker) -> Offer | None:
    """What the channel offers this kind of machine; None where it has nothing for it.

    Raises:
        ReleaseError: nobody answers, or what is answered is not believed.
    """
    name = target(asker.channel, asker.platform)
    try:
        asker.state.mkdir(parents=True, exist_ok=True)
        found = _client(source, asker).get_targetinfo(name)
        if found is None:
            return None
        told = bundle(found.unrecognized_fields.get("custom"))
        digest = found.hashes["sha256"]
    except ExpiredMetadataError as error:
        message = (
            f"The newest that is offered is over ({error}): somebody keeps newer releases back, or nobody has refreshed"
            " the repository. Run `dipchip-provision release refresh` there; check this kiosk's clock."
        )
        raise ReleaseError(NotUpdated.NOT_BELIEVED, message) from error
    except (RepositoryError, WireError, KeyError) as error:
        message = f"What is offered is not believed: {error}. Look at the repository, and who can write there."
        raise ReleaseError(NotUpdated.NOT_BELIEVED, message) from error
    except (DownloadError, FetchError) as error:
        raise ReleaseError(NotUpdated.UNREACHABLE, f"The repository does not answer as it should. {error}") from error
    except OSError as error:
        message = f"{asker.state}: cannot be written ({error.strerror}). Free space, or mend the folder's rights."
        raise ReleaseError(NotUpdated.NO_ROOM, message) from error
    if told.platform != asker.platform or found.length > MOST_BYTES:
        message = f"The release offered is for {told.platform} or too large. Sign one for {asker.platform}."
        raise ReleaseError(NotUpdated.UNFIT, message)
    folder, _, file = name.rpartition("/")
    return Offer(told, Wanted(f"{digest}.tar.gz", digest, found.length), f"targets/{folder}/{digest}.{file}")


def _client(source: Source, asker: Asker) -> Updater:
    # It waits: importing it brings urllib3, which opens a socket to see whether there is IPv6, and which is not used.
    from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig  # noqa: PLC0415

    class Fetcher(FetcherInterface):
        """Metadata comes the way that everything comes; the framework's client counts the bytes."""

        def _fetch(self, url: str) -> Iterator[bytes]:
            try:
                yield from source.read(url)
            except AbsentError as error:
                raise DownloadHTTPError(str(error), 404) from error

    # Ours have 1 to 5 kB; more than this nobody reads of a server that never ends.
    bounds = UpdaterConfig(
        max_root_rotations=64,
        max_delegations=8,
        root_max_length=64 * 1024,
        timestamp_max_length=16 * 1024,
        snapshot_max_length=64 * 1024,
        targets_max_length=256 * 1024,
    )
    client = Updater(str(asker.state), "metadata", fetcher=Fetcher(), config=bounds, bootstrap=asker.root)
    # The client takes the time of its start for "now" (the specification's 5.1) and has no way to be told another one.
    client._trusted_set.reference_time = max(datetime.now(UTC), asker.not_before)  # noqa: SLF001 - as just said
    return client
