# SPDX-License-Identifier: Apache-2.0
"""A signing key in a TPM: what it signs holds, what is copied without the TPM does not sign, and no PIN is told."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.simulators import tpm
from tests.simulators.tpm import PIN, Tpm
from wire.errors import Malformed
from wire.ids import key_id
from wire.signing import Algorithm, Kind, SigningKey
from wire.token import TokenKey

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.real

HOUSE = Path(__file__).parents[2]
KID = key_id("k-udon-01#1")
SIGN = """
import json, sys
from wire.signing import Kind, SigningKey
jwk, times = json.loads(sys.argv[1]), int(sys.argv[2])
key = SigningKey.from_jwk(jwk)
for n in range(times):
    print(key.sign(Kind.EVENT, b"event %d" % n).decode())
"""
MADE = """
import json, sys
from wire.ids import key_id
from wire.signing import SigningKey
print(json.dumps(SigningKey.in_token(key_id(sys.argv[1]), sys.argv[2]).jwk()))
"""


@pytest.fixture(scope="module")
def chip(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tpm]:
    if reason := tpm.missing():
        pytest.skip(reason)
    with Tpm(tmp_path_factory.mktemp("tpm")) as chip:
        yield chip


@pytest.fixture(scope="module")
def jwk(chip: Tpm) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run(chip, MADE, KID, chip.make_key("event")).stdout)
    return told


def run(chip: Tpm, program: str, *words: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own: the module remembers for ever which TPM it first met."""
    command = [sys.executable, "-c", program, *words]
    environment = {**os.environ, **chip.environment, "PYTHONPATH": f"{HOUSE}:{os.environ.get('PYTHONPATH', '')}"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)


def test_what_a_key_in_a_tpm_signs_holds_for_the_public_half_that_was_registered(
    chip: Tpm, jwk: dict[str, Any]
) -> None:
    ran = run(chip, SIGN, json.dumps(jwk), "20")
    assert ran.returncode == 0, ran.stderr
    public = SigningKey.from_jwk(jwk).public()
    assert public.algorithm is Algorithm.ES256
    signed = ran.stdout.splitlines()
    assert [public.verify(Kind.EVENT, each.encode()) for each in signed] == [b"event %d" % n for n in range(20)]


def test_the_file_holds_no_private_half_and_the_public_one_does_not_say_where_it_is(jwk: dict[str, Any]) -> None:
    assert "d" not in jwk
    public = SigningKey.from_jwk(jwk).public().jwk()
    assert set(public) == {"kty", "crv", "x", "y", "kid", "alg"}


def test_a_card_that_is_copied_without_the_tpm_signs_nothing(chip: Tpm, jwk: dict[str, Any], tmp_path: Path) -> None:
    copied = shutil.copytree(chip.store, tmp_path / "copied")
    with Tpm(tmp_path, store=copied) as other:
        ran = run(other, SIGN, json.dumps(jwk), "1")
    assert ran.returncode != 0
    assert "the key in the token cannot be used" in ran.stderr
    assert ran.stdout == ""
    assert run(chip, SIGN, json.dumps(jwk), "1").returncode == 0


@pytest.mark.parametrize(
    ("before", "after"), [(f"pin-value={PIN}", "pin-value=00000000"), ("object=event", "object=x")]
)
def test_another_pin_or_label_is_refused_without_quoting_the_pin(
    chip: Tpm, jwk: dict[str, Any], before: str, after: str
) -> None:
    wrong = {**jwk, "pkcs11": str(jwk["pkcs11"]).replace(before, after)}
    ran = run(chip, SIGN, json.dumps(wrong), "1")
    assert ran.returncode != 0
    assert "the key in the token cannot be used" in ran.stderr
    assert PIN not in ran.stderr.replace(json.dumps(wrong), "")


@pytest.mark.parametrize(
    "changes",
    [
        {"pkcs11": "file:///etc/passwd"},
        {"pkcs11": "pkcs11:token=a;object=b"},
        {"pkcs11": "pkcs11:token=a;object=b;x=c?module-path=m&pin-value=1"},
        {"pkcs11": 7},
        {"d": "AAAA"},
    ],
)
def test_what_names_no_key_in_a_token_is_malformed(changes: dict[str, Any]) -> None:
    jwk = SigningKey.generate(KID, Algorithm.ES256).public().jwk() | {"pkcs11": Tpm.uri("event")}
    assert SigningKey.from_jwk(jwk).kid == KID
    with pytest.raises(Malformed):
        SigningKey.from_jwk(jwk | changes)


def test_a_key_of_the_other_algorithm_is_in_no_token() -> None:
    with pytest.raises(Malformed, match="ES256"):
        SigningKey.from_jwk(SigningKey.generate(KID).public().jwk() | {"pkcs11": Tpm.uri("event")})


def test_where_a_key_is_can_be_shown_and_its_pin_not() -> None:
    assert repr(TokenKey.at(Tpm.uri("event"))) == "TokenKey('dipchip', 'event')"
