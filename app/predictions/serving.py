"""Exported networks in this process: loaded once, checked against their address, kept while they are used."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any

from app.errors import Unavailable
from app.images import pixels
from app.images.errors import ImageTooLarge, ImageTruncated
from app.images.names import clean_name
from app.storage import BlobCorrupt, Storage, blob_key, sha256_hex

if TYPE_CHECKING:
    from ml.serve import Prediction, Predictor

VIEWS = 4  # transforms that the doubt comes from; more change its order little and cost a pass each
KEPT = 4  # networks in memory: the current one of a few projects, or both sides of a rollback


class NetworkUnusable(Unavailable):
    """The stored network cannot be loaded."""

    message = "The stored network cannot be used: {reason}"


@lru_cache(maxsize=KEPT)
def predictor_of(storage: Storage, onnx_sha256: str, threads: int = 1) -> "Predictor":
    """The network behind this address, ready to predict; safe to share between threads.

    Raises:
        BlobMissing, BlobCorrupt, NetworkUnusable.

    """
    from ml.serve import CheckpointRejected, Predictor  # noqa: PLC0415  # 0.2 s, and many starts never predict

    key = onnx_key(onnx_sha256)
    content = storage.get(key)
    if sha256_hex(content) != onnx_sha256:
        raise BlobCorrupt(key=key)
    try:
        return Predictor(content, threads=threads)
    except CheckpointRejected as error:
        raise NetworkUnusable(reason=str(error)) from error


def predict_file(
    content: bytes, name: str, *, predictor: "Predictor", limit_bytes: int, limit_pixels: int
) -> dict[str, Any]:
    """Points, attributes and doubt of one image file.

    Raises:
        app.images.errors.REFUSALS.

    """
    from ml.serve import PictureRejected  # noqa: PLC0415  # see `predictor_of`

    if len(content) > limit_bytes:
        raise ImageTooLarge(name=clean_name(name), byte_count=len(content), limit=limit_bytes)
    name = clean_name(name)
    image = pixels.opened(content, name, limit_pixels=limit_pixels)
    orientation = pixels.orientation_of(image)
    width_px, height_px = pixels.upright_size_px(image, orientation)
    # what a browser would not show as it is, the network sees as the annotators do
    is_plain = pixels.is_shown_alike(image, orientation)
    try:
        seen = content if is_plain else pixels.upright_rgb(image, name, orientation)
        prediction = predictor.predict([seen], views=VIEWS)[0]
    except PictureRejected as error:
        raise ImageTruncated(name=name) from error
    return as_row(predictor.landmarks, prediction, width_px=width_px, height_px=height_px)


def onnx_key(sha256: str) -> str:
    """Where an exported network lies."""
    return blob_key("networks", sha256, ".onnx")


def weights_key(sha256: str) -> str:
    """Where the weights of a network lie."""
    return blob_key("networks", sha256, ".safetensors")


def as_row(
    landmarks: Sequence[str], prediction: "Prediction", *, width_px: int, height_px: int
) -> dict[str, Any]:
    """A prediction as it is stored: points, attributes, and the doubt over the image's diagonal.

    Raises:
        NetworkUnusable: it says what is no number.

    """
    doubts = prediction.doubt_px
    if not all(isfinite(each) for each in _numbers(prediction)):
        raise NetworkUnusable(reason="it says what is no number")
    points = [
        {
            "name": name,
            "x": round(float(x), 3),
            "y": round(float(y), 3),
            "doubt_px": None if doubts is None else round(float(doubts[index]), 3),
            "confidence": round(float(prediction.confidence[index]), 4),
        }
        for index, (name, (x, y)) in enumerate(zip(landmarks, prediction.xy, strict=True))
    ]
    diagonal = (width_px**2 + height_px**2) ** 0.5
    doubt = None if doubts is None or not len(doubts) else float(doubts.mean()) / diagonal
    return {"points": points, "attributes": _plain(prediction.attributes), "doubt": doubt}


def _numbers(prediction: "Prediction") -> Iterator[float]:
    yield from prediction.xy.flat
    yield from prediction.confidence
    yield from () if prediction.doubt_px is None else prediction.doubt_px
    for answer in prediction.attributes.values():
        yield from (answer,) if isinstance(answer, float) else answer.values()


def _plain(attributes: Any) -> dict[str, Any]:
    return {
        name: round(answer, 4)
        if isinstance(answer, float)
        else {each: round(odds, 5) for each, odds in answer.items()}
        for name, answer in attributes.items()
    }
