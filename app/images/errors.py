"""What can be wrong with an image."""

from app.errors import Gone, Invalid, NotFound, TooLarge, Unsupported
from app.language import msgid


class ImageNotFound(NotFound):
    """No such image."""

    message = "There is no image {image}."


class ImageArchived(Gone):
    """The image was taken out of the project."""

    message = "Image {image} was removed from the project; its labels are kept."


class ThumbnailWaits(NotFound):
    """Recorded from its header, and not decoded yet: whoever looks has it made."""

    message = "The thumbnail of image {image} is not made yet."


class NotAnImage(Unsupported):
    """The bytes begin like no image format that we know."""

    message = "{name} is not an image."


class FormatNotSupported(Unsupported):
    """An image, but of a kind that is not read."""

    message = "{name} is {kind}, which is not read here. Take JPEG, PNG, WebP, GIF, BMP or TIFF."
    parts = (
        msgid("a 16 bit colour image of which only the low bits are used"),
        msgid("an image of {mode} pixels"),
    )


class ImageAnimated(Unsupported):
    """Several frames or pages: which one would be labelled?"""

    message = "{name} has {frames} frames or pages; give each as an image of its own."


class ImageEmpty(Invalid):
    """No bytes, or no pixels."""

    message = "{name} is empty."


class ImageTruncated(Invalid):
    """The format is known, but the pixels cannot be decoded."""

    message = "{name} is cut off or damaged."


class ImageTooManyPixels(TooLarge):
    """Refused from the header, before anything is decoded."""

    message = "{name} has {width_px} x {height_px} pixels; at most {limit} are taken."


class ImageTooLarge(TooLarge):
    """Too many bytes."""

    message = "{name} has {byte_count} bytes; at most {limit} are taken."


REFUSALS = (
    NotAnImage,
    FormatNotSupported,
    ImageAnimated,
    ImageEmpty,
    ImageTruncated,
    ImageTooManyPixels,
    ImageTooLarge,
)
