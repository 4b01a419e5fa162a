"""The published P4D convolution and P4Transformer: group first, convolve after, as in the paper."""

import torch
from torch.nn import functional as F

from pcv.ops import farthest_points, gather_points
from tests.nn.published import ball_by_definition


def published_p4d(layer, position, feature, ball=ball_by_definition):
    """Fan et al., CVPR 2021; statistics of batch normalisation over the groups of all frames."""
    config = layer.config
    before, after = config.temporal_padding
    xyz = [position[:, 0]] * before + list(position.unbind(1)) + [position[:, -1]] * after
    features = None
    if feature is not None:
        features = [feature[:, 0]] * before + list(feature.unbind(1)) + [feature[:, -1]] * after
    reach, anchors, groups = config.temporal_kernel // 2, [], []
    normalised = hasattr(layer, "mixers")
    for t in range(reach, len(xyz) - reach, config.temporal_stride):
        count = position.shape[2] // config.spatial_stride
        chosen = xyz[t][:, :count]
        if config.anchors == "fps":
            index = farthest_points(xyz[t].float().contiguous(), count)
            chosen = gather_points(xyz[t], index[:, None])[:, 0]
        anchors.append(chosen)
        for i in range(t - reach, t + reach + 1):
            index = ball(xyz[i].float(), chosen.float(), config.radius, config.neighbours)
            offset = gather_points(xyz[i], index) - chosen[:, :, None]
            offset = torch.cat([offset, torch.full_like(offset[..., :1], i - t)], -1)
            near = None if features is None else gather_points(features[i], index)
            groups.append((offset, near) if normalised else plain(layer, offset, near))
    if not normalised:
        return torch.stack(anchors, 1), over_time(config, groups)
    value = norm_relu(layer, "norm_displacement", [o @ layer.displacement.T for o, _ in groups])
    if features is not None:
        near = norm_relu(layer, "norm_feature", [f @ layer.feature.T for _, f in groups])
        value = [one + two for one, two in zip(value, near, strict=True)]
    for number, mixer in enumerate(layer.mixers):
        value = norm_relu(layer.norms, str(number), [one @ mixer.weight.T for one in value])
    return torch.stack(anchors, 1), over_time(config, [one.amax(2) for one in value])


def plain(layer, offset, near):
    """One frame of the tubes without normalisation, pooled at once."""
    value = offset @ layer.displacement.T
    return (value if near is None else value + near @ layer.feature.T).amax(2)


def over_time(config, taps):
    """Pool the taps of each anchor frame."""
    stacked = torch.stack(taps).unflatten(0, (-1, config.temporal_kernel))
    pooled = stacked.sum(1) if config.over_time == "sum" else stacked.amax(1)
    return pooled.transpose(0, 1)


def norm_relu(owner, name, values):
    """Batch normalisation over all groups at once, and ReLU."""
    norm = getattr(owner, name)
    stacked = torch.stack(values)
    return list(torch.relu(norm(stacked.flatten(0, -2)).reshape(stacked.shape)))


def published_block(block, tokens):
    """Attention and perceptron of P4Transformer, before dropout."""
    attention = block.attention
    inner = block.norm_attention(tokens)
    query, key, value = attention.mix_in(inner).chunk(3, -1)
    heads = []
    width = query.shape[-1] // attention.heads
    for q, k, v in zip(query.split(width, -1), key.split(width, -1), value.split(width, -1),
                       strict=True):  # fmt: skip
        heads.append(torch.softmax(q @ k.transpose(1, 2) * width**-0.5, -1) @ v)
    tokens = tokens + F.gelu(attention.mix_out(torch.cat(heads, -1)))
    return tokens + block.mlp(block.norm_mlp(tokens))


def published_encoder(net, points, ball=ball_by_definition):
    """Tokens (B, L, M, C) of P4Transformer."""
    position, feature = points[..., :3], points[..., 3:] if net.colour else None
    for layer in net.layers:
        position, feature = published_p4d(layer, position, feature, ball)
    if net.position is not None:
        time = torch.arange(1, position.shape[1] + 1, dtype=points.dtype, device=points.device)
        time = time[None, :, None, None].expand(*position.shape[:3], 1)
        feature = feature + net.position(torch.cat([position, time], -1))
    tokens = (torch.relu(feature) if net.rectify else feature).flatten(1, 2)
    for block in net.blocks:
        tokens = published_block(block, tokens)
    return tokens.reshape(feature.shape)
