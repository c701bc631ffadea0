"""Tiny pictures, each another, and the project that they are for."""

from typing import Any

from tests.factories import png_bytes

WIDTH_PX, HEIGHT_PX = 32, 24
KINDS = 6  # questions with classes: one image is asked many times
SCHEMA: dict[str, Any] = {
    "landmarks": ["tip", "base"],
    "edges": [["tip", "base"]],
    "attributes": [
        {"name": f"quality_{number}", "question": f"Quality {number}?", "kind": "classes",
         "classes": ["low", "middle", "high"]}
        for number in range(KINDS)
    ],
    "normaliser": {"kind": "box"},
}  # fmt: skip


def class_names(kind: str) -> list[str]:
    """The classes of a question."""
    return next(each["classes"] for each in SCHEMA["attributes"] if each["name"] == kind)


def pictures(first: int, count: int) -> dict[str, bytes]:
    """PNG files by name, the same for the same numbers."""
    return {
        f"picture-{number}.png": png_bytes(WIDTH_PX, HEIGHT_PX, seed=number)
        for number in range(first, first + count)
    }
