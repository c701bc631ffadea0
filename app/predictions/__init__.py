"""Network versions, which of them is promoted, and what they predict."""
