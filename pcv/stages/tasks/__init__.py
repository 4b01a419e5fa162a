"""Tasks are what models are trained to predict, one per file."""

from __future__ import annotations

from pcv.config.objective import TaskName
from pcv.config.recipe import Recipe
from pcv.stages.scoring.scores import Asked, Scores
from pcv.stages.tasks.objects import Objects
from pcv.stages.tasks.points import Points
from pcv.stages.tasks.rooms import Rooms
from pcv.stages.tasks.task import Picture, Task
from pcv.stages.tasks.videos import Videos
from pcv.stages.tasks.views import HeldOutViews

TASKS: dict[TaskName, Task] = {
    "videos": Videos(),
    "points": Points(),
    "rooms": Rooms(),
    "objects": Objects(),
    "views": HeldOutViews(),
}
NO_TASK = Task()  # the task of a pretraining after which nothing is scored


def task_of(recipe: Recipe) -> Task:
    """Return the task of a recipe's objective."""
    name = recipe.objective.task
    return NO_TASK if name is None else TASKS[name]


__all__ = ["NO_TASK", "TASKS", "Asked", "Picture", "Scores", "Task", "task_of"]
