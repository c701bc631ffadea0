"""First tables.

Revision: 0001
Follows:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON_VALUE = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:  # noqa: PLR0915  every table at once
    op.create_table(
        "users",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
    )
    op.create_table(
        "kept_answers",
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.Column(
            "answer",
            JSON_VALUE,
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_kept_answers_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_kept_answers")),
    )
    op.create_table(
        "projects",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "schema",
            JSON_VALUE,
            nullable=False,
        ),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("image_count", sa.Integer(), nullable=False),
        sa.Column("created_by", BIG_ID, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("schema_version >= 1", name=op.f("ck_projects_schema_version")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_projects_created_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("name", name=op.f("uq_projects_name")),
    )
    op.create_table(
        "audit_entries",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", BIG_ID, nullable=True),
        sa.Column("project_id", BIG_ID, nullable=True),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column(
            "detail",
            JSON_VALUE,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_audit_entries_project_id_projects")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_audit_entries_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index("ix_audit_entries_project_id_id", ["project_id", "id"], unique=False)

    op.create_table(
        "exports",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("format", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("blob_key", sa.String(length=200), nullable=True),
        sa.Column("file_name", sa.String(length=200), nullable=True),
        sa.Column(
            "counts",
            JSON_VALUE,
            nullable=False,
        ),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("error_detail", sa.String(length=2000), nullable=True),
        sa.Column("created_by", BIG_ID, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('queued','running','done','failed')", name=op.f("ck_exports_status")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_exports_created_by_users")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_exports_project_id_projects")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    with op.batch_alter_table("exports", schema=None) as batch_op:
        batch_op.create_index("ix_exports_project_id_id", ["project_id", "id"], unique=False)

    op.create_table(
        "images",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("byte_count", BIG_ID, nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=False),
        sa.Column("height_px", sa.Integer(), nullable=False),
        sa.Column("exif_orientation", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(length=16), nullable=False),
        sa.Column("descriptor", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("side IN ('train','validation','test')", name=op.f("ck_images_side")),
        sa.CheckConstraint("width_px > 0 AND height_px > 0", name=op.f("ck_images_measured")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_images_project_id_projects")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_images")),
        sa.UniqueConstraint("project_id", "sha256", name=op.f("uq_images_project_id_sha256")),
    )
    with op.batch_alter_table("images", schema=None) as batch_op:
        batch_op.create_index("ix_images_project_id_id", ["project_id", "id"], unique=False)
        batch_op.create_index("ix_images_project_id_name", ["project_id", "name"], unique=False)

    op.create_table(
        "imports",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("format", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=1000), nullable=False),
        sa.Column("blob_key", sa.String(length=200), nullable=True),
        sa.Column("folder", sa.String(length=1000), nullable=True),
        sa.Column("options", JSON_VALUE, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("file_count", sa.Integer(), nullable=False),
        sa.Column(
            "outcome_counts",
            JSON_VALUE,
            nullable=False,
        ),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("error_detail", sa.String(length=2000), nullable=True),
        sa.Column("created_by", BIG_ID, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('queued','running','done','failed')", name=op.f("ck_imports_status")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_imports_created_by_users")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_imports_project_id_projects")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.create_index("ix_imports_project_id_id", ["project_id", "id"], unique=False)

    op.create_table(
        "jobs",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("subject_id", BIG_ID, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("worker", sa.String(length=128), nullable=True),
        sa.Column("wants_cancel", sa.Boolean(), nullable=False),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("error_detail", sa.String(length=2000), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "payload",
            JSON_VALUE,
            nullable=False,
        ),
        sa.CheckConstraint(
            "status IN ('queued','running','done','failed','cancelled')", name=op.f("ck_jobs_status")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_jobs_project_id_projects")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index("ix_jobs_kind_subject_id", ["kind", "subject_id"], unique=False)
        batch_op.create_index("ix_jobs_status_due_at", ["status", "due_at"], unique=False)

    op.create_table(
        "project_events",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column(
            "body",
            JSON_VALUE,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_project_events_project_id_projects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_events")),
    )
    with op.batch_alter_table("project_events", schema=None) as batch_op:
        batch_op.create_index("ix_project_events_at", ["at"], unique=False)
        batch_op.create_index("ix_project_events_project_id_id", ["project_id", "id"], unique=False)

    op.create_table(
        "runs",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("requested_by", BIG_ID, nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "options",
            JSON_VALUE,
            nullable=False,
        ),
        sa.Column(
            "config",
            JSON_VALUE,
            nullable=True,
        ),
        sa.Column("config_reason", sa.String(length=1000), nullable=True),
        sa.Column("pool_sha256", sa.String(length=64), nullable=True),
        sa.Column(
            "pool_counts",
            JSON_VALUE,
            nullable=True,
        ),
        sa.Column("label_revisions", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("error_detail", sa.String(length=2000), nullable=True),
        sa.Column("outcome", sa.String(length=300), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued','running','succeeded','failed','cancelled')", name=op.f("ck_runs_status")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_runs_project_id_projects")),
        sa.ForeignKeyConstraint(["requested_by"], ["users.id"], name=op.f("fk_runs_requested_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq_runs_project_id_number")),
    )
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.create_index(
            "uq_runs_active",
            ["project_id"],
            unique=True,
            sqlite_where=sa.text("status IN ('queued','running')"),
            postgresql_where=sa.text("status IN ('queued','running')"),
        )

    op.create_table(
        "tallies",
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("labelled_count", sa.Integer(), nullable=False),
        sa.Column("revision_count", sa.Integer(), nullable=False),
        sa.Column("timed_count", sa.Integer(), nullable=False),
        sa.Column("active_seconds", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_tallies_project_id_projects")),
        sa.PrimaryKeyConstraint("project_id", "kind", name=op.f("pk_tallies")),
    )
    op.create_table(
        "asks",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("image_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("skip_count", sa.Integer(), nullable=False),
        sa.Column("rank_key", sa.Double(), nullable=False),
        sa.Column("reason_code", sa.String(length=32), nullable=False),
        sa.Column("reason_amount", sa.Double(), nullable=True),
        sa.CheckConstraint("status IN ('open','answered','set_aside')", name=op.f("ck_asks_status")),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_asks_image_id_images")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_asks_project_id_projects")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asks")),
        sa.UniqueConstraint("image_id", "kind", name=op.f("uq_asks_image_id_kind")),
    )
    with op.batch_alter_table("asks", schema=None) as batch_op:
        batch_op.create_index(
            "ix_asks_next", ["project_id", "kind", "status", "skip_count", "rank_key", "id"], unique=False
        )

    op.create_table(
        "imported_files",
        sa.Column("import_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("detail", sa.String(length=1000), nullable=True),
        sa.Column("image_id", BIG_ID, nullable=True),
        sa.CheckConstraint(
            "outcome IN ('added','known','updated','refused')", name=op.f("ck_imported_files_outcome")
        ),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_imported_files_image_id_images")),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_imported_files_import_id_imports")
        ),
        sa.PrimaryKeyConstraint("import_id", "name", name=op.f("pk_imported_files")),
    )
    op.create_table(
        "networks",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("run_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("weights_sha256", sa.String(length=64), nullable=False),
        sa.Column("onnx_sha256", sa.String(length=64), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column(
            "landmarks",
            JSON_VALUE,
            nullable=False,
        ),
        sa.Column(
            "config",
            JSON_VALUE,
            nullable=False,
        ),
        sa.Column(
            "scores",
            JSON_VALUE,
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_networks_project_id_projects")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_networks_run_id_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_networks")),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq_networks_project_id_number")),
        sa.UniqueConstraint("run_id", name=op.f("uq_networks_run_id")),
    )
    op.create_table(
        "run_points",
        sa.Column("run_id", BIG_ID, nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "losses",
            JSON_VALUE,
            nullable=False,
        ),
        sa.Column("nme", sa.Double(), nullable=True),
        sa.Column("images_per_second", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_points_run_id_runs")),
        sa.PrimaryKeyConstraint("run_id", "step", name=op.f("pk_run_points")),
    )
    op.create_table(
        "unmerged_answers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("image_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("base_number", sa.Integer(), nullable=False),
        sa.Column("author_id", BIG_ID, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active_seconds", sa.Double(), nullable=True),
        sa.Column(
            "body",
            JSON_VALUE,
            nullable=False,
        ),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name=op.f("fk_unmerged_answers_author_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_unmerged_answers_image_id_images")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_unmerged_answers_project_id_projects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unmerged_answers")),
    )
    with op.batch_alter_table("unmerged_answers", schema=None) as batch_op:
        batch_op.create_index("ix_unmerged_answers_image_id", ["image_id"], unique=False)

    op.create_table(
        "predictions",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("image_id", BIG_ID, nullable=False),
        sa.Column("network_id", BIG_ID, nullable=False),
        sa.Column(
            "points",
            JSON_VALUE,
            nullable=False,
        ),
        sa.Column(
            "attributes",
            JSON_VALUE,
            nullable=False,
        ),
        sa.Column("doubt", sa.Double(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_predictions_image_id_images")),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_predictions_network_id_networks")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_predictions_project_id_projects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_predictions")),
        sa.UniqueConstraint("image_id", "network_id", name=op.f("uq_predictions_image_id_network_id")),
    )
    with op.batch_alter_table("predictions", schema=None) as batch_op:
        batch_op.create_index("ix_predictions_network_id_image_id", ["network_id", "image_id"], unique=False)

    op.create_table(
        "promotions",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("network_id", BIG_ID, nullable=False),
        sa.Column("by_user_id", BIG_ID, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name=op.f("fk_promotions_by_user_id_users")),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_promotions_network_id_networks")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_promotions_project_id_projects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotions")),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq_promotions_project_id_number")),
    )
    op.create_table(
        "leases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("ask_id", BIG_ID, nullable=False),
        sa.Column("image_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("leased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("prediction_id", BIG_ID, nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("reason_code", sa.String(length=32), nullable=False),
        sa.Column("after_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("outcome IN ('answered','skipped','released')", name=op.f("ck_leases_outcome")),
        sa.ForeignKeyConstraint(["ask_id"], ["asks.id"], name=op.f("fk_leases_ask_id_asks")),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_leases_image_id_images")),
        sa.ForeignKeyConstraint(
            ["prediction_id"], ["predictions.id"], name=op.f("fk_leases_prediction_id_predictions")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_leases_project_id_projects")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_leases_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leases")),
    )
    with op.batch_alter_table("leases", schema=None) as batch_op:
        batch_op.create_index("ix_leases_after_id", ["after_id"], unique=False)
        batch_op.create_index("ix_leases_ask_id", ["ask_id"], unique=False)
        batch_op.create_index("ix_leases_project_id_leased_at", ["project_id", "leased_at"], unique=False)

    op.create_table(
        "revisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("image_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("author_id", BIG_ID, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active_seconds", sa.Double(), nullable=True),
        sa.Column("assist", sa.String(length=16), nullable=False),
        sa.Column("prediction_id", BIG_ID, nullable=True),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("lease_id", sa.Uuid(), nullable=True),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column(
            "body",
            JSON_VALUE,
            nullable=False,
        ),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "assist IN ('none','prediction','previous_image')", name=op.f("ck_revisions_assist")
        ),
        sa.CheckConstraint("origin IN ('annotator','import')", name=op.f("ck_revisions_origin")),
        sa.CheckConstraint("active_seconds >= 0", name=op.f("ck_revisions_active_seconds")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_revisions_number")),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_revisions_author_id_users")),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_revisions_image_id_images")),
        sa.ForeignKeyConstraint(
            ["prediction_id"], ["predictions.id"], name=op.f("fk_revisions_prediction_id_predictions")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_revisions_project_id_projects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
        sa.UniqueConstraint("image_id", "kind", "number", name=op.f("uq_revisions_image_id_kind_number")),
    )
    with op.batch_alter_table("revisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_revisions_prediction_id"), ["prediction_id"], unique=False)
        batch_op.create_index(
            "ix_revisions_project_id_created_at", ["project_id", "created_at"], unique=False
        )

    op.create_table(
        "holds",
        sa.Column("image_id", BIG_ID, nullable=False),
        sa.Column("lease_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_holds_image_id_images")),
        sa.ForeignKeyConstraint(["lease_id"], ["leases.id"], name=op.f("fk_holds_lease_id_leases")),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_holds")),
    )
    with op.batch_alter_table("holds", schema=None) as batch_op:
        batch_op.create_index("ix_holds_expires_at", ["expires_at"], unique=False)

    op.create_table(
        "label_heads",
        sa.Column("image_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_label_heads_image_id_images")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_label_heads_project_id_projects")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revisions.id"], name=op.f("fk_label_heads_revision_id_revisions")
        ),
        sa.PrimaryKeyConstraint("image_id", "kind", name=op.f("pk_label_heads")),
    )
    with op.batch_alter_table("label_heads", schema=None) as batch_op:
        batch_op.create_index(
            "ix_label_heads_project_id_kind", ["project_id", "kind", "image_id"], unique=False
        )


def downgrade() -> None:  # noqa: PLR0915
    with op.batch_alter_table("label_heads", schema=None) as batch_op:
        batch_op.drop_index("ix_label_heads_project_id_kind")

    op.drop_table("label_heads")
    with op.batch_alter_table("holds", schema=None) as batch_op:
        batch_op.drop_index("ix_holds_expires_at")

    op.drop_table("holds")
    with op.batch_alter_table("revisions", schema=None) as batch_op:
        batch_op.drop_index("ix_revisions_project_id_created_at")
        batch_op.drop_index(batch_op.f("ix_revisions_prediction_id"))

    op.drop_table("revisions")
    with op.batch_alter_table("leases", schema=None) as batch_op:
        batch_op.drop_index("ix_leases_project_id_leased_at")
        batch_op.drop_index("ix_leases_ask_id")
        batch_op.drop_index("ix_leases_after_id")

    op.drop_table("leases")
    op.drop_table("promotions")
    with op.batch_alter_table("predictions", schema=None) as batch_op:
        batch_op.drop_index("ix_predictions_network_id_image_id")

    op.drop_table("predictions")
    with op.batch_alter_table("unmerged_answers", schema=None) as batch_op:
        batch_op.drop_index("ix_unmerged_answers_image_id")

    op.drop_table("unmerged_answers")
    op.drop_table("run_points")
    op.drop_table("networks")
    op.drop_table("imported_files")
    with op.batch_alter_table("asks", schema=None) as batch_op:
        batch_op.drop_index("ix_asks_next")

    op.drop_table("asks")
    op.drop_table("tallies")
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_runs_active",
            sqlite_where=sa.text("status IN ('queued','running')"),
            postgresql_where=sa.text("status IN ('queued','running')"),
        )

    op.drop_table("runs")
    with op.batch_alter_table("project_events", schema=None) as batch_op:
        batch_op.drop_index("ix_project_events_project_id_id")
        batch_op.drop_index("ix_project_events_at")

    op.drop_table("project_events")
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index("ix_jobs_status_due_at")
        batch_op.drop_index("ix_jobs_kind_subject_id")

    op.drop_table("jobs")
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.drop_index("ix_imports_project_id_id")

    op.drop_table("imports")
    with op.batch_alter_table("images", schema=None) as batch_op:
        batch_op.drop_index("ix_images_project_id_name")
        batch_op.drop_index("ix_images_project_id_id")

    op.drop_table("images")
    with op.batch_alter_table("exports", schema=None) as batch_op:
        batch_op.drop_index("ix_exports_project_id_id")

    op.drop_table("exports")
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entries_project_id_id")

    op.drop_table("audit_entries")
    op.drop_table("projects")
    op.drop_table("kept_answers")
    op.drop_table("users")
