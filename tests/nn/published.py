"""The published PST convolution: frame by frame, group first, convolve after."""

import numpy as np
import torch

from pcv.ops import farthest_points, gather_points


def ball_by_definition(points, anchors, radius, slots):
    """First hits in storage order, the first repeated; point 0 when the ball is empty."""
    clouds = []
    for cloud, centres in zip(points.numpy(), anchors.numpy(), strict=True):
        rows = []
        for centre in centres:
            hits = np.flatnonzero(((cloud - centre) ** 2).sum(1) < np.float32(radius**2))
            hits = hits[:slots] if len(hits) else np.zeros(1, np.int64)
            rows.append(np.concatenate([hits, np.repeat(hits[:1], slots - len(hits))]))
        clouds.append(np.stack(rows))
    return torch.from_numpy(np.stack(clouds))


def published(layer, position, feature, ball=ball_by_definition):
    """Fan et al., ICLR 2021, with the padding, pooling and fill rules of the published code.

    ``ball(points, anchors, radius, slots)`` finds neighbours; a benchmark gives a fast one.
    """
    config = layer.config
    before, after = config.temporal_padding
    xyz, features = list(position.unbind(1)), list(feature.unbind(1)) if feature is not None else []
    for number, end in ((before, 0), (after, -1)):
        for _ in range(number):
            pad = xyz[end] if config.padding == "replicate" else torch.zeros_like(xyz[0])
            xyz.insert(0, pad) if end == 0 else xyz.append(pad)
            if features:
                row = features[end]
                row = row if config.padding == "replicate" else torch.zeros_like(row)
                features.insert(0, row) if end == 0 else features.append(row)
    reach, taps = config.temporal_kernel // 2, []
    all_anchors = []
    for t in range(reach, len(xyz) - reach, config.temporal_stride):
        count = position.shape[2] // config.spatial_stride
        if config.anchors == "fps":
            index = farthest_points(xyz[t].contiguous(), count)
            anchors = gather_points(xyz[t], index[:, None])[:, 0]
        else:
            anchors = xyz[t][:, :count]
        row = [tap(layer, xyz, features, anchors, i, ball) for i in range(t - reach, t + reach + 1)]
        taps.append(torch.cat(row, -1))
        all_anchors.append(anchors)
    stacked = torch.stack(taps, 1)
    mixed = torch.relu(layer.norm(stacked.flatten(0, 2)))
    out = mixed @ layer.temporal.weight.T
    return torch.stack(all_anchors, 1), out.reshape(*stacked.shape[:3], -1)


def tap(layer, xyz, features, anchors, i, ball):
    """One frame of the tubes: group, convolve, combine, pool over the neighbours."""
    config = layer.config
    index = ball(xyz[i], anchors, config.radius, config.neighbours)
    offset = gather_points(xyz[i], index) - anchors[:, :, None]
    value = offset @ layer.displacement.T
    if features:
        grouped = gather_points(features[i], index) @ layer.feature.T
        value = value * grouped if config.combine == "multiplication" else value + grouped
    return {"sum": value.sum, "mean": value.mean, "max": value.amax}[config.pool](2)
