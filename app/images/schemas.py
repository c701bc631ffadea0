"""JSON shapes of images."""

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel

from app.errors import DomainError
from app.images.tables import Image, Side


class ImageOut(BaseModel):
    """One image. Sizes are upright; `file_url` shows it upright in every browser.

    `problem` is the code of why it cannot be decoded: then nothing is asked about it.
    """

    id: int
    project_id: int
    name: str
    sha256: str
    format: str
    byte_count: int
    width_px: int
    height_px: int
    exif_orientation: int
    side: Side
    problem: str | None
    created_at: datetime
    archived_at: datetime | None
    file_url: str
    thumb_url: str
    original_url: str

    @classmethod
    def of(cls, image: Image) -> Self:
        """From its row."""
        fields = {name: getattr(image, name) for name in cls.model_fields if not name.endswith("_url")}
        url = f"/api/v1/images/{image.id}"
        return cls(**fields, file_url=f"{url}/file", thumb_url=f"{url}/thumb", original_url=f"{url}/original")


class ImageList(BaseModel):
    """A page of images; `cursor` asks for the next one."""

    items: list[ImageOut]
    cursor: str | None


class UploadedFile(BaseModel):
    """What became of one uploaded file. `known`: the project had this content already."""

    name: str
    outcome: Literal["added", "known", "refused"]
    code: str | None = None
    detail: str | None = None
    image: ImageOut | None = None

    @classmethod
    def refused(cls, name: str, error: DomainError) -> Self:
        """A file that was not taken."""
        return cls(name=name, outcome="refused", code=error.code(), detail=str(error))


class UploadOut(BaseModel):
    """The outcome of an upload, file by file, in the order given."""

    items: list[UploadedFile]
    added: int
    known: int
    refused: int
