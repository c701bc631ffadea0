"""A project in which something of everything has happened: every part of a page is there to be checked."""

import uuid

from app.annotations import notes
from app.annotations import service as annotations
from app.annotations.schemas import AttributeAnswer, LandmarksAnswer, NoteText
from app.db import Database
from app.training.tables import Run, RunPoint, RunStatus
from tests.browser.test_label_predictions import predict
from tests.factories import NOW, attribute_body, landmarks_body, make_user

LABELLED_ID = 1


def live_in(database: Database, project_id: int, *, image_count: int) -> None:
    """Answers, a correction and notes on the first image; a network that predicts all; a run that failed."""
    predict(database, project_id, image_count=image_count, shift_px=0)
    with database.unit_of_work() as session:
        by = make_user(session).id
        for number in range(2):
            drawn = LandmarksAnswer.model_validate(landmarks_body(base_revision=number))
            annotations.submit(
                session, image_id=LABELLED_ID, kind="landmarks", answer=drawn, by=by, is_late=False, now=NOW
            )
        said = AttributeAnswer.model_validate(attribute_body(None))
        annotations.submit(
            session, image_id=LABELLED_ID, kind="pose", answer=said, by=by, is_late=False, now=NOW
        )
        for text, is_flagged in (("Which of both?", True), ("", True), ("The left one.", False)):
            note = NoteText(text=text, is_flagged=is_flagged)
            notes.add(session, image_id=LABELLED_ID, note_id=uuid.uuid4(), said=note, by=by, now=NOW)
        failed = Run(
            project_id=project_id,
            number=2,
            status=RunStatus.FAILED,
            reason="test",
            requested_at=NOW,
            started_at=NOW,
            finished_at=NOW,
            steps=200,
            step=100,
            error_code="worker_lost",
            error_detail="The worker was lost.",
        )
        session.add(failed)
        session.flush()
        for step in (0, 50, 100):
            losses = {"landmark": 1.0 / (1 + step), "attribute": 0.5, "equivariance": 0.2}
            point = RunPoint(
                run_id=failed.id, step=step, at=NOW, losses=losses, nme=0.2, images_per_second=30.0
            )
            session.add(point)
