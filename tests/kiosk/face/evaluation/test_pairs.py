# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiosk.face.evaluation.pairs import PairsError, People, content_of, read_pairs, read_people, read_slices
from kiosk.face.evaluation.plan import FUSED_FRAMES, PICTURES_AT_MOST, Plan, plan_pairs, plan_visits
from tests.kiosk.face.evaluation.folders import speck, specks

if TYPE_CHECKING:
    from pathlib import Path


def of_each(people: People) -> dict[str, int]:
    return {name: len(places) for name, places in zip(people.names, people.of_each(), strict=True)}


def planned(folder: Path, **pictures: int) -> Plan:
    names = [f"{name}/{n}.jpg" for name, count in pictures.items() for n in range(count)]
    return plan_visits(read_people(specks(folder, *names)))


def test_people_are_folders_or_names_as_in_lfw(tmp_path: Path) -> None:
    specks(tmp_path, "somchai/b.JPG", "somchai/a.jpeg", "Anan_D_0001.jpg", "Anan_D_0002.jpg", "empty/notes.txt")
    people = read_people(tmp_path)
    assert of_each(people) == {"Anan_D": 2, "somchai": 2}
    assert [photo.path.name for photo in people.photos] == ["Anan_D_0001.jpg", "Anan_D_0002.jpg", "a.jpeg", "b.JPG"]


def test_a_picture_that_stands_twice_counts_once_and_under_two_people_not_at_all(tmp_path: Path) -> None:
    specks(tmp_path, "a/1.jpg", "a/2.jpg", "b/1.jpg", "c/1.jpg")
    for twice in ("a/3.jpg", "c/2.jpg"):
        (tmp_path / twice).write_bytes(speck(0 if twice < "b" else 2))
    people = read_people(tmp_path)
    assert of_each(people) == {"a": 2, "c": 1}  # b's only picture is one of c's
    assert people.left_out == 3


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ((), "holds no JPEG"),
        (("portrait.jpg",), "whose it is"),
        (("somchai/1.png",), "not a JPEG"),
        (("somchai/notes.txt",), "holds no JPEG"),
    ],
)
def test_a_folder_that_does_not_serve_is_refused_without_a_name(
    tmp_path: Path, names: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(PairsError, match=sentence) as caught:
        read_people(specks(tmp_path, *names))
    assert not any(word in str(caught.value) for word in ("somchai", "portrait", str(tmp_path)))


def test_there_must_be_a_folder(tmp_path: Path) -> None:
    with pytest.raises(PairsError, match="no such folder"):
        read_people(tmp_path / "nowhere")


def test_a_picture_that_cannot_be_read_stops_everything_and_stays_unnamed(tmp_path: Path) -> None:
    with pytest.raises(PairsError, match=r"^A picture cannot be read") as caught:
        content_of(tmp_path / "somchai.jpg")
    assert "somchai" not in str(caught.value)


def test_people_do_not_print(tmp_path: Path) -> None:
    people = read_people(specks(tmp_path, "somchai/1.jpg"))
    assert "somchai" not in repr((people, people.photos))


def test_every_picture_is_the_card_once_and_never_in_its_own_visit(tmp_path: Path) -> None:
    plan = planned(tmp_path, a=4, b=5, c=1)
    assert plan.frames == FUSED_FRAMES
    assert sorted(plan.genuine[:, 1].tolist()) == list(range(9))
    for visit, card in plan.genuine.tolist():
        assert card not in plan.visits[visit].live
        assert len(plan.visits[visit].live) >= FUSED_FRAMES
    assert (plan.persons(plan.genuine)[:, 0] == plan.persons(plan.genuine)[:, 1]).all()


def test_one_visit_of_each_meets_one_card_of_everybody_else(tmp_path: Path) -> None:
    plan = planned(tmp_path, a=4, b=5, c=1)
    assert sorted(map(tuple, plan.persons(plan.impostor).tolist())) == [(0, 1), (0, 2), (1, 0), (1, 2)]


def test_nobody_outweighs_the_others(tmp_path: Path) -> None:
    plan = planned(tmp_path, a=4, b=30)
    assert len(plan.genuine) == 4 + PICTURES_AT_MOST
    assert len(plan.live_places()) == 4 + PICTURES_AT_MOST


def test_single_frames_are_compared_where_there_are_too_few_to_fuse(tmp_path: Path) -> None:
    plan = planned(tmp_path, a=4, b=2)
    assert plan.frames == 1
    assert len(plan.genuine) == 6


def test_as_many_frames_are_fused_as_the_rules_fuse(tmp_path: Path) -> None:
    names = [f"{name}/{n}.jpg" for name in "ab" for n in range(5)]
    people = read_people(specks(tmp_path, *names))
    assert plan_visits(people, 4).frames == 4
    assert plan_visits(people, 5).frames == 1


@pytest.mark.parametrize("pictures", [{"a": 9}, {"a": 1, "b": 1}])
def test_fewer_than_two_people_or_pictures_compare_nothing(tmp_path: Path, pictures: dict[str, int]) -> None:
    with pytest.raises(PairsError, match="at least two people"):
        planned(tmp_path, **pictures)


PAIRS = "1\t2\nA_B\t1\t2\nA_B\t1\tC\t1\nA_B\t2\tC\t1\n"


@pytest.mark.parametrize(
    "layout", ["A_B_0001.jpg A_B_0002.jpg C_0001.jpg", "A_B/A_B_0001.jpg A_B/A_B_0002.jpg C/C_0001.jpg"]
)
def test_a_pairs_file_says_what_is_compared(tmp_path: Path, layout: str) -> None:
    people = read_people(specks(tmp_path, *layout.split()))
    (tmp_path / "pairs.txt").write_text(PAIRS)
    pairs = read_pairs(tmp_path / "pairs.txt", people)
    assert pairs.genuine == ((0, 1),)
    assert pairs.impostor == ((0, 2), (1, 2))
    plan = plan_pairs(people, pairs)
    assert plan.frames == 1
    assert plan.persons(plan.impostor).tolist() == [[0, 1], [0, 1]]


@pytest.mark.parametrize("line", ["A 1", "A 1 1", "A 1 A 2", "A 1 9", "A x 2", "A 1 B 1", "A 1 2 3 4"])
def test_a_line_that_is_no_pair_is_named_by_its_number_only(tmp_path: Path, line: str) -> None:
    people = read_people(specks(tmp_path, "A_0001.jpg", "A_0002.jpg"))
    (tmp_path / "pairs.txt").write_text(f"A 1 2\n{line}\n")
    with pytest.raises(PairsError, match=r"^Line 2 of the pairs file"):
        read_pairs(tmp_path / "pairs.txt", people)


def test_a_pairs_file_needs_both_kinds_of_pair(tmp_path: Path) -> None:
    people = read_people(specks(tmp_path, "A_0001.jpg", "A_0002.jpg"))
    (tmp_path / "pairs.txt").write_text("A 1 2\n")
    with pytest.raises(PairsError, match="pairs of two people"):
        plan_pairs(people, read_pairs(tmp_path / "pairs.txt", people))


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_a_pairs_file_that_cannot_be_read_is_said_to_be(tmp_path: Path, content: bytes | None) -> None:
    people = read_people(specks(tmp_path, "A_0001.jpg", "A_0002.jpg"))
    if content is not None:
        (tmp_path / "pairs.txt").write_bytes(content)
    with pytest.raises(PairsError, match="cannot be read"):
        read_pairs(tmp_path / "pairs.txt", people)


def test_slices_give_people_their_groups(tmp_path: Path) -> None:
    people = read_people(specks(tmp_path, "a/1.jpg", "b/1.jpg", "c/1.jpg"))
    (tmp_path / "slices.csv").write_text("\ufeffperson,slices\na, women ,18-30\nc,women\nz,men\n\n", encoding="utf-8")
    slices = read_slices(tmp_path / "slices.csv", people)
    assert slices.members == {"18-30": {0}, "women": {0, 2}}
    assert slices.strangers == 1


@pytest.mark.parametrize("name", ["b", "x" * 41, "a|b"])
def test_a_slice_never_bears_a_persons_name_nor_one_that_breaks_a_table(tmp_path: Path, name: str) -> None:
    people = read_people(specks(tmp_path, "a/1.jpg", "b/1.jpg"))
    (tmp_path / "slices.csv").write_text(f"a,{name}\n")
    with pytest.raises(PairsError, match=r"^Line 1 of the slices file"):
        read_slices(tmp_path / "slices.csv", people)
