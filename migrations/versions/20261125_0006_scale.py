"""Scale: sums of the control arm, unanswered asks by image, and on PostgreSQL parts of image names.

The sums are made of the answers that are there. The extension pg_trgm comes with PostgreSQL and is trusted:
the owner of a database may create it.

Revision: 0006
Follows: 0005
"""

import math
from collections import defaultdict
from statistics import fmean

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(JSONB(), "postgresql")
ROWS_AT_ONCE = 1000
NAMES = "ix_images_name_trigrams"
SUMS = ("answer_count", "seconds", "seconds_squared", "placed_count", "distance_px", "distance_px_squared")


def upgrade() -> None:
    op.create_table(
        "arm_sums",
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("is_control", sa.Boolean(), nullable=False),
        sa.Column("answer_count", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("seconds_squared", sa.Double(), nullable=False),
        sa.Column("placed_count", sa.Integer(), nullable=False),
        sa.Column("distance_px", sa.Double(), nullable=False),
        sa.Column("distance_px_squared", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_arm_sums_project_id_projects")
        ),
        sa.PrimaryKeyConstraint("project_id", "is_control", name=op.f("pk_arm_sums")),
    )
    _fill_arms()
    unanswered = sa.text("status <> 'answered'")
    op.create_index(
        "ix_asks_unanswered",
        "asks",
        ["project_id", "kind", "image_id"],
        sqlite_where=unanswered,
        postgresql_where=unanswered,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        op.execute(f"CREATE INDEX {NAMES} ON images USING gin (name gin_trgm_ops)")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index(NAMES, table_name="images")  # the extension may serve others by now
    op.drop_index("ix_asks_unanswered", table_name="asks")
    op.drop_table("arm_sums")


def _fill_arms() -> None:
    """First landmark answers by annotators, on a lease of an image that a network had predicted."""
    revisions = _table("revisions", "project_id kind number origin active_seconds lease_id", body=JSON)
    leases = _table("leases", "id is_control prediction_id")
    predictions = _table("predictions", "id", points=JSON)
    answers = (
        sa.select(
            revisions.c.project_id,
            leases.c.is_control,
            revisions.c.active_seconds,
            revisions.c.body,
            predictions.c.points,
        )
        .join(leases, leases.c.id == revisions.c.lease_id)
        .join(predictions, predictions.c.id == leases.c.prediction_id)
        .where(
            revisions.c.kind == "landmarks",
            revisions.c.number == 1,
            revisions.c.origin == "annotator",
            revisions.c.active_seconds.is_not(None),
        )
    )
    arms: dict[tuple[int, bool], list[float]] = defaultdict(lambda: [0.0] * len(SUMS))
    for row in op.get_bind().execute(answers, execution_options={"yield_per": ROWS_AT_ONCE}):
        distance = _mean_distance_px(row.body["points"], row.points)
        seconds, placed, far = row.active_seconds, distance is not None, distance or 0.0
        added = (1, seconds, seconds**2, placed, far, far**2)
        sums = arms[row.project_id, bool(row.is_control)]
        sums[:] = [so_far + each for so_far, each in zip(sums, added, strict=True)]
    table = sa.table("arm_sums", *(sa.column(name) for name in ("project_id", "is_control", *SUMS)))
    for (project_id, is_control), sums in arms.items():
        values = dict(zip(SUMS, sums, strict=True))
        counts = {name: int(values[name]) for name in ("answer_count", "placed_count")}
        op.execute(table.insert().values(project_id=project_id, is_control=is_control, **values | counts))


def _table(name: str, plain: str, **typed: sa.types.TypeEngine) -> sa.TableClause:
    columns = [sa.column(each) for each in plain.split()]
    return sa.table(name, *columns, *(sa.column(each, kind) for each, kind in typed.items()))


def _mean_distance_px(points: list[dict], predicted: list[dict]) -> float | None:
    places = {point["name"]: (point["x"], point["y"]) for point in predicted}
    distances = [
        math.dist((point["x"], point["y"]), places[point["name"]])
        for point in points
        if point["state"] != "absent" and point["name"] in places
    ]
    return fmean(distances) if distances else None
