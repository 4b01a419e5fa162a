import pytest
import torch

from pcv.objectives.drift import DriftMonitor, batch_drift
from tests.encoders.test_serial import make, scenes


def test_drift_is_its_definition_and_leaves_the_encoder_as_it_was():
    encoder, regions = make().train(), scenes()
    found = batch_drift(encoder, regions)
    assert encoder.training
    encoder.eval()
    cross, single = (encoder.encode(regions, mode) for mode in ("cross", "single"))
    wanted = (cross - single).norm() / cross.norm()
    torch.testing.assert_close(found, wanted)
    assert 0.001 < float(found) < 2


def test_one_scene_does_not_drift():
    assert float(batch_drift(make(), scenes(count=1))) == 0


def test_the_monitor_measures_every_so_often_and_remembers(monkeypatch):
    encoder, regions = make(), scenes()
    monitor = DriftMonitor(3)
    values = []
    for step in range(7):
        with torch.no_grad():
            encoder.norm.bias += 0.5
        values.append(float(monitor(encoder, regions)))
        assert int(monitor.steps) == step + 1
    assert values[0] == values[1] == values[2] != values[3] == values[5] != values[6]
    copy = DriftMonitor(3)
    copy.load_state_dict(monitor.state_dict())
    assert float(copy.value) == pytest.approx(values[6])
