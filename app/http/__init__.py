"""Everything that knows HTTP and serves all features: dependencies, problems, security, pages."""
