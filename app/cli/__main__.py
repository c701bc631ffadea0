"""`python -m app.cli`, where the script `equimark` is not on the path."""

from app.cli import main

main()
