"""Whether a new network may take over from the current one."""

from dataclasses import dataclass

from ml.types import Normaliser, Scores

TOLERANCE = 0.02  # of the current error: two equally good networks differ by about as much from seed to seed


@dataclass(frozen=True)
class Verdict:
    """The decision, and the sentence that people read."""

    is_accepted: bool
    words: str


def judge(new: Scores, current: Scores | None, *, normaliser: Normaliser) -> Verdict:
    """Compare two networks on the same validation images.

    new, current   scores on the same samples; None when there is no current network
    """
    if current is None:
        return Verdict(is_accepted=True, words=f"promoted: nothing to compare with{_at(new, normaliser)}")
    if new.nme is None or current.nme is None:
        return Verdict(
            is_accepted=True,
            words="promoted without comparison: no validation image has its landmarks labelled",
        )
    before, after = _words(current.nme, normaliser), _words(new.nme, normaliser)
    basis = f"on {new.images} validation image{'' if new.images == 1 else 's'}"
    if new.nme <= current.nme * (1 + TOLERANCE):
        return Verdict(is_accepted=True, words=f"promoted: {after} after {before} {basis}")
    return Verdict(
        is_accepted=False, words=f"kept aside: {after} is worse than {before} of the current network {basis}"
    )


def _at(scores: Scores, normaliser: Normaliser) -> str:
    if scores.nme is None:
        return ", not measured: no validation image has its landmarks labelled"
    plural = "" if scores.images == 1 else "s"
    return f", {_words(scores.nme, normaliser)} on {scores.images} validation image{plural}"


def _words(nme: float, normaliser: Normaliser) -> str:
    return f"{nme:.2f} px" if normaliser.kind == "pixels" else f"{100 * nme:.1f} %"
