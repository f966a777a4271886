# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, one code each: the screen's words, the technician's words and the fleet's counter share it."""

from __future__ import annotations

from enum import StrEnum


class Failure(StrEnum):
    """Something a person meets in a session. Screens find their words under `failure.<code>` in texts/*.toml."""

    CARD_EXPIRED = "card_expired"
    CARD_UNREADABLE = "card_unreadable"
    CARD_UNREADABLE_STAFF = "card_unreadable_staff"
    CARD_NOT_NATIONAL_ID = "card_not_national_id"
    CARD_REMOVED = "card_removed"
    CARD_CHANGED = "card_changed"
    CARD_PORTRAIT_UNUSABLE = "card_portrait_unusable"
    UNDER_AGE = "under_age"
    NOT_AT_KIOSK = "not_at_kiosk"
    NO_FACE = "no_face"
    FACE_UNCLEAR = "face_unclear"
    FACE_NOT_LIVE = "face_not_live"
    FACE_MISMATCH = "face_mismatch"
    FACE_STAFF = "face_staff"
    NETWORK_DOWN = "network_down"
    CENTRAL_SILENT = "central_silent"
    PHONE_NOT_DONE = "phone_not_done"
    PHONE_OF_ANOTHER = "phone_of_another"
    NOT_ACCEPTED = "not_accepted"
    NOT_SAVED = "not_saved"
    CODE_TOO_OFTEN = "code_too_often"
    CODE_NOT_HERE = "code_not_here"


class Fault(StrEnum):
    """Something that stops the kiosk before a person starts. The code is what the fleet and the technician see."""

    STARTING = "starting"
    READER_ABSENT = "reader_absent"
    READER_SERVICE_DOWN = "reader_service_down"
    CAMERA_ABSENT = "camera_absent"
    CAMERA_FROZEN = "camera_frozen"
    CAMERA_CHANGED = "camera_changed"
    MODEL_MISSING = "model_missing"
    MODEL_ALTERED = "model_altered"
    MODEL_NOT_ALLOWED = "model_not_allowed"
    POLICY_NOT_TRUSTED = "policy_not_trusted"
    POLICY_OUTDATED = "policy_outdated"
    STORE_BROKEN = "store_broken"
    DISK_FULL = "disk_full"
    KEYS_MISSING = "keys_missing"
    CLOCK_WRONG = "clock_wrong"
    PERSON_PROCESS_DIED = "person_process_died"


class CardReadError(Exception):
    """A card could not be read. `failure` is what the person is told; the message is for the technician."""

    def __init__(self, failure: Failure, technician: str) -> None:
        """Keep the failure beside the technician's sentence, which never holds card data."""
        super().__init__(technician)
        self.failure = failure


class FaceCheckError(Exception):
    """A face attempt did not succeed. `failure` is what the person is told."""

    def __init__(self, failure: Failure, technician: str) -> None:
        """Keep the failure beside the technician's sentence, which never holds a picture or a name."""
        super().__init__(technician)
        self.failure = failure


class FaultError(Exception):
    """A part of the kiosk is not fit to serve. The message ends with what the technician does next."""

    def __init__(self, fault: Fault, technician: str) -> None:
        """Keep the fault's code beside the technician's sentence."""
        super().__init__(technician)
        self.fault = fault
