"""``python -m dearly.cli``."""

from dearly.cli import main

main()
