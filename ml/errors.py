"""What can go wrong in the learning core; each error has a stable `code`. Imports nothing of ours."""

from typing import ClassVar


class LearningError(Exception):
    """An expected failure of the learning core. `code` is stable, the message is for people."""

    code: ClassVar[str] = "learning_failed"


class NotEnoughLabels(LearningError):
    """The pool has no readable image with a placed landmark, so there is nothing to learn from."""

    code = "not_enough_labels"


class Stopped(LearningError):
    """The listener asked to stop."""

    code = "stopped"


class Diverged(LearningError):
    """A loss became infinite or NaN."""

    code = "diverged"


class NoSpace(LearningError):
    """The disk is full; the file that was there before is untouched and no temporary file is left."""

    code = "no_space"


class CheckpointRejected(LearningError):
    """A network file is damaged, was changed, or says something about itself that is not so."""

    code = "network_rejected"


class ExportDiffers(LearningError):
    """The exported graph does not compute what the network computes."""

    code = "export_differs"


class UnknownNet(LearningError):
    """No network of that name is registered."""

    code = "unknown_net"


class FolderRejected(LearningError):
    """A folder in the common layout cannot be read; `code` names the reason.

    `folder_file_missing`, `folder_meta_invalid`, `folder_columns_missing`, `folder_number_invalid`,
    `folder_attribute_unknown`, `folder_split_unknown`, `folder_image_repeated`, `folder_without_images`.
    """

    code = "folder_rejected"

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code  # type: ignore[misc]  # the class value is the family, this one the reason


class PictureRejected(LearningError):
    """A file is missing, or is not an image that Pillow can decode."""

    code = "picture_rejected"
