# SPDX-License-Identifier: Apache-2.0
"""What the API's description says beside its shapes: that it wants a token, and how it refuses.

Source: OpenAPI 3.1, 4.8.16 "Responses Object"; RFC 9457.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

_OPEN = "/healthz"
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "why": {"type": "string", "description": "the rule that refuses, in one word"},
        "members": {
            "type": "array",
            "items": {"type": "string"},
            "description": "which members are not as they must be",
        },
        "problems": {
            "type": "array",
            "description": "what is wrong in a file, row by row; * is the whole row",
            "items": {
                "type": "object",
                "properties": {
                    "row": {"type": "integer"},
                    "column": {"type": "string"},
                    "found": {"type": "string"},
                    "expected": {"type": "string"},
                },
            },
        },
    },
}
_ALWAYS = {
    HTTPStatus.BAD_REQUEST: "A parameter or a member is not one of those allowed.",
    HTTPStatus.UNAUTHORIZED: "There is no token, or it is over.",
    HTTPStatus.FORBIDDEN: "It lies outside of what the account may see, or its role may not.",
    HTTPStatus.TOO_MANY_REQUESTS: "The token asks too often; `Retry-After` says after how many seconds it may again.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The database does not answer.",
}
_DEEDS = {
    HTTPStatus.CONFLICT: "A rule refuses it, and nothing changed; `why` says which.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "More was sent than the address takes.",
}
_FILES = {HTTPStatus.UNPROCESSABLE_ENTITY: "The file has problems, and nothing of it was kept."}
_NOTHING_THERE = {HTTPStatus.NOT_FOUND: "There is no such thing in what the account may see."}


def tell_refusals(spec: dict[str, Any]) -> dict[str, Any]:
    """Add both to a description as APIFlask makes it."""
    spec["components"].setdefault("schemas", {})["Problem"] = _PROBLEM
    if "securitySchemes" in spec["components"]:
        spec["security"] = [{"token": []}]
        spec["paths"][_OPEN]["get"]["security"] = []
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            told = _ALWAYS if "{" not in path else _ALWAYS | _NOTHING_THERE
            if method == "post":
                told |= _DEEDS
                _require_body(operation)
            if "multipart/form-data" in operation.get("requestBody", {}).get("content", {}):
                told |= _FILES
            operation["responses"].update({str(int(status)): _problem(status, words) for status, words in told.items()})
    return spec


def _require_body(operation: dict[str, Any]) -> None:
    if "requestBody" in operation:
        operation["requestBody"]["required"] = True


def _problem(status: HTTPStatus, words: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    told: dict[str, Any] = {"description": words, "content": {"application/problem+json": {"schema": schema}}}
    if status is HTTPStatus.TOO_MANY_REQUESTS:
        told["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return told
