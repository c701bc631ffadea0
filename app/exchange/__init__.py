"""Import and export: folders, archives and other tools' formats, with an outcome for each file."""
