"""The image files of a pool on this machine, for as long as the run needs them."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app.images import service as images
from worker.context import JobContext

FETCHERS = 8  # files on their way at once, where the blobs lie on another machine


def hold_pictures(context: JobContext, hashes: Sequence[str], folder: Path) -> Mapping[str, Path]:
    """What annotators see of each image, by hash; the files stay as long as `folder` does.

    Raises:
        Cancelled, ShuttingDown, FenceLost: stop.
        StorageUnavailable: the blobs cannot be reached.

    """
    files: dict[str, Path] = {}
    with ThreadPoolExecutor(FETCHERS) as fetchers:
        fetched = fetchers.map(lambda sha256: images.seen_path(context.storage, sha256, hold=folder), hashes)
        try:
            for sha256, path in zip(hashes, fetched, strict=True):
                context.check_wanted()
                files[sha256] = path
        finally:
            fetchers.shutdown(cancel_futures=True)
    return files
