"""Tiny pictures, each another, and the project that they are for."""

from typing import Any

from tests.factories import png_bytes

WIDTH_PX, HEIGHT_PX = 32, 24
CLASSES = ("low", "middle", "high")
QUESTIONS = 6  # at first: one image is asked many times
MOST_QUESTIONS = 12


def attribute(number: int) -> dict[str, Any]:
    """One question with classes."""
    return {
        "name": f"quality_{number}",
        "question": f"Quality {number}?",
        "kind": "classes",
        "classes": list(CLASSES),
    }


SCHEMA: dict[str, Any] = {
    "landmarks": ["tip", "base"],
    "edges": [["tip", "base"]],
    "attributes": [attribute(number) for number in range(QUESTIONS)],
    "normaliser": {"kind": "box"},
}


def pictures(first: int, count: int) -> dict[str, bytes]:
    """PNG files by name, the same for the same numbers."""
    return {
        f"picture-{number}.png": png_bytes(WIDTH_PX, HEIGHT_PX, seed=number)
        for number in range(first, first + count)
    }
