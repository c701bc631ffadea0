"""What the tests of loaders do to the text lists of a published set."""

import pytest

from ml.errors import FolderRejected


def with_line(path, text, line=3):
    """Put another text in the place of one line, counted from 1."""
    lines = path.read_text().split("\n")
    lines[line - 1] = text
    path.write_text("\n".join(lines))


def refusal(read, folder, match):
    """The code with which `read` refuses the folder, in words that match."""
    with pytest.raises(FolderRejected, match=match) as caught:
        read(folder)
    return caught.value.code
