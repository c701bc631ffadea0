"""Flags that somebody has seen to, and an index by which the images with notes are found.

Revision: 0007
Follows: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "settled_flags",
        sa.Column("note_id", sa.Uuid(), nullable=False),
        sa.Column("by_user_id", BIG_ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name=op.f("fk_settled_flags_by_user_id_users")),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=op.f("fk_settled_flags_note_id_notes")),
        sa.PrimaryKeyConstraint("note_id", name=op.f("pk_settled_flags")),
    )
    op.create_index("ix_notes_project_id_is_flagged", "notes", ["project_id", "is_flagged", "image_id"])


def downgrade() -> None:
    op.drop_index("ix_notes_project_id_is_flagged", table_name="notes")
    op.drop_table("settled_flags")
