"""Projects: a name, a schema of landmarks and attributes, and the counters that pages show."""
