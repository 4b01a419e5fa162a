"""``pcv prepare DATASET RAW OUT``: one command a dataset, since each has its own camera."""

from pcv_cli.prepare import folder, people, rgbd, scenes, streets
from pcv_cli.prepare.convert import prepare_app

__all__ = ["folder", "people", "prepare_app", "rgbd", "scenes", "streets"]
