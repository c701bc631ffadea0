"""`equimark study`: the paper's tables with our numbers, and the recipe's switches (`python -m ml study`)."""

import signal
import subprocess
import sys
from types import FrameType

import typer

study_commands = typer.Typer(help="Repeat the paper's experiments.", no_args_is_help=True)
KILLED = 128  # plus the signal's number: how a shell says that a program was ended by one


def add_to(cli: typer.Typer) -> None:
    """Register the family."""
    cli.add_typer(study_commands, name="study")


# the options are those of `ml/study/command.py`, which reads them, says what they mean and refuses wrong ones
HANDS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@study_commands.command("table", context_settings=HANDS_ON, add_help_option=False)
def study_table(context: typer.Context) -> None:
    """Train what is missing, write table.json, .md, .svg and sheet.png. Killed and run again, it goes on."""
    raise typer.Exit(_run_child(["table", *context.args]))


@study_commands.command("ablation", context_settings=HANDS_ON, add_help_option=False)
def study_ablation(context: typer.Context) -> None:
    """Train the recipe, and the recipe with each switch turned over; table.md says what each one brings."""
    raise typer.Exit(_run_child(["ablation", *context.args]))


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
