"""Verbs about imports and exports, in one place for callers."""

from app.exchange.exports import export_file, export_to_path, get_export, run_export, start_export
from app.exchange.imports import (
    Place,
    allowed_folder,
    get_import,
    keep_archive,
    run_import,
    schema_from,
    start_import,
)

__all__ = [
    "Place",
    "allowed_folder",
    "export_file",
    "export_to_path",
    "get_export",
    "get_import",
    "keep_archive",
    "run_export",
    "run_import",
    "schema_from",
    "start_export",
    "start_import",
]
