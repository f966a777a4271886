# SPDX-License-Identifier: Apache-2.0
"""Thailand's provinces as SVG paths, from the outlines that set-up fetches (docs/adr/0019); drawn by the server alone.

Format: the TopoJSON specification, version 1: arcs of delta-encoded positions, shared between neighbours; a negative
index is an arc walked backwards. Projection: equirectangular about the country's middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import cos, radians
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from wire.ids import ProvinceCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

OUTLINES = Path(__file__).parent / "geometry" / "tha.topo.json"

_log = structlog.get_logger()
_UNITS_A_DEGREE = 90  # of latitude: half a pixel when the country is 400 wide
_MIDDLE_DEG = 13.3  # of latitude
_LEAST_POINTS = 3  # of a ring; islands that are smaller than a unit are left out

Point = tuple[int, int]

# The part after TH. of the HASC code by which the outlines are named, of each DOPA code; all 77 names there agree.
# fmt: off
HASC = MappingProxyType(
    {
        "10": "BM", "11": "SP", "12": "NO", "13": "PT", "14": "PA", "15": "AT", "16": "LB", "17": "SB",
        "18": "CN", "19": "SR", "20": "CB", "21": "RY", "22": "CT", "23": "TT", "24": "CC", "25": "PB",
        "26": "NN", "27": "SK", "30": "NR", "31": "BR", "32": "SU", "33": "SI", "34": "UR", "35": "YS",
        "36": "CY", "37": "AC", "38": "BK", "39": "NB", "40": "KK", "41": "UN", "42": "LE", "43": "NK",
        "44": "MS", "45": "RE", "46": "KL", "47": "SN", "48": "NF", "49": "MD", "50": "CM", "51": "LN",
        "52": "LG", "53": "UD", "54": "PR", "55": "NA", "56": "PY", "57": "CR", "58": "MH", "60": "NS",
        "61": "UT", "62": "KP", "63": "TK", "64": "SO", "65": "PS", "66": "PC", "67": "PH", "70": "RT",
        "71": "KN", "72": "SH", "73": "NP", "74": "SS", "75": "SM", "76": "PE", "77": "PK", "80": "NT",
        "81": "KR", "82": "PG", "83": "PU", "84": "ST", "85": "RN", "86": "CP", "90": "SG", "91": "SA",
        "92": "TG", "93": "PL", "94": "PI", "95": "YL", "96": "NW",
    }
)
# fmt: on


@dataclass(frozen=True, slots=True)
class Box:
    """What a drawing has to show, in its own units."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def view(self) -> str:
        """As an SVG viewBox."""
        return f"{self.left} {self.top} {self.right - self.left} {self.bottom - self.top}"

    def joined(self, other: Box) -> Box:
        """The smallest box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


@dataclass(frozen=True, slots=True)
class Shape:
    """One province: the `d` of an SVG path, and its box."""

    path: str
    box: Box


@cache
def provinces() -> dict[ProvinceCode, Shape]:
    """All provinces; none where the outlines were not fetched, or are not those that were expected."""
    try:
        topology = msgspec.json.decode(OUTLINES.read_bytes())
        return _shapes(topology)
    except (OSError, msgspec.DecodeError, LookupError, TypeError, ValueError) as error:
        _log.warning("map_not_drawn", reason=type(error).__name__)
        return {}


def view_of(codes: Iterable[ProvinceCode]) -> str:
    """The viewBox around these provinces."""
    boxes = [provinces()[code].box for code in codes if code in provinces()]
    whole = boxes[0]
    for box in boxes[1:]:
        whole = whole.joined(box)
    return whole.view


def _shapes(topology: Any) -> dict[ProvinceCode, Shape]:  # noqa: ANN401 - JSON
    arcs = [_arc(topology["transform"], arc) for arc in topology["arcs"]]
    (collection,) = topology["objects"].values()
    named = {outline["id"].removeprefix("TH."): outline for outline in collection["geometries"]}
    return {ProvinceCode(code): _shape(named[hasc], arcs) for code, hasc in HASC.items()}


def _arc(transform: Any, steps: Iterable[Sequence[int]]) -> list[Point]:  # noqa: ANN401 - JSON
    (wide, tall), (west, south) = transform["scale"], transform["translate"]
    x = y = 0
    points = []
    for across, up in steps:
        x, y = x + across, y + up
        points.append(_placed(west + x * wide, south + y * tall))
    return points


def _placed(longitude: float, latitude: float) -> Point:
    return (
        round(longitude * cos(radians(_MIDDLE_DEG)) * _UNITS_A_DEGREE),
        round(-latitude * _UNITS_A_DEGREE),
    )


def _shape(outline: Any, arcs: list[list[Point]]) -> Shape:  # noqa: ANN401 - JSON
    polygons = outline["arcs"] if outline["type"] == "MultiPolygon" else [outline["arcs"]]
    rings = [_ring(indices, arcs) for polygon in polygons for indices in polygon]
    drawn = [ring for ring in rings if len(ring) >= _LEAST_POINTS]
    across = [x for ring in drawn for x, _ in ring]
    down = [y for ring in drawn for _, y in ring]
    return Shape("".join(_drawn(ring) for ring in drawn), Box(min(across), min(down), max(across), max(down)))


def _ring(indices: Iterable[int], arcs: list[list[Point]]) -> list[Point]:
    points: list[Point] = []
    for index in indices:
        for point in arcs[index] if index >= 0 else reversed(arcs[~index]):
            if not points or point != points[-1]:
                points.append(point)
    return points[:-1] if len(points) > 1 and points[0] == points[-1] else points


def _drawn(ring: list[Point]) -> str:
    def steps() -> Iterator[str]:
        for (x, y), (next_x, next_y) in pairwise(ring):
            yield f"{next_x - x} {next_y - y}"

    return f"M{ring[0][0]} {ring[0][1]}l{' '.join(steps())}z"
