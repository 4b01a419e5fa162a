"""``pcv prepare DATASET RAW OUT``: one command per dataset, made of what its reader states."""

from pcv_cli.prepare.group import prepare_app

__all__ = ["prepare_app"]
