"""Choosing sides and subsets, the same on every machine and every day."""

import hashlib
from collections.abc import Hashable, Sequence

import numpy as np


def is_validation(content_hash: str, *, share: float) -> bool:
    """Whether the image with this content belongs to the validation side.

    Depends on nothing but the content, so an image never changes sides when others come or go.
    """
    drawn = int.from_bytes(hashlib.sha256(f"validation:{content_hash}".encode()).digest()[:8], "big")
    return drawn < share * 2**64


def balanced_subset(classes: Sequence[Hashable], count: int, *, seed: int) -> list[int]:
    """`count` indices, drawn in turn from every class (section 3: the labelled subset is class-balanced)."""
    random = np.random.default_rng(seed)
    by_class: dict[Hashable, list[int]] = {}
    for index in random.permutation(len(classes)):
        by_class.setdefault(classes[index], []).append(int(index))
    waiting = [by_class[name] for name in sorted(by_class, key=str)]
    waiting = [waiting[i] for i in random.permutation(len(waiting))]
    chosen: list[int] = []
    while len(chosen) < min(count, len(classes)):
        waiting = [queue for queue in waiting if queue]
        chosen += [queue.pop() for queue in waiting][: count - len(chosen)]
    return sorted(chosen)
