"""An index by which the audit's entries about skips are found by their image.

Revision: 0008
Follows: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    skipped = sa.text("action = 'ask.skipped'")
    op.create_index(
        "ix_audit_entries_skips",
        "audit_entries",
        ["project_id", "subject"],
        sqlite_where=skipped,
        postgresql_where=skipped,
    )


def downgrade() -> None:
    op.drop_index("ix_audit_entries_skips", table_name="audit_entries")
