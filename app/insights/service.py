"""Verbs about what the labels of a project say together."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from app.annotations import repository as labels
from app.annotations.tables import LANDMARKS, PointState, Revision
from app.insights.shapes import FEWEST_SHAPES, Floats, ShapeStatistics, learn
from app.projects import service as projects

MOST_LANDMARKS = 200  # the statistics go to the browser: with 30 factors these are 150 kB
MOST_SHAPES = 1000  # more of them change nothing that could be seen, and reading takes time
STALE_AFTER = 10  # answers, or a tenth of all, whichever is more
KEPT = 32  # projects whose statistics stay in memory


@dataclass(frozen=True)
class ProjectShape:
    """The statistics of a project's shapes with the names of their landmarks."""

    landmarks: tuple[str, ...]
    statistics: ShapeStatistics


@dataclass(frozen=True)
class _Kept:
    schema_version: int
    revision_count: int
    shape: ProjectShape | None


_kept: OrderedDict[tuple[str, int], _Kept] = (
    OrderedDict()
)  # by database and project, the last used at the end
_turn = threading.Lock()


def find_project_shape(session: Session, project_id: int) -> ProjectShape | None:
    """Mean and covariance of the labelled shapes; None while there are too few, or too many landmarks.

    It is learned anew only when the schema changed or enough answers came since.

    Raises:
        ProjectNotFound: there is none.

    """
    project = projects.get_project(session, project_id)
    names = projects.schema_of(project).landmarks
    tally = labels.tallies_of(session, project_id).get(LANDMARKS)
    if tally is None or tally.labelled_count < FEWEST_SHAPES or len(names) > MOST_LANDMARKS:
        return None
    key = (str(session.get_bind().engine.url), project_id)
    with _turn:  # two that ask at once need not compute twice
        kept = _kept.get(key)
        if kept is None or _is_stale(kept, project.schema_version, tally.revision_count):
            shape = _learned(session, project_id, names)
            kept = _kept[key] = _Kept(project.schema_version, tally.revision_count, shape)
        _kept.move_to_end(key)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return kept.shape


def _is_stale(kept: _Kept, schema_version: int, revision_count: int) -> bool:
    enough = max(STALE_AFTER, kept.revision_count // 10)
    # a counter that went back is another database under the same address, e.g. one that was restored
    is_near = 0 <= revision_count - kept.revision_count < enough
    return kept.schema_version != schema_version or not is_near


def _learned(session: Session, project_id: int, names: tuple[str, ...]) -> ProjectShape | None:
    revisions = labels.current_revisions(session, project_id, kinds=[LANDMARKS], limit=MOST_SHAPES)
    statistics = learn(_shapes(revisions, names))
    if statistics is None:
        return None
    known = tuple(name for name, is_known in zip(names, statistics.known, strict=True) if is_known)
    return ProjectShape(known, statistics)


def _shapes(revisions: Sequence[Revision], names: tuple[str, ...]) -> Floats:
    places = {name: n for n, name in enumerate(names)}
    shapes = np.full((len(revisions), len(names), 2), np.nan)
    for shape, revision in zip(shapes, revisions, strict=True):
        for point in revision.body["points"]:
            if point["name"] in places and point["state"] != PointState.ABSENT:
                shape[places[point["name"]]] = point["x"], point["y"]
    return shapes
