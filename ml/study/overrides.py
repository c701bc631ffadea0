"""Settings of FitConfig that a study is given by hand, e.g. `steps=200`."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, get_args, get_origin, get_type_hints

from ml.config import FitConfig
from ml.errors import LearningError, SettingRejected

Overrides = tuple[tuple[str, Any], ...]  # (field, value) by name

HAVE_OPTIONS = {"seed": "--seeds or --seed-list", "threads": "--threads", "reason": "no option: it says why"}
WEIGHTS = ("landmark_weight", "attribute_weight", "equivariance_weight")
TITLE_CHARACTERS = 40  # of settings by hand; more would push a table's numbers off the screen
TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class OverrideRejected(LearningError):
    """A setting given by hand has an unknown name or a value of the wrong kind."""

    code = "override_rejected"


def parse_overrides(pairs: Sequence[str]) -> Overrides:
    """`name=value` texts, typed by the field of FitConfig; a later one wins. Raises OverrideRejected."""
    kinds = get_type_hints(FitConfig)
    values: dict[str, Any] = {}
    for pair in pairs:
        name, separator, text = pair.partition("=")
        if not separator:
            raise OverrideRejected(f"{pair!r} is not of the form name=value")
        if name in HAVE_OPTIONS:
            raise OverrideRejected(f"{name} cannot be set here: {HAVE_OPTIONS[name]}")
        if name not in kinds:
            raise OverrideRejected(
                f"no setting is called {name!r}; known: {', '.join(sorted(kinds.keys() - HAVE_OPTIONS))}"
            )
        values[name] = _typed(name, text, kinds[name])
    return tuple(sorted(values.items()))


def _typed(name: str, text: str, kind: Any) -> Any:
    if get_origin(kind) is Literal:
        if text not in get_args(kind):
            raise OverrideRejected(f"{name} is one of {', '.join(get_args(kind))}, not {text!r}")
        return text
    try:
        return TRUTH[text.lower()] if kind is bool else kind(text)
    except (KeyError, ValueError) as reason:
        raise OverrideRejected(f"{name} is a {kind.__name__}, not {text!r}") from reason


def apply_overrides(config: FitConfig, overrides: Overrides) -> FitConfig:
    """The settings with `overrides`; a loss that the row is trained without stays off.

    Raises OverrideRejected for a value out of its range.
    """
    off = {name for name in WEIGHTS if getattr(config, name) == 0}
    values: Mapping[str, Any] = {name: value for name, value in overrides if name not in off}
    try:
        return replace(config, **values)
    except SettingRejected as reason:
        raise OverrideRejected(str(reason)) from reason


def short_digest(overrides: Overrides) -> str:
    """Six hexadecimal digits that tell sets of overrides apart; "" for none."""
    if not overrides:
        return ""
    return hashlib.sha256(json.dumps(overrides).encode()).hexdigest()[:6]


def short_words(overrides: Overrides) -> str:
    """What tells a row apart in a title: the settings where they are few, else their digest in brackets."""
    said = words(overrides).replace(", ", " ")
    return said if len(said) <= TITLE_CHARACTERS else f"[{short_digest(overrides)}]"


def words(overrides: Overrides) -> str:
    """`name=value, ...` for people."""
    return ", ".join(f"{name}={value}" for name, value in overrides)
