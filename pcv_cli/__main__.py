"""``python -m pcv_cli`` is ``pcv``."""

from pcv_cli.app import main

main()
