from pathlib import Path

from pcv.config.data import DataConfig
from pcv.config.encoder import PSTNetConfig
from pcv.config.recipe import Recipe
from pcv.config.scoring import ProbeConfig
from pcv.stages import probe as module
from pcv.stages.job import Job


def test_random_encoders_get_statistics_and_pretrained_ones_keep_theirs(
    store, tmp_path: Path, monkeypatch
) -> None:
    seen = {}
    real = module._features

    def look(encoder, *arguments):
        seen[len(seen)] = int(encoder.layers[0].norm.num_batches_tracked)
        return real(encoder, *arguments)

    monkeypatch.setattr(module, "_features", look)
    for count in (0, 2):
        recipe = Recipe(
            stage="probe",
            data=DataConfig(frames=8, points=32),
            encoder=PSTNetConfig(width=0.05, radius=0.5),
            probe=ProbeConfig(warm_statistics=count, linear_epochs=2),
        )
        module.probe(Job(recipe, "test", store.path, tmp_path / str(count)))
    assert [seen[0], seen[2]] == [0, 2]
    assert seen[1] == seen[0]
    assert seen[3] == seen[2]
