"""A pool of any size on PostgreSQL, filled by SQL alone: a million images in a minute or two.

Half of the images have landmarks, each answered twice; all but the newest few have an answer to `side`, and
only a few to `quality`, and the newest few serve for the test. So of every filter there is one that finds
many and one that finds a few at the far end. The newest few have nothing at all, not even a prediction: they
have just come.
"""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session
from world import HEIGHT_PX, LANDMARKS, NOW, WIDTH_PX, World, promoted_network, said

from app.projects import service as projects

SCHEMA: dict[str, Any] = {
    "landmarks": LANDMARKS,
    "attributes": [
        {"name": "side", "kind": "classes", "classes": ["palm", "back"]},
        {"name": "quality", "kind": "classes", "classes": ["good", "blurred"]},
    ],
}
FEW = 200  # images, whatever the size of the pool
CONTROL_SHARE = 0.1
DESCRIPTOR_HEX = "003c" * 192  # as long as a real one

# every statement gets :project, :owner, :network, :count, :few, :seed and :now
STEPS = {
    "dice": """
        CREATE TEMPORARY TABLE dice AS
        SELECT n, abs(hashtextextended(n::text, :seed) % 1000000) / 1e6 AS share
        FROM generate_series(1, CAST(:count AS bigint)) AS n""",
    "images": f"""
        INSERT INTO images (id, project_id, sha256, name, format, byte_count, width_px, height_px,
                            exif_orientation, side, descriptor, created_at)
        SELECT n, :project, encode(sha256(n::text::bytea), 'hex'),
               'hand_' || substr(md5(n::text), 1, 6) || '_' || lpad(n::text, 7, '0') || '.jpg',
               'JPEG', 60000, {WIDTH_PX}, {HEIGHT_PX}, 1,
               CASE WHEN n > :count - :few THEN 'test'
                    WHEN share * 1000 % 5 < 1 THEN 'validation' ELSE 'train' END,
               decode('{DESCRIPTOR_HEX}', 'hex'), CAST(:now AS timestamptz) - interval '90 days'
        FROM dice ORDER BY n""",
    "predictions": """
        INSERT INTO predictions (id, project_id, image_id, network_id, points, attributes, doubt, created_at)
        SELECT n, :project, n, :network, CAST(:points AS jsonb), CAST(:values AS jsonb), share / 10, :now
        FROM dice WHERE n <= :count - :few ORDER BY n""",
    "unpredicted": """
        INSERT INTO unpredicted (network_id, image_id, name)
        SELECT :network, id, name FROM images WHERE id > :count - :few""",
    "unpredicted_lists": """
        INSERT INTO unpredicted_lists (project_id, network_id, through_id)
        VALUES (:project, :network, :count)""",
    # one row an answer: its kind, its number, how long ago it was given
    "answers": """
        CREATE TEMPORARY TABLE answers AS
        SELECT n, share, kind, number, md5(n || kind || number)::uuid AS id,
               md5('lease' || n || kind || number)::uuid AS lease_id,
               CAST(:now AS timestamptz) - (:count - n + 2 - number) * interval '2 seconds' AS at
        FROM dice,
             LATERAL (VALUES ('landmarks', 1, share < 0.5 AND n <= :count - :few),
                             ('landmarks', 2, share < 0.5 AND n <= :count - :few),
                             ('side', 1, n <= :count - :few),
                             ('quality', 1, n > :count / 2 AND n <= :count / 2 + :few)
                     ) AS given (kind, number, is_given)
        WHERE is_given ORDER BY n, kind, number""",
    "statistics": "ANALYZE dice, answers",
    "leases": f"""
        INSERT INTO leases (id, project_id, ask_id, image_id, kind, user_id, leased_at, expires_at, ended_at,
                            outcome, prediction_id, is_control, reason, reason_code)
        SELECT lease_id, :project, 3 * n - 2, n, kind, :owner, at - interval '30 seconds',
               at + interval '90 seconds', at, 'answered', n, share < 0.5 * {CONTROL_SHARE},
               'differs most from what is labelled', 'spread'
        FROM answers WHERE kind = 'landmarks' AND number = 1""",
    "asks": """
        INSERT INTO asks (id, project_id, image_id, kind, status, skip_count, rank_key, reason_code)
        SELECT 3 * dice.n - 3 + place, :project, dice.n, asked.kind,
               CASE WHEN answers.n IS NULL THEN 'open' ELSE 'answered' END, 0, -dice.share, 'spread'
        FROM dice CROSS JOIN (VALUES (1, 'landmarks'), (2, 'side'), (3, 'quality')) AS asked (place, kind)
        LEFT JOIN answers ON answers.n = dice.n AND answers.kind = asked.kind AND answers.number = 1
        ORDER BY dice.n, place""",
    "revisions": """
        INSERT INTO revisions (id, project_id, image_id, kind, number, author_id, created_at, active_seconds,
                               assist, prediction_id, origin, lease_id, is_late, schema_version, body,
                               request_sha256)
        SELECT id, :project, n, kind, number, :owner, at, CASE kind WHEN 'landmarks' THEN 20 ELSE 1 END,
               'none', NULL, 'annotator', CASE WHEN kind = 'landmarks' AND number = 1 THEN lease_id END,
               false, 1,
               CASE kind WHEN 'landmarks' THEN CAST(:placed AS jsonb)
                         WHEN 'side' THEN '{"value": "palm"}' ELSE '{"value": "good"}' END,
               md5(id::text) || md5(n::text)
        FROM answers""",
    "label_heads": """
        INSERT INTO label_heads (image_id, kind, project_id, number, revision_id)
        SELECT n, kind, :project, number, id FROM answers
        WHERE number = CASE kind WHEN 'landmarks' THEN 2 ELSE 1 END""",
    "tallies": """
        INSERT INTO tallies (project_id, kind, labelled_count, revision_count, timed_count, active_seconds)
        SELECT :project, kind, count(DISTINCT n), count(*), count(*),
               count(*) * CASE kind WHEN 'landmarks' THEN 20 ELSE 1 END
        FROM answers GROUP BY kind""",
    "audit_entries": """
        INSERT INTO audit_entries (at, user_id, project_id, action, subject, detail)
        SELECT at, :owner, :project, 'revision.added', 'image:' || n,
               jsonb_build_object('kind', kind, 'number', number, 'revision', id)
        FROM answers""",
    "projects": "UPDATE projects SET image_count = :count WHERE id = :project",
}
COUNTED_UP = ("images", "predictions", "asks")


@dataclass(frozen=True)
class Pool:
    """A filled project: so many images, and the ids that pages deep in it begin after."""

    world: World
    image_count: int
    deep: dict[str, int]


def lay(world: World, image_count: int, *, seed: int) -> Pool:
    """Fill the empty project of this world, as imports, annotators and a network would have left it."""
    with world.database.unit_of_work() as session:
        # the rows are right by construction; looking up each parent would take most of the time
        session.execute(text("SET LOCAL session_replication_role = replica"))
        given = _given(session, world.project_id, image_count, seed)
        for statement in STEPS.values():
            session.execute(text(statement), given)
        for table in COUNTED_UP:
            session.execute(text(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))"))
        session.execute(text("DROP TABLE dice, answers"))
    with world.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")  # autovacuum would within a minute
    return Pool(world, image_count, _deep(world, image_count))


def _given(session: Session, project_id: int, image_count: int, seed: int) -> dict[str, Any]:
    project = projects.get_project(session, project_id)
    network = promoted_network(session, project_id, projects.schema_of(project))
    says = said(projects.schema_of(project))
    placed = [
        {"name": point["name"], "state": "visible", "x": point["x"] + 1, "y": point["y"]}
        for point in says["points"]
    ]
    return {
        "project": project_id,
        "owner": project.created_by,
        "network": network.id,
        "count": image_count,
        "few": FEW,
        "seed": seed,
        "now": NOW,
        "points": json.dumps(says["points"]),
        "values": json.dumps(says["attributes"]),
        "placed": json.dumps({"points": placed}),
    }


def _deep(world: World, image_count: int) -> dict[str, int]:
    """By order, the image in the middle of the pool: in the smallest one, too, a whole page follows it."""
    far = image_count // 2
    with world.database.reading() as session:
        by_name = (
            "SELECT id FROM images WHERE project_id = :project ORDER BY name{}, id{} LIMIT 1 OFFSET :far"
        )
        name, name_back = (
            int(
                session.scalars(
                    text(by_name.format(order, order)), {"project": world.project_id, "far": far}
                ).one()
            )
            for order in ("", " DESC")
        )
    return {"oldest": far, "newest": image_count - far, "name": name, "name_back": name_back}
