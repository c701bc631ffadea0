"""Our own scripts and styles."""

from os import stat_result

from starlette.responses import Response
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Scope


class CheckedFiles(StaticFiles):
    """Static files that a browser keeps but asks about before each use.

    The modules import each other by plain paths. Without this header a browser may go on for days with a
    mixture of old and new ones after an upgrade; asking costs a 304.
    """

    def file_response(
        self, full_path: PathLike, stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """The file, or 304."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        return response
