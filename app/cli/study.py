"""`equimark study table`: the paper's tables with our numbers. The work is done by `python -m ml study`."""

import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

study_commands = typer.Typer(help="Repeat the paper's experiments.", no_args_is_help=True)
KILLED = 128  # plus the signal's number: how a shell says that a program was ended by one


def add_to(cli: typer.Typer) -> None:
    """Register the family."""
    cli.add_typer(study_commands, name="study")


@study_commands.command("table")
def study_table(  # noqa: PLR0913  # a command's options are its signature
    *,
    data: Annotated[str, typer.Option(help="blocks, shapes, or a folder in the common layout.")],
    systems: Annotated[str, typer.Option(help="Rows, e.g. seq_mt_blocks,comm_mt_blocks.")],
    out: Annotated[Path, typer.Option(help="Folder of the study, also of an unfinished one.")],
    losses: Annotated[str, typer.Option(help="E.g. L,L+ELT; without it all that a system offers.")] = "",
    percent: Annotated[str, typer.Option(help="Of the images with landmarks.")] = "5,10,20,50,100",
    seeds: Annotated[int | None, typer.Option(min=1, help="How many: 0, 1, ... [default: 1]")] = None,
    seed_list: Annotated[str, typer.Option(help="Which, e.g. 0,1,2; instead of --seeds.")] = "",
    choice: Annotated[
        str, typer.Option(help="Of the labelled images: balanced or medoids [default: the system's own].")
    ] = "",
    count: Annotated[int, typer.Option(min=1, help="Images a side of a generated set.")] = 3200,
    jobs: Annotated[int, typer.Option(min=1, help="Cells at once, in processes of their own.")] = 1,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Of each; without it all for one job, else one.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A setting of the training runs, repeatable."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Run again what is there, too.")] = False,
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
    # joined with "=", so that a value may begin with a minus sign
    given = [f"{name}={value}" for name, value in options.items() if value not in {None, ""}]
    given += [f"--set={pair}" for pair in set_ or ()]
    raise typer.Exit(_run(["table", *given, *(["--force"] if force else [])]))


def _run(arguments: list[str]) -> int:
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
