"""People. For now one local owner; every label already carries its author."""
