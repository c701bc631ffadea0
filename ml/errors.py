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


class SettingRejected(LearningError, ValueError):
    """A setting of a run makes no sense, or its network cannot have it."""

    code = "setting_rejected"


class UnknownNet(LearningError):
    """No network of that name is registered."""

    code = "unknown_net"


class UnknownSystem(LearningError):
    """No system of that name can be studied."""

    code = "unknown_system"


class NotInstalled(LearningError):
    """What was asked for needs an optional package."""

    code = "not_installed"


class NotServable(LearningError):
    """The network lacks what the service needs of one."""

    code = "not_servable"


class LossesNotOffered(LearningError):
    """The network cannot be trained with these losses."""

    code = "losses_not_offered"


class FolderRejected(LearningError):
    """A data set's folder cannot be read or written; `code` names the reason.

    Any layout      `folder_file_missing`, `folder_number_invalid`, `folder_attribute_unknown`,
                    `folder_image_repeated`, `folder_without_images`
                    `folder_file_invalid` (not text, not XML, not .pts), `folder_columns_wrong`
    Common layout   `folder_meta_invalid`, `folder_columns_missing`, `folder_split_unknown`
    Published sets  `folder_layout_unknown` (none of those that are read), `folder_name_invalid`,
                    `folder_points_missing` (an image without its point file), `folder_points_repeated`,
                    `folder_points_wrong` (their number or order)
    Converting      `folder_exists` (there is a whole data set already)
    """

    code = "folder_rejected"

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code  # type: ignore[misc]  # the class value is the family, this one the reason


class PictureRejected(LearningError):
    """A file is missing, or is not an image that Pillow can decode."""

    code = "picture_rejected"
