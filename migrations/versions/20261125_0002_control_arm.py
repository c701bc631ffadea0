"""Control arm: on a share of the asks the prediction is kept from the annotator.

Revision: 0002
Follows: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("projects") as batch:
        batch.add_column(sa.Column("control_share", sa.Double(), nullable=False, server_default="0.1"))
        batch.create_check_constraint(
            op.f("ck_projects_control_share"), "control_share >= 0 AND control_share <= 1"
        )
    with op.batch_alter_table("leases") as batch:
        batch.add_column(sa.Column("is_control", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("leases") as batch:
        batch.drop_column("is_control")
    with op.batch_alter_table("projects") as batch:
        batch.drop_constraint(op.f("ck_projects_control_share"), type_="check")
        batch.drop_column("control_share")
