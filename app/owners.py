"""To which project a thing belongs that a path names: what the gate must know before it can ask for a role.

Like app/tables.py this file knows all features. A parameter of a path that is not here is none of the gate's
business: its route looks it up inside the project, or among what is the caller's own.
"""

import uuid
from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.access import Thing
from app.errors import NotFound
from app.exchange.errors import ExportNotFound, ImportNotFound
from app.exchange.tables import Export, Import
from app.images.errors import ImageNotFound
from app.images.tables import Image
from app.predictions.service import NetworkNotFound
from app.predictions.tables import Network
from app.projects.service import ProjectNotFound
from app.projects.tables import Project
from app.queue.service import LeaseNotFound
from app.queue.tables import Lease
from app.training.service import RunNotFound
from app.training.tables import Run

_NUMBER, _UUID = TypeAdapter(int), TypeAdapter(uuid.UUID)
MOST = 2**63 - 1  # what a column holds


def _numbered(
    key: InstrumentedAttribute[int],
    project_id: InstrumentedAttribute[int],
    missing: Callable[..., NotFound],
    name: str,
) -> Thing:
    def find_project(session: Session, text: str, _user_id: int) -> int | None:
        number = _parsed(_NUMBER, text)
        if number is None or not 1 <= number <= MOST:
            return None
        return session.scalar(select(project_id).where(key == number))

    return Thing(find_project, lambda text: missing(**{name: text}))


def _find_project_of_lease(session: Session, text: str, user_id: int) -> int | None:
    """A lease is its annotator's alone: nobody else may skip, prolong or end it."""
    lease_id = _parsed(_UUID, text)
    if lease_id is None:
        return None
    return session.scalar(select(Lease.project_id).where(Lease.id == lease_id, Lease.user_id == user_id))


def _parsed(kind: TypeAdapter[Any], text: str) -> Any:
    try:
        return kind.validate_python(text)
    except ValidationError:
        return None


THINGS: dict[str, Thing] = {
    "project_id": _numbered(Project.id, Project.id, ProjectNotFound, "project"),
    "image_id": _numbered(Image.id, Image.project_id, ImageNotFound, "image"),
    "network_id": _numbered(Network.id, Network.project_id, NetworkNotFound, "network"),
    "run_id": _numbered(Run.id, Run.project_id, RunNotFound, "run"),
    "import_id": _numbered(Import.id, Import.project_id, ImportNotFound, "number"),
    "export_id": _numbered(Export.id, Export.project_id, ExportNotFound, "number"),
    "lease_id": Thing(_find_project_of_lease, lambda text: LeaseNotFound(lease=text)),
}
