"""A pool decoded once: pictures at network size, answers as arrays."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.coords import Letterbox
from ml.data.picture_cache import PagedPictures, PictureCache
from ml.errors import PictureRejected
from ml.metrics import divisor
from ml.pixels import read_letterboxed
from ml.types import AttributeSpec, Normaliser, Sample

IN_MEMORY_BYTES = 512 << 20  # more than this is read from the disk batch by batch


@dataclass(frozen=True, kw_only=True)
class Pool:
    """N readable images of a manifest side.

    pictures     (N, S, S, 3) uint8 RGB, letterboxed; index with a slice or an array of rows
    xy           (N, K, 2) float32 network px; 0 where not answered
    placed       (N, K) bool
    xy_image     (N, K, 2) float64 image px; 0 where not answered
    divisors     (N,) image px, NaN where an image cannot be scored
    answers      (N, A) float32 class index or number; 0 where not answered
    answered     (N, A) bool
    letterboxes  by image
    mirror       (K,) the landmark that each one is in a mirror; None where the schema names no pairs
    skipped      names of files that are missing or do not decode
    """

    pictures: NDArray[np.uint8] | PagedPictures
    xy: NDArray[np.float32]
    placed: NDArray[np.bool_]
    xy_image: NDArray[np.float64]
    divisors: NDArray[np.float64]
    answers: NDArray[np.float32]
    answered: NDArray[np.bool_]
    letterboxes: tuple[Letterbox, ...]
    skipped: tuple[str, ...]
    mirror: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.letterboxes)

    @property
    def labelled(self) -> NDArray[np.int64]:
        """Indices of images with at least one placed landmark."""
        return np.flatnonzero(self.placed.any(axis=1))

    @property
    def unlabelled(self) -> NDArray[np.int64]:
        """Indices of images without any landmark."""
        return np.flatnonzero(~self.placed.any(axis=1))


def read_pool(  # what a pool is made of, each by name
    samples: Sequence[Sample],
    *,
    landmarks: Sequence[str],
    attributes: Sequence[AttributeSpec],
    normaliser: Normaliser,
    input_px: int,
    mirror_pairs: Sequence[tuple[str, str]] = (),
    cache_dir: Path | None = None,
    before_each: Callable[[], None] = lambda: None,
) -> Pool:
    """Decode every image once; those that cannot be read are left out and named in `skipped`.

    cache_dir     folder in which decoded pictures stay for later runs; None: nothing stays
    before_each   runs before every image and may raise to stop the reading
    """
    with _folder(cache_dir, len(samples), input_px) as folder:
        pictures, kept, skipped = _read_pictures(samples, folder, input_px, before_each)
    letterboxes = tuple(letterbox for _, letterbox in kept)
    xy_image, placed = _landmark_arrays([sample for sample, _ in kept], landmarks)
    xy = np.zeros_like(xy_image, dtype=np.float32)
    for index, letterbox in enumerate(letterboxes):
        xy[index] = letterbox.to_network(xy_image[index]) * placed[index, :, None]
    answers, answered = _attribute_arrays([sample for sample, _ in kept], attributes)
    return Pool(
        pictures=pictures,
        xy=xy,
        placed=placed,
        xy_image=xy_image,
        divisors=np.array([divisor(sample.landmarks, normaliser) for sample, _ in kept], dtype=np.float64),
        answers=answers,
        answered=answered,
        letterboxes=letterboxes,
        skipped=tuple(skipped),
        mirror=_mirror(landmarks, mirror_pairs),
    )


Kept = list[tuple[Sample, Letterbox]]


def _read_pictures(
    samples: Sequence[Sample], folder: Path | None, input_px: int, before_each: Callable[[], None]
) -> tuple[NDArray[np.uint8] | PagedPictures, Kept, list[str]]:
    """The pictures, the samples they are of, and the names of those that cannot be read."""
    kept: Kept = []
    skipped: list[str] = []
    rows: list[int] = []
    small = np.empty((len(samples) if folder is None else 0, input_px, input_px, 3), dtype=np.uint8)
    with PictureCache(folder, input_px) if folder else nullcontext() as cache:
        for sample in samples:
            before_each()
            try:
                if cache is None:
                    small[len(kept)], letterbox = read_letterboxed(sample.image, input_px)
                else:
                    row, letterbox = cache.row_of(sample.image)
                    rows.append(row)
            except PictureRejected:
                skipped.append(sample.image.name)
                continue
            kept.append((sample, letterbox))
        if cache is None:
            return small[: len(kept)], kept, skipped
        paged = cache.pictures(rows)
    return (paged[:] if _fits(len(paged), input_px) else paged), kept, skipped


def _fits(images: int, input_px: int) -> bool:
    """Whether so many pictures may lie in memory."""
    return images * input_px * input_px * 3 <= IN_MEMORY_BYTES


@contextmanager
def _folder(cache_dir: Path | None, images: int, input_px: int) -> Iterator[Path | None]:
    """Where pictures go: the cache, a folder that is removed at once, or nowhere when memory will do."""
    if cache_dir is not None or _fits(images, input_px):
        yield cache_dir
        return
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder:
        yield Path(folder)  # open files outlive their names


def _mirror(landmarks: Sequence[str], pairs: Sequence[tuple[str, str]]) -> NDArray[np.int64] | None:
    """(K,) which landmark each one becomes; None without pairs: a mirror may make another thing of it."""
    if not pairs:
        return None
    numbers = {name: index for index, name in enumerate(landmarks)}
    mirror = np.arange(len(landmarks))
    for one, other in pairs:
        mirror[numbers[one]], mirror[numbers[other]] = numbers[other], numbers[one]
    return mirror


def _landmark_arrays(
    samples: Sequence[Sample], landmarks: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    xy = np.zeros((len(samples), len(landmarks), 2), dtype=np.float64)
    placed = np.zeros((len(samples), len(landmarks)), dtype=np.bool_)
    for row, sample in enumerate(samples):
        for column, name in enumerate(landmarks):
            point = sample.landmarks.get(name)
            if point is not None:
                xy[row, column] = point
                placed[row, column] = True
    return xy, placed


def _attribute_arrays(
    samples: Sequence[Sample], attributes: Sequence[AttributeSpec]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    answers = np.zeros((len(samples), len(attributes)), dtype=np.float32)
    answered = np.zeros((len(samples), len(attributes)), dtype=np.bool_)
    for column, spec in enumerate(attributes):
        numbers = {name: index for index, name in enumerate(spec.classes)}
        for row, sample in enumerate(samples):
            answer = sample.attributes.get(spec.name)
            if answer is not None:
                answers[row, column] = answer if spec.is_numeric else numbers[str(answer)]
                answered[row, column] = True
    return answers, answered
