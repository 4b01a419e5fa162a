import torch
from torch import nn

from pcv.clip import ClipBatch, Superpoints
from pcv.config.scoring import ProbeConfig
from pcv.evaluate.probe import Features, knn_probe, linear_probe, standardise, video_features

CONFIG = ProbeConfig(segment_frames=2, read="max", linear_epochs=200)


def blobs(seed: int, spread: float = 0.3) -> Features:
    g = torch.Generator().manual_seed(seed)
    label = torch.arange(60) % 3
    middle = torch.tensor([[4.0, 0, 0, 1], [0, 4, 0, 1], [0, 0, 4, 1]])
    value = middle[label] + spread * torch.randn(60, 4, generator=g)
    return Features(value, label, torch.arange(60))


def test_separate_classes_are_read_by_both_probes() -> None:
    train, test = blobs(0), blobs(1)
    assert (linear_probe(train, test, CONFIG, classes=3, seed=0) == test.label.numpy()).all()
    for k in (1, 5, 1000):
        guess = knn_probe(train, test, neighbours=k, classes=3)
        assert k == 1000 or (guess == test.label.numpy()).all()


def test_noise_is_not_read() -> None:
    g = torch.Generator().manual_seed(0)
    train, test = (
        Features(torch.randn(90, 5, generator=g), torch.arange(90) % 3, torch.arange(90))
        for _ in "ab"
    )
    share = (linear_probe(train, test, CONFIG, classes=3, seed=0) == test.label.numpy()).mean()
    assert share < 0.6


def test_the_seed_decides() -> None:
    train, test = blobs(0, 3.0), blobs(1, 3.0)
    first, again = (linear_probe(train, test, CONFIG, classes=3, seed=5) for _ in range(2))
    assert (first == again).all()


def test_one_neighbour_is_the_most_similar_video() -> None:
    train, test = blobs(2), blobs(3)
    a, b = standardise(train.value, test.value)
    similarity = nn.functional.cosine_similarity(b[:, None], a[None], dim=2)
    wanted = train.label[similarity.argmax(1)]
    assert (knn_probe(train, test, neighbours=1, classes=3) == wanted.numpy()).all()


def test_standardising_uses_training_statistics_and_survives_a_constant() -> None:
    train, test = torch.rand(10, 3), torch.rand(4, 3)
    train[:, 1] = 5.0
    a, b = standardise(train, test)
    torch.testing.assert_close(a.mean(0), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(a[:, 0].std(unbiased=False), torch.tensor(1.0))
    assert torch.isfinite(b).all()


class Toy(nn.Module):
    """The feature of a frame is the mean of its points."""

    def forward(self, points: torch.Tensor) -> Superpoints:
        assert not self.training
        return Superpoints(points.mean((1, 2))[:, None, None], points[:, :1, :1])


def test_features_are_averaged_over_the_clips_of_a_video() -> None:
    points = torch.rand(3, 4, 5, 3)
    batch = ClipBatch(points, torch.tensor([1, 0, 1]), torch.tensor([9, 4, 9]))
    found = video_features(Toy(), [batch], CONFIG)
    assert found.video.tolist() == [4, 9]
    assert found.label.tolist() == [0, 1]
    clip = torch.stack([points[:, :2].mean((1, 2)), points[:, 2:].mean((1, 2))], 1).amax(1)
    torch.testing.assert_close(found.value[1], (clip[0] + clip[2]) / 2)
