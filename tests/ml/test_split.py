"""Sides and subsets are stable and fair."""

import hashlib
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ml.data.split import balanced_subset, is_validation

HASHES = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(4000)]


def test_about_the_wanted_share_goes_to_validation():
    share = sum(is_validation(content_hash, share=0.2) for content_hash in HASHES) / len(HASHES)

    assert 0.17 < share < 0.23


def test_a_larger_share_only_adds_images():
    small = {h for h in HASHES if is_validation(h, share=0.1)}
    large = {h for h in HASHES if is_validation(h, share=0.3)}

    assert small < large


def test_the_subset_takes_from_every_class_in_turn():
    classes = ["a"] * 50 + ["b"] * 5 + ["c"] * 2

    chosen = balanced_subset(classes, 9, seed=1)

    assert Counter(classes[i] for i in chosen) == {"a": 4, "b": 3, "c": 2}


@given(st.lists(st.sampled_from("abc"), max_size=30), st.integers(0, 40), st.integers(0, 5))
def test_the_subset_has_the_wanted_size_and_no_image_twice(classes, count, seed):
    chosen = balanced_subset(classes, count, seed=seed)

    assert len(chosen) == len(set(chosen)) == min(count, len(classes))
    assert chosen == balanced_subset(classes, count, seed=seed)
