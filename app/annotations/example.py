"""The labelled image on which a project's schema is shown."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.annotations.tables import LANDMARKS, LabelHead, Revision
from app.images.tables import Image

LOOKED_AT = 20  # labelled images: of more, a better example is not worth the reading
LARGEST_FILE_PX = 4_000_000  # the file of a larger image is a download for a drawing of the size of a stamp


@dataclass(frozen=True)
class Example:
    """An image, and where its label has the landmarks, image px."""

    image: Image
    places: Mapping[str, tuple[float, float]]

    @property
    def small_url(self) -> str:
        """The file, or for a large image its thumbnail."""
        is_small = self.image.width_px * self.image.height_px <= LARGEST_FILE_PX
        return f"/api/v1/images/{self.image.id}/{'file' if is_small else 'thumb'}"


def find_example(session: Session, project_id: int) -> Example | None:
    """Of the earliest labelled images the one with most landmarks in sight; None before there is a label."""
    labelled = (
        select(Image, Revision.body)
        .join(LabelHead, LabelHead.image_id == Image.id)
        .join(Revision, Revision.id == LabelHead.revision_id)
        .where(LabelHead.project_id == project_id, LabelHead.kind == LANDMARKS)
        .where(Image.archived_at.is_(None), Image.problem.is_(None))
        .order_by(LabelHead.image_id)
        .limit(LOOKED_AT)
    )
    found = session.execute(labelled).all()
    if not found:
        return None
    image, body = max(found, key=lambda row: sum(each["state"] == "visible" for each in row.body["points"]))
    places = {each["name"]: (each["x"], each["y"]) for each in body["points"] if "x" in each}
    return Example(image, places) if places else None
