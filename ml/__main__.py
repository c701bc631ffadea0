"""`python -m ml`: make or convert a data set, train on it, predict with an exported network, study losses."""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from ml.config import FitConfig, auto_config, check_losses, has_answers
from ml.data.blocks import write_blocks
from ml.data.folder import Folder, read_folder
from ml.data.shapes import write_shapes
from ml.data.sources import add_convert
from ml.data.subset import with_labels_on
from ml.errors import LearningError
from ml.serve import Predictor
from ml.study.command import add_study
from ml.study.systems import without
from ml.types import Manifest, Scores
from ml.types import Progress as Moment

LOSSES = ("L", "L+A", "L+ELT", "L+ELT+A")
out = Console()
screen = Console(stderr=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 1 for an expected failure, with its code on the error stream."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except LearningError as failure:
        screen.print(f"[red]{failure.code}[/red]: {failure}", highlight=False)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml", description=__doc__)
    commands = parser.add_subparsers(required=True)

    for name, write in (("blocks", write_blocks), ("shapes", write_shapes)):
        made = commands.add_parser(name, help=f"write a set of {name.title()} in the common layout")
        made.add_argument("--out", type=Path, required=True)
        made.add_argument("--count", type=int, required=True, help="training images")
        made.add_argument("--validation", type=int, default=0)
        made.add_argument("--test", type=int, default=0)
        made.add_argument("--seed", type=int, default=0)
        made.set_defaults(command=_write, write=write)
    add_convert(commands)

    fit = commands.add_parser("fit", help="train on a folder in the common layout")
    fit.add_argument("folder", type=Path)
    fit.add_argument("--percent", type=float, default=100, help="of images keeping their landmarks")
    fit.add_argument("--losses", choices=LOSSES, help="default: all that the labels have something for")
    fit.add_argument("--seed", type=int, default=0)
    fit.add_argument("--steps", type=int)
    fit.add_argument("--net")
    fit.add_argument("--input-px", type=int)
    fit.add_argument("--threads", type=int)
    fit.add_argument(
        "--deterministic",
        action="store_true",
        default=None,
        help="the same weights bit by bit, also on a GPU",
    )
    fit.add_argument("--out", type=Path, help="folder for the network; a run resumes there")
    fit.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    fit.set_defaults(command=_fit)

    predict = commands.add_parser("predict", help="predict with an ONNX file; one JSON object a line")
    predict.add_argument("onnx", type=Path)
    predict.add_argument("images", type=Path, nargs="+")
    predict.add_argument("--views", type=int, default=0, help="views to measure doubt by, up to 8")
    predict.set_defaults(command=_predict)
    add_study(commands)
    return parser


def _write(options: argparse.Namespace) -> None:
    counts = {"train": options.count, "validation": options.validation, "test": options.test}
    options.write(options.out, seed=options.seed, **counts)
    out.print(f"{sum(counts.values())} images in {options.out}")


def _losses(options: argparse.Namespace, manifest: Manifest) -> str:
    if options.losses is None:
        return "L+ELT+A" if has_answers(manifest) else "L+ELT"
    check_losses(options.losses, manifest)
    return str(options.losses)


def _config(options: argparse.Namespace, manifest: Manifest, losses: str) -> FitConfig:
    names = ("steps", "net", "input_px", "threads", "seed", "deterministic")
    asked = {name: getattr(options, name) for name in names}
    chosen = {name: value for name, value in asked.items() if value is not None}
    config = replace(auto_config(manifest), **chosen)
    return replace(config, **without(losses))


class _Bar:
    """A listener that draws a progress bar."""

    def __init__(self, bar: Progress) -> None:
        self.bar = bar
        self.task = bar.add_task("reading images", total=None)

    def progressed(self, progress: Moment) -> None:
        losses = " ".join(f"{name} {value:.3g}" for name, value in progress.losses.items())
        self.bar.update(self.task, description=losses, completed=progress.step, total=progress.steps)

    def wants_stop(self) -> bool:
        return False


def _fit(options: argparse.Namespace) -> None:
    from ml.train import evaluate, fit  # noqa: PLC0415  # torch takes seconds; the other commands need none

    folder = read_folder(options.folder)
    manifest = with_labels_on(folder.manifest(), options.percent, options.seed)
    losses = _losses(options, manifest)
    config = _config(options, manifest, losses)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen) as bar:
        fitted = fit(manifest, config, _Bar(bar), work_dir=options.out)
    if os.environ.get("RANK", "0") != "0":  # one of several that torchrun started: the first speaks for all
        return
    test = evaluate(
        fitted.net,
        folder.splits["test"],
        landmarks=manifest.landmarks,
        attributes=manifest.attributes,
        normaliser=manifest.normaliser,
        input_px=config.input_px,
        views=config.test_views,
    )
    files: dict[str, Any] = {}
    if options.out is not None:
        from ml.checkpoint import save  # noqa: PLC0415  # as above
        from ml.export import export_onnx  # noqa: PLC0415

        files["sha256"] = save(fitted, options.out / "network.safetensors")
        files["onnx"] = export_onnx(options.out / "network.safetensors", options.out / "network.onnx").sha256
    scores = {"validation": fitted.scores, "test": test}
    if options.json:
        plain = {side: values.to_json() for side, values in scores.items()}
        found = {"losses": losses, "percent": options.percent, "config": config.to_json()}
        sys.stdout.write(json.dumps({**found, **plain, **files}) + "\n")
    else:
        out.print(config.reason)
        out.print(_table(folder, losses, options.percent, scores))


def _table(folder: Folder, losses: str, percent: float, scores: Mapping[str, Scores]) -> Table:
    in_pixels = folder.normaliser.kind == "pixels"
    error = "error, px" if in_pixels else "error, % of normaliser"
    title = f"{folder.name}: {losses}, {percent:g} % of landmarks"
    table = Table("side", error, "within 0.1", "attributes right", "images", title=title)
    for side, values in scores.items():
        right = list(values.attribute_accuracy.values())
        table.add_row(
            side,
            "-" if values.nme is None else f"{values.nme * (1 if in_pixels else 100):.2f}",
            "-" if values.pck is None else f"{values.pck:.3f}",
            f"{sum(right) / len(right):.3f}" if right else "-",
            str(values.images),
        )
    return table


def _predict(options: argparse.Namespace) -> None:
    predictor = Predictor(options.onnx)
    for image in options.images:
        (found,) = predictor.predict([image], views=options.views)
        row: dict[str, Any] = {
            "image": image.name,
            "landmarks": dict(zip(predictor.landmarks, found.xy.round(2).tolist(), strict=True)),
            "confidence": found.confidence.round(3).tolist(),
            "attributes": found.attributes,
        }
        if found.doubt_px is not None:
            row["doubt_px"] = found.doubt_px.round(2).tolist()
        sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    sys.exit(main())
