"""What both studies do: run the cells that are missing, and leave tables with the paper's numbers in them."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from ml.durable import write_durably
from ml.errors import LearningError
from ml.study.ablation import effects_of
from ml.study.cells import Cell
from ml.study.command import commands_of
from ml.study.leftovers import shared_folder
from ml.study.plan import Asks, Plan, Pools, make_plan, results_in
from ml.study.plots import error_plot
from ml.study.report import Study, markdown, screen_table
from ml.study.rows import rows_of
from ml.study.runner import News, run_cells
from ml.study.sets import PAPER_COUNT, DataSet, open_set
from ml.study.sheet import write_sheet
from ml.study.systems import known_systems
from ml.study.value import worths_of

out_console = Console()
screen = Console(stderr=True, highlight=False)


class OutTaken(LearningError):
    """The folder of a study holds one of another set, whose results would be written over."""

    code = "out_taken"


class CellsFailed(LearningError):
    """Some cells of a study have no result; the others have."""

    code = "cells_failed"


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the command line asks for.

    data      "blocks", "shapes" or a folder in the common layout
    count     images a side of a generated set
    jobs      cells at once
    threads   of each; 0: torch's choice for one job, one thread for several
    """

    data: str
    ask: Asks
    out: Path
    count: int = PAPER_COUNT
    jobs: int = 1
    threads: int = 0
    is_forced: bool = False


def study_table(request: Request) -> None:
    """Run the cells that are missing, write table.json, .md, .svg and sheet.png after each, print the table.

    Raises CellsFailed at the end when a cell has no result, and before anything runs UnknownSystem,
    LossesNotOffered, UnknownSwitch, OverrideRejected, UnknownNet, NotInstalled, FolderRejected, OutTaken.
    KeyboardInterrupt when it was stopped: the same request goes on.
    """
    request.ask.cells()  # a wrong name is refused before thousands of images are drawn
    with shared_folder(request.out):
        _run(request)


def _run(request: Request) -> None:
    data = open_set(request.data, request.out, count=request.count)
    _check_out(request.out, data.name)
    pools = Pools(data.folder)
    plan = make_plan(request.ask, pools, request.out, is_forced=request.is_forced)
    _announce(plan)
    files = Files(request, data, pools, {cell.key for cell in plan.to_run} if request.is_forced else set())
    threads = request.threads or (1 if request.jobs > 1 else 0)
    try:
        if plan.to_run:
            with Stage.opened(files, len(plan.to_run)) as stage:
                run_cells(plan.to_run, data.path, request.out, stage, jobs=request.jobs, threads=threads)
    finally:
        study = files.write()
        if study.rows:
            out_console.print(screen_table(study))
    if files.failed:
        listed = "; ".join(f"{key}: {reason}" for key, reason in files.failed)
        raise CellsFailed(f"{len(files.failed)} of {len(plan.to_run)} cells failed: {listed}")


def _check_out(out: Path, name: str) -> None:
    """Raises OutTaken. Cells of two sets have the same names, so that one study would undo the other."""
    try:
        there = json.loads((out / "table.json").read_text(encoding="utf-8"))["data"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    if there != name:
        raise OutTaken(f"{out.name} holds a study of {there}, so take another folder for {name}")


def _announce(plan: Plan) -> None:
    for cell in plan.outdated:
        screen.print(f"{cell.key}: its result is of other settings or data, so it runs again")
    for cell, lack in plan.empty:
        screen.print(f"{cell.key}: left out, {lack}")
    screen.print(f"{len(plan.done)} cells are there, {len(plan.to_run)} to run")


@dataclass
class Files:
    """The files of a study, written anew from all results that hold, also those of another process.

    awaited   keys of cells whose old result is not wanted
    """

    request: Request
    data: DataSet
    pools: Pools
    awaited: set[str]
    failed: list[tuple[str, str]] = field(default_factory=list)

    def write(self) -> Study:
        """table.json, table.md, table.svg and sheet.png; each of them whole or as it was."""
        kept = results_in(self.request.out, self.pools, known_systems())
        results = [result for result in kept if result["key"] not in self.awaited]
        rows = rows_of(results, self.data)
        study = Study(
            data=self.data,
            rows=rows,
            worths=worths_of(rows),
            effects=effects_of(rows),
            commands=commands_of(rows, self.data.name, self._count),
            machines=sorted({result["device"] for result in results}),
            failed=self.failed,
        )
        out = self.request.out
        _write(out / "table.json", json.dumps(_json(study), indent=1) + "\n")
        _write(out / "table.md", markdown(study))
        _write(out / "table.svg", error_plot(rows, title=study.title, unit=self.data.unit))
        write_sheet(out / "sheet.png", results, rows, self.data)
        return study

    @property
    def _count(self) -> int | None:
        """Images a side, where a command has to say so."""
        is_usual = not self.data.paper_name or self.request.count == PAPER_COUNT
        return None if is_usual else self.request.count


def _json(study: Study) -> dict[str, Any]:
    splits = study.data.folder.splits
    return {
        "data": study.data.name,
        "unit": study.data.unit,
        "images": {split: len(samples) for split, samples in splits.items()},
        "commands": list(study.commands),
        "machines": list(study.machines),
        "rows": [row.to_json() for row in study.rows],
        "value": [worth.to_json() for worth in study.worths],
        "ablation": [effect.to_json() for effect in study.effects],
        "failed": dict(study.failed),
    }


def _write(path: Path, text: str) -> None:
    def write(file: Any) -> None:
        file.write(text.encode())

    write_durably(path, write)


@dataclass
class Stage:
    """Hears of the cells: draws the bars and keeps the files up to date."""

    files: Files
    bars: Progress
    whole: TaskID
    tasks: dict[Cell, TaskID] = field(default_factory=dict)

    @classmethod
    def opened(cls, files: Files, cells: int) -> Self:
        """With a bar over all cells."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[news]}"),
        )
        bars = Progress(*columns, console=screen)
        return cls(files, bars, bars.add_task("cells", total=cells, news=""))

    def __enter__(self) -> Self:
        self.bars.start()
        return self

    def __exit__(self, *_reason: object) -> None:
        self.bars.stop()

    def heard(self, news: News) -> None:
        """Step and loss of a running cell."""
        if news.cell not in self.tasks:
            self.tasks[news.cell] = self.bars.add_task(news.cell.key, total=None, news="reading images")
        task = self.tasks[news.cell]
        if news.loss is not None:
            self.bars.update(task, completed=news.step, total=news.steps, news=f"loss {news.loss:.3g}")

    def finished(self, cell: Cell, result: dict[str, Any]) -> None:
        """Write the files with it."""
        self._forget(cell)
        self.files.awaited.discard(cell.key)
        nme, data = result["test"]["nme"], self.files.data
        error = "no image to score" if nme is None else f"{nme * data.factor:.3g} {data.unit}"
        self.bars.console.print(f"{cell.key}: {error}, {result['seconds']:.0f} s")
        self.files.write()

    def failed(self, cell: Cell, reason: BaseException) -> None:
        """Say it now, and in the files."""
        self._forget(cell)
        code = reason.code if isinstance(reason, LearningError) else type(reason).__name__
        self.files.failed.append((cell.key, f"{code}: {reason}"))
        self.bars.console.print(f"[red]{cell.key} failed[/red]: {code}: {reason}")
        self.files.write()

    def _forget(self, cell: Cell) -> None:
        if cell in self.tasks:
            self.bars.remove_task(self.tasks.pop(cell))
        self.bars.advance(self.whole)
