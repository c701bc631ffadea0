"""What can be wrong with an import or an export. Per-file ones go into its outcome, the others end it."""

from app.errors import Conflict, Invalid, NotAllowed, NotFound, TooLarge, Unavailable
from app.language import msgid


class ImportNotFound(NotFound):
    """No such import."""

    message = "There is no import {number}."


class ExportNotFound(NotFound):
    """No such export."""

    message = "There is no export {number}."


class ExportNotReady(Conflict):
    """The file is not written yet, or never will be."""

    message = "Export {number} is {status}; its file is not there."


class ExportTargetExists(Conflict):
    """Nothing is ever written over."""

    message = "{path} exists already; name a new file or folder."


class ExportIncomplete(Unavailable):
    """What was written is not what was counted."""

    message = "The export wrote {written} of {expected} {what}; it was thrown away."


class ExportFormatUnknown(Invalid):
    """No such format to write."""

    message = "There is no export format {format}. There are: {formats}."


class SourceMissing(NotFound):
    """Nothing lies there."""

    message = "There is nothing at {path}."


class FolderNotAllowed(NotAllowed):
    """Only the operator's import folders may be read over the API."""

    message = "The folder {path} does not lie in one of the server's import folders."


class ImportSourceMissing(Invalid):
    """Neither an archive nor a folder, or both."""

    message = "Give either a file called archive or the name of a folder."


class FormatUnknown(Invalid):
    """The format that was named is none, or the source is not in it."""

    message = "{path} cannot be read as {format}. Formats: {formats}."


class NothingToImport(Invalid):
    """No image and no table of a known format."""

    message = "Nothing to import was found in {path}."


class SchemaMissing(Invalid):
    """Plain images say nothing of what to label."""

    message = "{path} names no landmarks and no attributes, so it cannot make a project."


class TableInvalid(Invalid):
    """A CSV file that cannot be read."""

    message = "{file} line {line}: {reason}."
    parts = (
        msgid("{cells} cells under {columns} columns"),
        msgid("control characters"),
        msgid("not CSV in UTF-8: {error}"),
    )


class ColumnsMissing(Invalid):
    """A CSV file without columns that it needs."""

    message = "{file} has no column {columns}."


class MetaInvalid(Invalid):
    """meta.json is not what the common layout says."""

    message = "meta.json: {reason}."
    parts = (
        msgid("not JSON: {error}"),
        msgid("what it describes does not fit: {error}"),
        msgid("not an object"),
        msgid("landmark_names must be a list of texts"),
        msgid("attribute_classes and attribute_scales must be objects"),
    )


class CocoInvalid(Invalid):
    """Not a COCO key point file."""

    message = "{file} is no COCO key point file: {reason}."
    parts = (
        msgid("not JSON: {error}"),
        msgid("what it describes does not fit: {error}"),
        msgid("several categories have key points: {names}"),
        msgid("images, annotations and categories must be lists"),
        msgid("an entry of {key} has not the right shape"),
    )


class LandmarksDiffer(Invalid):
    """The source has landmarks that the project does not have."""

    message = "The project has no landmarks called {names}. Add them to its schema, or make a new project."


class ArchiveInvalid(Invalid):
    """Not a ZIP file, or a damaged one."""

    message = "The archive is not a readable ZIP file: {reason}."
    parts = (
        msgid("it has no list of entries"),
        msgid("an entry lies outside of it"),
        msgid("it is damaged: {error}"),
    )


class ArchiveUnsafe(Invalid):
    """Entries that would leave the folder, or that no honest archive has."""

    message = "The archive was refused because of: {entries}."
    parts = (
        msgid("{entries} and {count} more"),
        msgid("{entry}: a link or device"),
        msgid("{entry}: characters that no name has"),
        msgid("{entry}: leads out of the archive"),
        msgid("{entry}: encrypted"),
        msgid("{entry}: twice, on some systems"),
        msgid("{entry}: a file and a folder at once"),
        msgid("{entry}: too long a name"),
    )


class ArchiveTooLarge(TooLarge):
    """More than is taken when it is unpacked: by entries, bytes or ratio."""

    message = "The archive unpacks to more than is taken ({what}); give the rest as another one."
    parts = (
        msgid("a list of entries of {count} bytes"),
        msgid("{count} entries"),
        msgid("{count} bytes"),
    )


class FileMissing(NotFound):
    """A table names an image that is not there."""

    message = "The image file is not there."


class FileUnreadable(NotAllowed):
    """A file that the service may not read, or that its disk does not give."""

    message = "The file cannot be read: {reason}."


class FileOutsideFolder(NotAllowed):
    """A name or link that leads out of the folder."""

    message = "The name or link leads out of the folder."


class SplitUnknown(Invalid):
    """Not train, valid or test."""

    message = "The split {split} is none of train, valid, test."


class RowRepeated(Invalid):
    """Two rows for one image: which one is right?"""

    message = "{file} has several rows for it; none was taken."


class NumberInvalid(Invalid):
    """A cell that must hold a finite number."""

    message = "{where} is not a finite number: {text}."


class KeypointsMalformed(Invalid):
    """Not three numbers a landmark, or a visibility other than 0, 1, 2."""

    message = "The key points are malformed: {reason}."


class SeveralInstances(Invalid):
    """More than one object in an image."""

    message = "{count} objects have key points; there is one label for an image, so none was taken."


class ContentRepeated(Conflict):
    """Two names for the same bytes within one source."""

    message = "The same content as {first}; the labels of that one were taken."


class AttributeNotAsked(Invalid):
    """The source has answers to questions that the project does not ask."""

    message = "The project does not ask for: {names}. These columns were left out."
