"""Rows as Markdown and for the screen."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.markup import escape
from rich.table import Table

from ml.study.ablation import Effect
from ml.study.overrides import short_words, words
from ml.study.paper import PAPER
from ml.study.rows import Entry, Row
from ml.study.sets import PAPER_COUNT, DataSet
from ml.study.value import Worth


@dataclass(frozen=True, kw_only=True)
class Study:
    """All that the files of a study say.

    commands    that make its rows, without paths
    machines    in words
    failed      cell -> reason, in words
    """

    data: DataSet
    rows: Sequence[Row]
    worths: Sequence[Worth]
    effects: Sequence[Effect]
    commands: Sequence[str]
    machines: Sequence[str]
    failed: Sequence[tuple[str, str]]

    @property
    def percents(self) -> list[float]:
        """Columns: every percentage that any row has."""
        return sorted({percent for row in self.rows for percent in row.entries})

    @property
    def title(self) -> str:
        """What was measured on what."""
        return f"{self.data.name}: test error, {self.data.unit}"


def markdown(study: Study) -> str:
    """The tables as one Markdown text with their footnotes."""
    parts = [f"# {study.title}", _errors(study), _notes(study)]
    if any(entry.accuracy is not None for row in study.rows for entry in row.entries.values()):
        parts += ["## Right attributes, % of test images", _accuracies(study)]
    if study.worths:
        parts += ["## What other answers are worth in landmark labels", _worths(study)]
    if study.effects:
        parts += ["## What each switch of the recipe brings", _effects(study)]
    if study.failed:
        parts += ["## Failed", "\n".join(f"* {_cell(key)}: {_cell(reason)}" for key, reason in study.failed)]
    return "\n\n".join(parts) + "\n"


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    """Text that cannot end its table cell."""
    return " ".join(text.replace("|", "\\|").split())


def _columns(study: Study) -> list[str]:
    return [f"{percent:g} %" for percent in study.percents]


def _errors(study: Study) -> str:
    body = []
    for row in study.rows:
        found = [row.entries.get(percent) for percent in study.percents]
        body.append([_cell(row.title), *(number_words(entry) for entry in found)])
        if row.paper:
            beneath = [paper_words(row, percent) for percent in study.percents]
            body.append(["*paper (ours / paper)*", *beneath])
    return _table(["system", *_columns(study)], body)


def number_words(entry: Entry | None) -> str:
    """`mean ± sd (n)`, "-" for nothing."""
    if entry is None:
        return "-"
    spread = "" if entry.sd is None else f" ± {rounded(entry.sd)}"
    return f"{rounded(entry.mean)}{spread} ({entry.n})"


def rounded(number: float) -> str:
    """Two decimals below ten, one above: the digits that the paper gives."""
    return f"{number:.2f}" if number < 10 else f"{number:.1f}"


def paper_words(row: Row, percent: float) -> str:
    """The paper's number of a column and ours over it."""
    paper, entry = row.paper.get(percent), row.entries.get(percent)
    if paper is None:
        return "-"
    return f"*{paper:g}*" if entry is None or entry.ratio is None else f"*{paper:g} ({entry.ratio:.2f})*"


def _accuracies(study: Study) -> str:
    body = []
    for row in study.rows:
        shares = [entry.accuracy if (entry := row.entries.get(p)) else None for p in study.percents]
        if any(share is not None for share in shares):
            found = ["-" if share is None else f"{share * 100:.1f}" for share in shares]
            body.append([_cell(row.title), *found])
    return _table(["system", *_columns(study)], body)


def _notes(study: Study) -> str:
    splits = study.data.folder.splits
    counts = ", ".join(f"{len(samples)} {split}" for split, samples in splits.items())
    notes = [
        "Columns: share of the training images that keep their landmarks; all keep their attributes.",
        f"Error: {_error_words(study)}. `mean ± sample standard deviation (number of seeds)`.",
        f"Images: {counts}.",
        f"Machine: {'; '.join(study.machines) or '-'}.",
        *(f"Command: `{command}`." for command in study.commands),
    ]
    by_hand = {short_words(row.overrides): words(row.overrides) for row in study.rows}
    notes += [f"{short}: {by_hand[short]}." for short in sorted(by_hand) if short.startswith("[")]
    known = PAPER.get(study.data.paper_name or "")
    if known and any(row.paper for row in study.rows):
        notes.append(
            f"Paper: Honari et al., CVPR 2018 (arXiv 1709.01591), {known.citation}, mean of 5 seeds."
        )
        if study.data.name == "blocks" and len(splits["train"]) != PAPER_COUNT:
            notes.append(f"**The paper's percentages are of {PAPER_COUNT} images, so compare with care.**")
    return "\n".join(f"* {note}" for note in notes)


def _error_words(study: Study) -> str:
    normaliser = study.data.folder.normaliser
    if normaliser.kind == "pixels":
        return "mean distance of predicted and true landmarks, px"
    if normaliser.between:
        return f"mean distance, % of the distance of {normaliser.between[0]} and {normaliser.between[1]}"
    return "mean distance, % of sqrt(width x height) of the box round the true landmarks"


def _worths(study: Study) -> str:
    head = [
        "system",
        "labels",
        "images with landmarks",
        "as good with L alone",
        "factor",
        "worth of one",
        "90 %",
    ]
    body = [
        [
            _cell(worth.title),
            f"{worth.percent:g} %",
            str(worth.labelled),
            f"{worth.bound}{worth.equal_labelled:.0f}",
            f"{worth.bound}{worth.factor:.2f}",
            "-" if worth.worth is None else f"{worth.per}: {worth.bound}{worth.worth:.4f}",
            interval_words(worth),
        ]
        for worth in study.worths
    ]
    note = (
        "How many images with landmarks give L alone the same error (straight lines between the measured "
        "points of log error over log labels, never beyond them: then `>=` or `<=`), and how many landmark-"
        "labelled images one attribute label or one unlabelled image is worth. 90 %: bootstrap over seeds, "
        "with the same signs before an end that lies where the measured points end."
    )
    return f"{_table(head, body)}\n\n{note}"


def interval_words(worth: Worth) -> str:
    """E.g. `-0.0100 to >= 0.0450`, "-" for nothing."""
    if worth.interval is None or worth.interval_bounds is None:
        return "-"
    ends = zip(worth.interval_bounds, worth.interval, strict=True)
    return " to ".join(f"{bound}{end:.4f}" for bound, end in ends)


def _effects(study: Study) -> str:
    head = ["switch", "labels", "in the recipe", "on", "off", "on - off", "verdict"]
    body = [
        [
            effect.switch,
            f"{effect.percent:g} %",
            "yes" if effect.is_in_recipe else "no",
            rounded(effect.with_it),
            rounded(effect.without_it),
            f"{effect.difference:+.2f}"
            + ("" if effect.sd is None else f" ± {effect.sd:.2f}")
            + f" ({effect.n})",
            effect.verdict,
        ]
        for effect in study.effects
    ]
    note = (
        "Errors as above; differences seed by seed, mean ± sample standard deviation (number of seeds). "
        "`within noise`: the 95 % interval of the mean difference (Student's t) holds 0."
    )
    return f"{_table(head, body)}\n\n{note}"


def screen_table(study: Study) -> Table:
    """The table of errors for a terminal."""
    table = Table("system", *_columns(study), title=study.title)
    for row in study.rows:
        found = [row.entries.get(percent) for percent in study.percents]
        table.add_row(escape(row.title), *(number_words(entry) for entry in found))
        if row.paper:
            beneath = [paper_words(row, percent).strip("*") for percent in study.percents]
            table.add_row("  paper (ours / paper)", *beneath, style="dim")
    return table
