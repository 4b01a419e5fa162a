"""The class of every point of a room, in one pass or several."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from torch import Tensor

from pcv.clip import ClipBatch
from pcv.config.scoring import EvalConfig
from pcv.data.scenes.dataset import SceneDataset
from pcv.progress import Progress
from pcv.report.model_card import About
from pcv.stages.finished import FinishedRun
from pcv.stages.scoring.scenes import score_labelling
from pcv.stages.scoring.scores import Asked, Scores
from pcv.stages.scoring.seen import Parts, Seen, nobody, see_points
from pcv.stages.scoring.voting import vote, vote_shares
from pcv.stages.tasks.points import ABOUT_ROOMS, Points
from pcv.stages.tasks.room_pictures import draw_rooms
from pcv.stages.tasks.task import Picture, Trained


class Rooms(Points):
    """Every point of a room is classified, in one pass or several, alone or beside other rooms."""

    has_companions = True

    def score(self, objective: Trained, asked: Asked, progress: Progress | None = None) -> Scores:
        """Return the mean IoU over points, and the batch drift; see ``Task``."""
        label = vote(partial(_scores, objective), asked.recipe.eval)
        return score_labelling(objective, objective.encoder, label, asked, progress)

    def see(
        self, objective: Trained, clips: SceneDataset, passes: EvalConfig, advance: Parts = nobody
    ) -> Iterator[tuple[int, Seen]]:
        """Yield each room with the classes of the points that the model sees; see ``Points``."""
        guess = vote_shares(partial(_scores, objective), passes)
        return see_points(objective, guess, clips, advance)

    def draw(self, run: FinishedRun, picture: Picture) -> dict[str, Any]:
        """Draw rooms from above, beside their true classes; see ``Task``."""
        return draw_rooms(run, self.see, picture)

    def about(self, *, scenes: bool) -> About:
        """Return what a model card says; see ``Task``."""
        return ABOUT_ROOMS


def _scores(objective: Trained, batch: ClipBatch) -> Tensor:  # (B, T, N, classes)
    scores: Tensor = objective.guess(batch).scores
    return scores
