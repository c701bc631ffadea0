"""Verbs about projects."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import audit, jobs
from app.access import Caller
from app.errors import Conflict, NotFound
from app.projects.schemas import CONTROL_SHARE, Schema
from app.projects.tables import Project
from app.users import members
from app.users.tables import Membership

ADDED = "added_landmarks"  # in a rank job's payload: what images answered before lack


class ProjectNotFound(NotFound):
    """No such project."""

    message = "There is no project {project}."


class ProjectNameTaken(Conflict):
    """Names are unique, since the command line goes by them."""

    message = "There is already a project called {name}."


class StaleSchema(Conflict):
    """Somebody changed the schema meanwhile."""

    message = "The schema is at version {actual}; your change was made on version {seen}."


class SchemaInUse(Conflict):
    """Removing what labels refer to would orphan them."""

    message = (
        "Labels exist, so these cannot be removed or reordered: {names}. Add new ones at the end instead."
    )


def create(
    session: Session,
    *,
    name: str,
    schema: Schema,
    by: int,
    now: datetime,
    control_share: float = CONTROL_SHARE,
) -> Project:
    """A new, empty project."""
    if session.scalar(select(Project.id).where(Project.name == name)):
        raise ProjectNameTaken(name=name)
    project = Project(
        name=name,
        schema=schema.model_dump(mode="json"),
        control_share=control_share,
        created_by=by,
        created_at=now,
    )
    session.add(project)
    try:
        session.flush()
    except IntegrityError as error:
        raise ProjectNameTaken(name=name) from error
    members.found(session, project_id=project.id, user_id=by, now=now)
    audit.record(
        session,
        at=now,
        user_id=by,
        project_id=project.id,
        action="project.created",
        subject=f"project:{project.id}",
    )
    return project


def get_project(session: Session, project_id: int) -> Project:
    """The project.

    Raises:
        ProjectNotFound: there is none.

    """
    if project := session.get(Project, project_id):
        return project
    raise ProjectNotFound(project=project_id)


def get_project_by_name(session: Session, name_or_id: str) -> Project:
    """The project of this name, or of this number where no project has it as a name."""
    if project := session.scalars(select(Project).where(Project.name == name_or_id)).first():
        return project
    if name_or_id.isascii() and name_or_id.isdigit() and len(name_or_id) < 19:
        return get_project(session, int(name_or_id))
    raise ProjectNotFound(project=name_or_id)


def check_seen(session: Session, project_id: int, *, seen_by: Caller) -> None:
    """Raise ProjectNotFound for a project that the caller may not see."""
    found = list_projects(session, seen_by=seen_by, after_id=project_id - 1, limit=1)
    if [project.id for project in found] != [project_id]:
        raise ProjectNotFound(project=project_id)


def schema_of(project: Project) -> Schema:
    """The schema as a value."""
    return Schema.model_validate(project.schema)


def list_projects(
    session: Session, *, seen_by: Caller | None = None, after_id: int = 0, limit: int = 50
) -> Sequence[Project]:
    """Projects in the order of their making; only those that the caller may see, where one is given."""
    listed = select(Project).where(Project.id > after_id).order_by(Project.id).limit(limit)
    if seen_by is not None and seen_by.member_id is not None:
        theirs = select(Membership.project_id).where(Membership.user_id == seen_by.member_id)
        listed = listed.where(Project.id.in_(theirs))
    if seen_by is not None and seen_by.only_project_id is not None:
        listed = listed.where(Project.id == seen_by.only_project_id)
    return session.scalars(listed).all()


def change(
    session: Session,
    project_id: int,
    *,
    name: str | None,
    schema: Schema | None,
    base_schema_version: int | None,
    has_labels: bool,
    by: int,
    now: datetime,
) -> Project:
    """Rename, or change the schema. With labels, a schema may only grow at its end."""
    # a stronger lock would wait for every insert that refers to the project, on a busy one for ever
    locked = select(Project).where(Project.id == project_id).with_for_update(key_share=True)
    project = session.scalars(locked).first()
    if project is None:
        raise ProjectNotFound(project=project_id)
    if name is not None and name != project.name:
        if session.scalar(select(func.count()).where(Project.name == name)):
            raise ProjectNameTaken(name=name)
        project.name = name
    if schema is not None and schema != schema_of(project):
        before = schema_of(project).landmarks
        _change_schema(project, schema, base_schema_version=base_schema_version, has_labels=has_labels)
        if has_labels and (added := [each for each in schema.landmarks if each not in before]):
            # its own job: one that waits already may be taken before this is committed
            about = {"project_id": project.id, "subject_id": project.id}
            jobs.enqueue(session, jobs.JobKind.RANK, now=now, **about).payload = {ADDED: added}
    session.flush()
    audit.record(
        session,
        at=now,
        user_id=by,
        project_id=project.id,
        action="project.changed",
        subject=f"project:{project.id}",
        name=name,
        schema_version=project.schema_version,
    )
    return project


def _change_schema(
    project: Project, schema: Schema, *, base_schema_version: int | None, has_labels: bool
) -> None:
    if base_schema_version is not None and base_schema_version != project.schema_version:
        raise StaleSchema(actual=project.schema_version, seen=base_schema_version)
    if has_labels:
        _check_only_grown(schema_of(project), schema)
    project.schema = schema.model_dump(mode="json")
    project.schema_version += 1


def _check_only_grown(old: Schema, new: Schema) -> None:
    lost = [name for name, kept in zip(old.landmarks, new.landmarks, strict=False) if name != kept]
    lost += old.landmarks[len(new.landmarks) :]
    for attribute in old.attributes:
        successor = new.find_attribute(attribute.name)
        if successor is None or successor.kind != attribute.kind:
            lost.append(attribute.name)
        elif attribute.kind == "classes" and successor.kind == "classes":
            lost += [
                f"{attribute.name}: {each}" for each in attribute.classes if each not in successor.classes
            ]
    if lost:
        raise SchemaInUse(names=", ".join(lost))


def set_control_share(session: Session, project_id: int, *, share: float, by: int, now: datetime) -> None:
    """On which share of the asks the prediction is hidden, from the next ask on."""
    project = get_project(session, project_id)
    project.control_share = share
    session.flush()
    audit.record(
        session,
        at=now,
        user_id=by,
        project_id=project.id,
        action="project.control_share_set",
        subject=f"project:{project.id}",
        share=share,
    )


def count_images(session: Session, project_id: int, added: int) -> None:
    """Move the counter that pages show; in the transaction that adds or archives the images."""
    moved = update(Project).where(Project.id == project_id)
    session.execute(moved.values(image_count=Project.image_count + added))
