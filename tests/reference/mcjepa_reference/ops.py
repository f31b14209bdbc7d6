"""The numeric operations of the flow branch, written with tensor primitives.

Rasters are (N, C, H, W); flow is (N, 2, H, W), channel 0 = u to the right, channel 1 = v down, in
pixels of that raster.
"""

import torch
import torch.nn.functional as F


def warp(source, flow):
    """Bilinear sample of `source` at p + flow(p), pixel centres at integers, zeros outside.

    Each of the four corners counts as zero on its own when it lies outside, as grid_sample does
    with align_corners=True and padding_mode="zeros"; spelt out because grid_sample's normalised
    coordinates divide by W - 1, and the coarsest level can be one cell wide.
    """
    n, c, h, w = source.shape
    ys = torch.arange(h, dtype=source.dtype, device=source.device).view(1, h, 1)
    xs = torch.arange(w, dtype=source.dtype, device=source.device).view(1, 1, w)
    x = xs + flow[:, 0]
    y = ys + flow[:, 1]
    x0, y0 = x.detach().floor(), y.detach().floor()
    fx, fy = x - x0, y - y0
    flat = source.reshape(n, c, h * w)

    def corner(cx, cy, weight):
        inside = (cx >= 0) & (cx <= w - 1) & (cy >= 0) & (cy <= h - 1)
        index = (cy.clamp(0, h - 1) * w + cx.clamp(0, w - 1)).long().view(n, 1, h * w)
        values = flat.gather(2, index.expand(n, c, h * w)).view(n, c, h, w)
        return values * (weight * inside).unsqueeze(1)

    return (corner(x0, y0, (1 - fx) * (1 - fy)) + corner(x0 + 1, y0, fx * (1 - fy))
            + corner(x0, y0 + 1, (1 - fx) * fy) + corner(x0 + 1, y0 + 1, fx * fy))


def warp_valid(flow):
    """1 where p + flow(p) lies within the raster, (N, 1, H, W)."""
    n, _, h, w = flow.shape
    x = torch.arange(w, dtype=flow.dtype, device=flow.device).view(1, 1, w) + flow[:, 0]
    y = torch.arange(h, dtype=flow.dtype, device=flow.device).view(1, h, 1) + flow[:, 1]
    return ((x >= 0) & (x <= w - 1) & (y >= 0) & (y <= h - 1)).to(flow.dtype).unsqueeze(1)


def cost_volume(first, second, radius=4):
    """Mean over channels of first(x) * second(x + d); channel (dy + r) * (2r + 1) + (dx + r)."""
    _, _, h, w = first.shape
    padded = F.pad(second, [radius] * 4)
    side = 2 * radius + 1
    slices = [(first * padded[:, :, dy:dy + h, dx:dx + w]).mean(1, keepdim=True)
              for dy in range(side) for dx in range(side)]
    return torch.cat(slices, 1)


def splat(values, flow):
    """Adds each of `values` (N, C, H, W) to the four neighbours of p + flow(p), bilinearly."""
    n, c, h, w = values.shape
    x = torch.arange(w, dtype=flow.dtype, device=flow.device).view(1, 1, w) + flow[:, 0]
    y = torch.arange(h, dtype=flow.dtype, device=flow.device).view(1, h, 1) + flow[:, 1]
    x0, y0 = x.floor(), y.floor()
    out = torch.zeros(n, c, h * w, dtype=values.dtype, device=values.device)
    for cx, cy, weight in ((x0, y0, (1 - x + x0) * (1 - y + y0)),
                           (x0 + 1, y0, (x - x0) * (1 - y + y0)),
                           (x0, y0 + 1, (1 - x + x0) * (y - y0)),
                           (x0 + 1, y0 + 1, (x - x0) * (y - y0))):
        inside = (cx >= 0) & (cx <= w - 1) & (cy >= 0) & (cy <= h - 1)
        index = (cy.clamp(0, h - 1) * w + cx.clamp(0, w - 1)).long().view(n, 1, h * w)
        out.scatter_add_(2, index.expand(n, c, h * w),
                         (values * (weight * inside).unsqueeze(1)).reshape(n, c, h * w))
    return out.view(n, c, h, w)


def occlusion(forward, backward, alpha=0.01, beta=0.5):
    """1 where forward and backward flow disagree, or the target leaves the picture; no gradient."""
    with torch.no_grad():
        back = warp(backward, forward)
        gap = (forward + back).square().sum(1, keepdim=True)
        size = forward.square().sum(1, keepdim=True) + back.square().sum(1, keepdim=True)
        occluded = (gap > alpha * size + beta).to(forward.dtype)
        return torch.maximum(occluded, 1 - warp_valid(forward))


def upsample_flow(flow, height, width):
    """Flow on a finer raster: bilinear, align_corners=False, vectors in its pixels."""
    scale = width / flow.shape[-1]
    return scale * F.interpolate(flow, size=(height, width), mode="bilinear", align_corners=False)


def pad_to_multiple(image, multiple=64):
    """Replicates the last column and row until both sides are multiples."""
    h, w = image.shape[-2:]
    return F.pad(image, [0, -w % multiple, 0, -h % multiple], mode="replicate")


def cosine_similarity(query, features):
    """Cosine of one vector (C) with every cell of features (1, C, H, W); zero vectors give 0."""
    query = query / query.norm().clamp_min(1e-12)
    norm = features.norm(dim=1, keepdim=True).clamp_min(1e-12)
    return (features / norm * query.view(1, -1, 1, 1)).sum(1)
