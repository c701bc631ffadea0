"""Images that were recorded from their headers, and what is wrong with those that do not decode.

Revision: 0010
Follows: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # a default that is a constant: no row is rewritten
    op.add_column("images", sa.Column("is_waiting", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("images", sa.Column("problem", sa.String(64), nullable=True))
    op.create_index(
        "ix_images_waiting",
        "images",
        ["project_id", "id"],
        sqlite_where=sa.text("is_waiting = 1"),
        postgresql_where=sa.text("is_waiting"),
    )


def downgrade() -> None:
    op.drop_index("ix_images_waiting", table_name="images")
    op.drop_column("images", "problem")
    op.drop_column("images", "is_waiting")
