"""From the frame of the files to ours and back, in this one place.

The common layout and COCO's key points have pixel *centres* at whole numbers (a COCO key point is the index
of the pixel that was clicked; detectron2 adds 0.5 to it, too). Ours has *corners* there: design, invariant a.
COCO's boxes are continuous and have corners at whole numbers already, so they are not shifted.

The shift is done in decimal, so that what was exported comes back as the very same number: 0.1 - 0.5 + 0.5 is
not 0.1 in binary.
"""

import math
from decimal import Context, Decimal, InvalidOperation

CENTRE_TO_CORNER_PX = Decimal("0.5")
_EXACT = Context(prec=800, traps=[])  # the smallest positive double has 767 digits


def from_centre(number: str | Decimal | float) -> float | None:
    """A file's x or y as a pixel position in our frame; None where it is not a finite number."""
    try:
        exact = Decimal(number) if isinstance(number, str | Decimal) else Decimal(repr(number))
    except (InvalidOperation, ValueError):
        return None
    if not exact.is_finite():
        return None
    shifted = float(_EXACT.add(exact, CENTRE_TO_CORNER_PX))
    return shifted if math.isfinite(shifted) else None


def to_centre(position_px: float) -> str:
    """A position of ours as decimal text for the file; `from_centre` gives exactly it back."""
    return str(_EXACT.subtract(Decimal(repr(float(position_px))), CENTRE_TO_CORNER_PX))
