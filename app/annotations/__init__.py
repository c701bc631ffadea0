"""Labels: append-only revisions, one chain per image and kind."""
