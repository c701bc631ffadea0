"""Options of `python -m ml study`. Imports nothing heavy: every command of `ml` passes here."""

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ml.study.plan import Asks
    from ml.study.rows import Row

Number = TypeVar("Number", int, float)
STOPPED = 130  # as a shell says it of a program that SIGINT ended


def add_study(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `study` with its own commands; each sets `command`, as all of `python -m ml` do."""
    study = commands.add_parser("study", prog="equimark study", help="repeat the paper's experiments")
    studies = study.add_subparsers(required=True)
    _add_table(studies)
    _add_ablation(studies)


def _add_table(studies: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    table = studies.add_parser(
        "table",
        help="the paper's tables with our numbers; killed and run again, it goes on",
        description="Train every cell that is missing and write table.json, table.md, table.svg, sheet.png.",
    )
    table.add_argument(
        "--systems", type=_names, required=True, help="rows, e.g. seq_mt_blocks,comm_mt_blocks"
    )
    table.add_argument("--losses", type=_names, default=(), help="e.g. L,L+ELT; default: all of a system")
    table.add_argument(
        "--percent", type=_percents, default=(5.0, 10.0, 20.0, 50.0, 100.0), help="of images with landmarks"
    )
    table.add_argument(
        "--choice", choices=("balanced", "medoids"), help="of the labelled images; default: the system's own"
    )
    _add_shared(table, seeds=1)
    table.set_defaults(command=_table)


def _add_ablation(studies: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    ablation = studies.add_parser(
        "ablation",
        help="the recipe, and the recipe with each of its switches turned over",
        description="As `table`, for the recipe's switches; table.md says what each of them brings.",
    )
    ablation.add_argument(
        "--switches", type=_names, default=(), help="e.g. teacher,bends; default: all, mirror where named"
    )
    ablation.add_argument("--percent", type=_percent, default=5.0, help="of images with landmarks")
    _add_shared(ablation, seeds=3)
    ablation.set_defaults(command=_ablation)


def _add_shared(study: argparse.ArgumentParser, *, seeds: int) -> None:
    """What every study is told; `seeds` is how many there are unless said."""
    study.add_argument("--data", required=True, help="blocks, shapes, or a folder in the common layout")
    given = study.add_mutually_exclusive_group()
    given.add_argument("--seeds", type=_positive, default=seeds, help="how many: 0, 1, ...")
    given.add_argument("--seed-list", type=_seed_list, help="which, e.g. 0,1,2")
    study.add_argument(
        "--out", type=Path, required=True, help="folder of the study, also of an unfinished one"
    )
    study.add_argument("--count", type=_positive, default=3200, help="images a side of a generated set")
    study.add_argument("--jobs", type=_positive, default=1, help="cells at once, in processes of their own")
    study.add_argument("--threads", type=_positive, help="of each; default: all for one job, else one")
    study.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of FitConfig, repeatable"
    )
    study.add_argument("--force", action="store_true", help="run again what is there, too")


def _names(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not names:
        raise argparse.ArgumentTypeError("no name is given")
    return names


def _numbers(text: str, kind: "Callable[[str], Number]") -> "set[Number]":
    """Those that stand in `text` with commas between."""
    try:
        return {kind(part) for part in text.split(",")}
    except ValueError as reason:
        raise argparse.ArgumentTypeError(f"not numbers with commas between: {text!r}") from reason


def _percents(text: str) -> tuple[float, ...]:
    percents = sorted(_numbers(text, float))
    if not all(0 < percent <= 100 for percent in percents):
        raise argparse.ArgumentTypeError("percentages lie above 0 and are at most 100")
    return tuple(percents)


def _percent(text: str) -> float:
    percents = _percents(text)
    if len(percents) > 1:
        raise argparse.ArgumentTypeError("an ablation is made at one percentage")
    return percents[0]


def _seed_list(text: str) -> tuple[int, ...]:
    seeds = tuple(sorted(_numbers(text, int)))
    if seeds[0] < 0:
        raise argparse.ArgumentTypeError("seeds are 0 or more")
    return seeds


def _positive(text: str) -> int:
    (number, *more) = _numbers(text, int)
    if more or number < 1:
        raise argparse.ArgumentTypeError("must be one number of 1 or more")
    return number


def _table(options: argparse.Namespace) -> None:
    from ml.study.overrides import parse_overrides  # noqa: PLC0415  # torch takes seconds
    from ml.study.plan import Ask  # noqa: PLC0415  # as above

    ask = Ask(
        systems=options.systems,
        losses=options.losses,
        percents=options.percent,
        seeds=_seeds(options),
        overrides=parse_overrides(options.set),
        choice=options.choice,
    )
    _study(options, ask)


def _ablation(options: argparse.Namespace) -> None:
    from ml.study.ablation import SWITCHES, AblationAsk  # noqa: PLC0415  # torch takes seconds
    from ml.study.overrides import parse_overrides  # noqa: PLC0415  # as above

    ask = AblationAsk(
        switches=options.switches or tuple(name for name in SWITCHES if name != "mirror"),
        percent=options.percent,
        seeds=_seeds(options),
        overrides=parse_overrides(options.set),
    )
    _study(options, ask)


def _seeds(options: argparse.Namespace) -> tuple[int, ...]:
    return options.seed_list or tuple(range(options.seeds))


def _study(options: argparse.Namespace, ask: "Asks") -> None:
    from ml.study.table import Request, screen, study_table  # noqa: PLC0415  # torch takes seconds

    request = Request(
        data=options.data,
        ask=ask,
        out=options.out,
        count=options.count,
        jobs=options.jobs,
        threads=options.threads or 0,
        is_forced=options.force,
    )
    try:
        study_table(request)
    except KeyboardInterrupt:
        screen.print("Stopped. The same command goes on from here.")
        raise SystemExit(STOPPED) from None


def commands_of(rows: "Sequence[Row]", data: str, count: int | None) -> list[str]:
    """The commands that make these rows, one for each set of settings by hand; no paths in them.

    data    name of the set
    count   images a side, of a generated set that is not of the paper's size
    """
    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        # the seeds and percentages of one command are those of all its rows
        seeds = tuple(sorted({seed for entry in row.entries.values() for seed in entry.values}))
        groups.setdefault((row.overrides, row.choice, tuple(row.entries), seeds), []).append(row)
    return [_command_of(group, data, count) for group in groups.values()]


def _command_of(rows: "Sequence[Row]", data: str, count: int | None) -> str:
    first = rows[0]
    seeds = sorted({seed for entry in first.entries.values() for seed in entry.values})
    words = ["equimark", "study", "table", "--data", data]
    words += ["--systems", ",".join(dict.fromkeys(row.system for row in rows))]
    words += ["--losses", ",".join(dict.fromkeys(row.losses for row in rows))]
    words += ["--percent", ",".join(f"{percent:g}" for percent in sorted(first.entries))]
    words += ["--seed-list", ",".join(map(str, seeds))]
    words += ["--count", str(count)] if count else []
    words += ["--choice", first.choice] if first.choice else []
    for name, value in first.overrides:
        words += ["--set", f"{name}={value}"]
    return shlex.join([*words, "--out", "DIR"])
