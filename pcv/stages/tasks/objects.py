"""The objects of a room, and the class of every point."""

from __future__ import annotations

from collections.abc import Iterator

from pcv.config.scoring import EvalConfig
from pcv.data.scenes.dataset import SceneDataset
from pcv.progress import Progress
from pcv.report.model_card import About
from pcv.stages.scoring.instances import find_objects, score_instances
from pcv.stages.scoring.scores import Asked, Scores
from pcv.stages.scoring.seen import Parts, Seen, nobody
from pcv.stages.tasks.points import ABOUT_ROOMS
from pcv.stages.tasks.rooms import Rooms
from pcv.stages.tasks.task import Trained


class Objects(Rooms):
    """Points of rooms are classified, and gathered to objects."""

    has_companions = False

    def score(self, objective: Trained, asked: Asked, progress: Progress | None = None) -> Scores:
        """Return the average precision of objects, and the mean IoU of points; see ``Task``."""
        return score_instances(objective, asked, progress)

    def see(
        self, objective: Trained, clips: SceneDataset, passes: EvalConfig, advance: Parts = nobody
    ) -> Iterator[tuple[int, Seen]]:
        """Yield each room with its classes and objects, from a single pass; see ``Points``."""
        for room, shares, found in find_objects(objective, clips, advance):
            label = shares.argmax(1)
            share = shares.gather(1, label[:, None])[:, 0]
            yield room, Seen(label.numpy(), share.numpy(), found)

    def about(self, *, scenes: bool) -> About:
        """Return what a model card says; see ``Task``."""
        return ABOUT_ROOMS._replace(
            does="tells the class and the object of every point of a room",
            returns="logits (regions, 1, {points}, {classes}) and offsets (regions, 1, {points}, "
            "3) to the middle of each point's object",
        )
