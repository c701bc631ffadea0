"""A small fingerprint of what an image looks like, for the queue's spread; needs no network."""

import numpy as np
from PIL import Image as Pillow

GREY_CELLS = 12
COLOUR_CELLS = 4
DESCRIPTOR_LENGTH = GREY_CELLS**2 + 3 * COLOUR_CELLS**2  # 144 + 48 = 192
FLAT = 1.0  # grey levels: below this spread there is only noise to amplify


def descriptor_of(rgb: Pillow.Image) -> bytes:
    """192 float16 numbers of Euclidean length 1 (0 for flat grey): shape and pose first, colour second.

    144 numbers: 12 x 12 box means of grey, less their mean, at length 1, so brightness and contrast are gone.
    48 numbers: 4 x 4 box means of R, G and B, less the mean of all, at length 1/2. The whole is then brought
    to length 1. Distance between two images: Euclidean, 0..2.
    """
    box = Pillow.Resampling.BOX
    grey = np.asarray(rgb.convert("L").resize((GREY_CELLS, GREY_CELLS), box), np.float32)
    colour = np.asarray(rgb.resize((COLOUR_CELLS, COLOUR_CELLS), box), np.float32)
    both = np.concatenate([_unit(grey.ravel()), 0.5 * _unit(colour.ravel())])
    length = float(np.linalg.norm(both))
    return (both / max(length, 1e-9)).astype("<f2").tobytes()


def descriptor_from(stored: bytes) -> np.ndarray:
    """(192,) float32 from the column `images.descriptor`."""
    return np.frombuffer(stored, "<f2").astype(np.float32)


def _unit(values: np.ndarray) -> np.ndarray:
    centred = values - values.mean()
    if centred.std() < FLAT:
        return np.zeros_like(centred)
    return np.asarray(centred / np.linalg.norm(centred))
