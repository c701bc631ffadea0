"""What the numbers of a project say; the highest feature, it may read all others."""
