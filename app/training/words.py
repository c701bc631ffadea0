"""Runs and networks in words, for every page that shows them.

What a run keeps was written in English by the worker. `STORED` is every sentence that may stand there, so
that pages can say it in their reader's language.
"""

from app.language import _, msgid, number, retell
from app.projects.schemas import LANDMARKS
from app.training.tables import Run, RunStatus

STATUS = {
    RunStatus.QUEUED: msgid("waiting"),
    RunStatus.RUNNING: msgid("running"),
    RunStatus.SUCCEEDED: msgid("done"),
    RunStatus.FAILED: msgid("failed"),
    RunStatus.CANCELLED: msgid("cancelled"),
}
STORED = (
    # reasons, by app/training/service.py, its routes and app/cli
    msgid("asked for"),
    msgid("asked for on the command line"),
    msgid("the first run of the demo"),
    msgid("the first {count} training images have landmarks"),
    msgid("{count} new landmark answers since run {number}"),
    msgid("{count} new attribute answers since run {number}"),
    # settings, by ml/config.py and worker/train.py
    msgid("{some} of {all} images have landmarks: a short run, so that corrections soon replace clicks"),
    msgid("{some} of {all} images have landmarks: a full run of the recipe"),
    msgid("network {net}, as exact as a wider one in half the time"),
    msgid("bfloat16, which this machine computes fast"),
    msgid("float32, no fast bfloat16 here"),
    msgid("without loss A, since no image has an answer"),
    msgid("{count} steps as asked for"),
    msgid("losses {losses} as asked for"),
    # outcomes, by app/training/lifecycle.py, its service and worker/judge.py
    msgid("cancelled before it began"),
    msgid("cancelled at step {step}"),
    msgid("promoted without comparison: no validation image has its landmarks labelled"),
    msgid("promoted: nothing to compare with, not measured: no validation image has its landmarks labelled"),
    msgid("promoted: nothing to compare with, {error} on 1 validation image"),
    msgid("promoted: nothing to compare with, {error} on {count} validation images"),
    msgid("promoted: {after} after {before} on 1 validation image"),
    msgid("promoted: {after} after {before} on {count} validation images"),
    msgid("kept aside: {after} is worse than {before} of the current network on 1 validation image"),
    msgid("kept aside: {after} is worse than {before} of the current network on {count} validation images"),
    # failures, by worker/failures.py, worker/train.py and ml
    msgid("The worker ended while it was doing this, more than once."),
    msgid("Something broke in the worker; its log says what."),
    msgid("The disk of the worker is full; nothing was changed."),
    msgid("Training needs more packages: pip install 'equimark[train]'"),
    msgid("The run needs more memory than there is. Fewer images or landmarks need less. ({error})"),
    msgid("The current network changed again and again while it was compared."),
    msgid("no readable training image has a placed landmark"),
    msgid("no image has an answer for A to learn from"),
    msgid("the loss is not a finite number at step {number}"),
)


def stored_words(sentence: str) -> str:
    """What a run keeps, in the language that is spoken; settings are several reasons in a row."""
    return retell(sentence, STORED)


def begun(sentence: str) -> str:
    """With a capital, as a sentence begins."""
    return sentence[:1].upper() + sentence[1:]


def run_words(run: Run) -> str:
    """E.g. `Run 3: promoted: 2.1 px after 3.0 px on 4 validation images`."""
    state = stored_words(run.outcome) if run.outcome else _(STATUS[RunStatus(run.status)])
    return _("Run {number}: {state}", number=run.number, state=state)


def pool_words(run: Run) -> str:
    """`24 with landmarks (3 to validate), side 210 · 240 images`; nothing before the pool is frozen."""
    counts = run.pool_counts or {}
    if run.pool_sha256 is None or LANDMARKS not in counts:
        return ""
    placed, validation = counts["landmarks"], counts["validation"]
    answers = [_("{count} with landmarks ({validation} to validate)", count=placed, validation=validation)]
    answers += [f"{name} {count}" for name, count in counts["attributes"].items()]
    return f"{', '.join(answers)} · {_('{count} images', count=counts['images'])}"


def error_words(nme: float | None, *, is_pixels: bool) -> str:
    """A validation error with its unit: px, or percent of the normaliser."""
    if nme is None:
        return _("not measured")
    return f"{number(nme, 2)} px" if is_pixels else f"{number(100 * nme, 1)} %"


def duration_words(seconds: float) -> str:
    """`42 s`, `7 min 3 s`, `2 h 5 min`: no finer than a reader of runs compares."""
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return _("{seconds} s", seconds=rest)
    if minutes < 60:
        return _("{minutes} min {seconds} s", minutes=minutes, seconds=rest)
    return _("{hours} h {minutes} min", hours=number(minutes // 60), minutes=minutes % 60)
