"""Finding the images of a project that have a note, or one that flags them.

Revision: 0007
Follows: 0005
"""

from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_notes_project_id_is_flagged", "notes", ["project_id", "is_flagged", "image_id"])


def downgrade() -> None:
    op.drop_index("ix_notes_project_id_is_flagged", table_name="notes")
