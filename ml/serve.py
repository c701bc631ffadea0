"""The predictor of the web service: an exported network, images in, landmarks out.

Needs numpy, Pillow and onnxruntime; never torch.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as pybind
from PIL import Image

from ml import coords
from ml.coords import Letterbox
from ml.doubt import in_plain_view, move_picture, spread, view_affines
from ml.errors import CheckpointRejected, PictureRejected
from ml.pixels import letterboxed, read_letterboxed
from ml.types import AttributeSpec

__all__ = ["CheckpointRejected", "PictureRejected", "Prediction", "Predictor"]

# what onnxruntime raises for a file that is no usable graph; the classes share no base but Exception
UNREADABLE = (
    pybind.Fail,
    pybind.InvalidArgument,
    pybind.InvalidGraph,
    pybind.InvalidProtobuf,
    pybind.NoSuchFile,
    pybind.NotImplemented,
    pybind.RuntimeException,
)
BATCH = 16  # pictures a run of the graph; more does not speed up a CPU and costs memory
AHEAD = 8  # images a run at most, so that there is a next run to prepare already in a small request
Framed = list[tuple[NDArray[np.uint8], Letterbox]]


@dataclass(frozen=True)
class Prediction:
    """What a network says about one image, in its schema's order of landmarks.

    xy           (K, 2) image px of the upright original; may lie outside only where the letterbox does
    confidence   (K,) 0..1, share of the heat near the landmark
    doubt_px     (K,) image px: root mean square distance between the landmarks found in several views, mapped
                 back; None when none were asked for
    attributes   by attribute: class -> probability, or the number
    """

    xy: NDArray[np.float64]
    confidence: NDArray[np.float64]
    doubt_px: NDArray[np.float64] | None
    attributes: Mapping[str, Mapping[str, float] | float]


class Predictor:
    """An exported network. Loading is expensive, predicting is cheap; safe to share between threads.

    landmarks    names in order of the rows of `Prediction.xy`
    attributes   specs in schema order
    input_px     side of the network's picture
    digest       of the weights, as in the checkpoint
    """

    def __init__(self, onnx: Path | bytes, *, threads: int = 1) -> None:
        """Raises CheckpointRejected when the file is missing, damaged, or no network of Equimark."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # waiting threads that spin would take the cores from the web server
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            content = onnx if isinstance(onnx, bytes) else onnx.read_bytes()
            self.session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
            description = json.loads(self.session.get_modelmeta().custom_metadata_map["equimark"])
            self.landmarks: tuple[str, ...] = tuple(description["landmarks"])
            self.attributes = tuple(AttributeSpec.from_json(spec) for spec in description["attributes"])
            self.input_px = int(description["input_px"])
            self.digest = str(description["digest"])
        except (OSError, ValueError, KeyError, TypeError, *UNREADABLE) as reason:
            raise CheckpointRejected(f"no network that can be served: {reason}") from reason

    def predict(self, images: Sequence[Image.Image | Path | bytes], *, views: int = 0) -> list[Prediction]:
        """Landmarks and attributes of each image; with `views` (up to 8) also the doubt.

        A landmark is then the mean of what all views say: their errors are not the same (docs/science.md).

        A path or the bytes of a file are decoded at a reduced size where possible, which is faster for
        photographs than an image that was decoded before. Raises PictureRejected.
        """
        affines = view_affines(views, self.input_px)
        per_run = min(AHEAD, max(1, BATCH // (1 + views)))
        runs = [images[start : start + per_run] for start in range(0, len(images), per_run)]
        predictions: list[Prediction] = []
        for framed in self._framed(runs):
            predictions += self._predict([p for p, _ in framed], [box for _, box in framed], affines)
        return predictions

    def _framed(self, runs: Sequence[Sequence[Image.Image | Path | bytes]]) -> Iterator[Framed]:
        """The pictures of each run; while one is computed, those of the next are made in a second thread."""

        def frame(run: Sequence[Image.Image | Path | bytes]) -> Framed:
            return [self._letterboxed(image) for image in run]

        if len(runs) < 2:
            yield from map(frame, runs)
            return
        with ThreadPoolExecutor(1) as second_thread:
            waiting = second_thread.submit(frame, runs[0])
            for run in runs[1:]:
                framed, waiting = waiting.result(), second_thread.submit(frame, run)
                yield framed
            yield waiting.result()

    def _letterboxed(self, image: Image.Image | Path | bytes) -> tuple[NDArray[np.uint8], Letterbox]:
        if isinstance(image, Image.Image):
            return letterboxed(image, self.input_px)
        return read_letterboxed(image, self.input_px)

    def _predict(
        self, pictures: list[NDArray[np.uint8]], boxes: list[Letterbox], affines: list[coords.Points]
    ) -> Iterator[Prediction]:
        """One run of the graph: the pictures, then all of them in each further view."""
        count = len(pictures)
        moved = [move_picture(picture, affine) for affine in affines for picture in pictures]
        xy, confidence, *rest = self.session.run(None, {"pictures": np.stack(pictures + moved)})
        opinions = np.asarray(xy, dtype=np.float64).reshape(1 + len(affines), count, -1, 2)
        back = in_plain_view(opinions, affines)
        place = np.mean(back, axis=0)  # network px
        doubt = spread(back) if affines else None  # network px
        for row, box in enumerate(boxes):
            yield Prediction(
                xy=box.to_image(place[row]),
                confidence=np.asarray(confidence[row], dtype=np.float64),
                # the two scales are equal but for rounding
                doubt_px=None if doubt is None else doubt[row] / np.mean(box.scale),
                attributes=self._named(rest[0][row]) if rest else {},
            )

    def _named(self, outputs: NDArray[np.float32]) -> dict[str, Mapping[str, float] | float]:
        """Attribute outputs of one image, in order -> by name."""
        named: dict[str, Any] = {}
        start = 0
        for spec in self.attributes:
            values = outputs[start : start + spec.outputs].astype(np.float64)
            start += spec.outputs
            if spec.is_numeric:
                named[spec.name] = float(values[0])
            else:
                odds = np.exp(values - values.max())
                named[spec.name] = dict(zip(spec.classes, (odds / odds.sum()).tolist(), strict=True))
        return named
