"""The queue: what could be asked, what is asked next and why, and who holds which image."""
