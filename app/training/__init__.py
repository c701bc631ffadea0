"""Training runs: their frozen pool, their progress, and what came of them."""
