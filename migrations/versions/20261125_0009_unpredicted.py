"""A list of the images that a project's current network has not predicted, and an index of sides.

The list is made of what is there, so that it is whole before the worker's next round.

Revision: 0009
Follows: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LISTS = """
    INSERT INTO unpredicted_lists (project_id, network_id, through_id)
    SELECT project_id, network_id,
           coalesce((SELECT max(id) FROM images WHERE images.project_id = step.project_id), 0)
    FROM promotions AS step
    WHERE number = (SELECT max(number) FROM promotions WHERE project_id = step.project_id)"""
ROWS = """
    INSERT INTO unpredicted (network_id, image_id, name)
    SELECT list.network_id, images.id, images.name
    FROM unpredicted_lists AS list JOIN images ON images.project_id = list.project_id
    WHERE images.archived_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM predictions
        WHERE predictions.image_id = images.id AND predictions.network_id = list.network_id)"""


def upgrade() -> None:
    op.create_table(
        "unpredicted_lists",
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("network_id", BIG_ID, nullable=False),
        sa.Column("through_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_unpredicted_lists_network_id_networks")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_unpredicted_lists_project_id_projects")
        ),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_unpredicted_lists")),
    )
    op.create_table(
        "unpredicted",
        sa.Column("network_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("image_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("network_id", "image_id", name=op.f("pk_unpredicted")),
    )
    op.create_index("ix_unpredicted_network_id_name", "unpredicted", ["network_id", "name", "image_id"])
    op.create_index("ix_images_project_id_side", "images", ["project_id", "side", "id"])
    op.execute(LISTS)
    op.execute(ROWS)


def downgrade() -> None:
    op.drop_index("ix_images_project_id_side", table_name="images")
    op.drop_index("ix_unpredicted_network_id_name", table_name="unpredicted")
    op.drop_table("unpredicted")
    op.drop_table("unpredicted_lists")
