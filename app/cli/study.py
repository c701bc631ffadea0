"""`equimark study`: the paper's tables with our numbers, and the recipe's switches (`python -m ml study`)."""

import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

study_commands = typer.Typer(help="Repeat the paper's experiments.", no_args_is_help=True)
KILLED = 128  # plus the signal's number: how a shell says that a program was ended by one


def add_to(cli: typer.Typer) -> None:
    """Register the family."""
    cli.add_typer(study_commands, name="study")


Data = Annotated[str, typer.Option(help="blocks, shapes, or a folder in the common layout.")]
Out = Annotated[Path, typer.Option(help="Folder of the study, also of an unfinished one.")]
SeedList = Annotated[str, typer.Option(help="Which, e.g. 0,1,2; instead of --seeds.")]
Count = Annotated[int, typer.Option(min=1, help="Images a side of a generated set.")]
Jobs = Annotated[int, typer.Option(min=1, help="Cells at once, in processes of their own.")]
Threads = Annotated[int | None, typer.Option(min=1, help="Of each; without it all for one job, else one.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A setting of the training runs, repeatable."),
]
Force = Annotated[bool, typer.Option("--force", help="Run again what is there, too.")]


@study_commands.command("table")
def study_table(  # noqa: PLR0913  # a command's options are its signature
    *,
    data: Data,
    systems: Annotated[str, typer.Option(help="Rows, e.g. seq_mt_blocks,comm_mt_blocks.")],
    out: Out,
    losses: Annotated[str, typer.Option(help="E.g. L,L+ELT; without it all that a system offers.")] = "",
    percent: Annotated[str, typer.Option(help="Of the images with landmarks.")] = "5,10,20,50,100",
    seeds: Annotated[int | None, typer.Option(min=1, help="How many: 0, 1, ... [default: 1]")] = None,
    seed_list: SeedList = "",
    choice: Annotated[
        str, typer.Option(help="Of the labelled images: balanced or medoids [default: the system's own].")
    ] = "",
    count: Count = 3200,
    jobs: Jobs = 1,
    threads: Threads = None,
    set_: Settings = None,
    force: Force = False,
) -> None:
    """Train what is missing, write table.json, .md, .svg and sheet.png. Killed and run again, it goes on."""
    options = {
        "--data": data,
        "--systems": systems,
        "--losses": losses,
        "--percent": percent,
        "--seeds": seeds,
        "--seed-list": seed_list,
        "--out": out,
        "--choice": choice,
        "--count": count,
        "--jobs": jobs,
        "--threads": threads,
    }
    raise typer.Exit(_run("table", options, set_, force=force))


@study_commands.command("ablation")
def study_ablation(  # noqa: PLR0913  # a command's options are its signature
    *,
    data: Data,
    out: Out,
    switches: Annotated[
        str, typer.Option(help="E.g. teacher,bends; without it all, mirror only where named.")
    ] = "",
    percent: Annotated[float, typer.Option(help="Of the images with landmarks.")] = 5.0,
    seeds: Annotated[int | None, typer.Option(min=1, help="How many: 0, 1, ... [default: 3]")] = None,
    seed_list: SeedList = "",
    count: Count = 3200,
    jobs: Jobs = 1,
    threads: Threads = None,
    set_: Settings = None,
    force: Force = False,
) -> None:
    """Train the recipe, and the recipe with each switch turned over; table.md says what each one brings."""
    options = {
        "--data": data,
        "--switches": switches,
        "--percent": percent,
        "--seeds": seeds,
        "--seed-list": seed_list,
        "--out": out,
        "--count": count,
        "--jobs": jobs,
        "--threads": threads,
    }
    raise typer.Exit(_run("ablation", options, set_, force=force))


def _run(study: str, options: Mapping[str, object], settings: list[str] | None, *, force: bool) -> int:
    """Run `python -m ml study` with the options that were given. Its exit status."""
    # joined with "=", so that a value may begin with a minus sign
    given = [f"{name}={value}" for name, value in options.items() if value not in {None, ""}]
    given += [f"--set={pair}" for pair in settings or ()]
    return _run_child([study, *given, *(["--force"] if force else [])])


def _run_child(arguments: list[str]) -> int:
    """Run the child to its end; SIGINT and SIGTERM are its business. Its exit status."""
    # a group of its own: Ctrl-C in the terminal reaches this process alone, which then tells the child once
    child = subprocess.Popen(  # noqa: S603  # our own program with arguments of our own
        [sys.executable, "-m", "ml", "study", *arguments], process_group=0
    )

    def tell(number: int, _frame: FrameType | None) -> None:
        child.send_signal(number)

    before = {number: signal.signal(number, tell) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        status = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return status if status >= 0 else KILLED - status
