"""Label propagation as DINO's evaluation does it, with the affinity in full.

The dense form holds (contexts * H * W) x (H * W) numbers, 1.2 GB at 480p and stride 8. The
program's windowed kernel must give the same labels without ever building it.
"""

import torch
import torch.nn.functional as F


def window(height, width, radius, device=None):
    """1 where source cell and target cell are at most `radius` apart in both axes, (HW, HW)."""
    ys = torch.arange(height, device=device).repeat_interleave(width)
    xs = torch.arange(width, device=device).repeat(height)
    near = ((ys.view(-1, 1) - ys).abs() <= radius) & ((xs.view(-1, 1) - xs).abs() <= radius)
    return near


def propagate(target, contexts, labels, radius=12, top_k=5, temperature=0.1):
    """Soft labels (K, H, W) of the target.

    target (C, H, W); contexts (T, C, H, W); labels (T, K, H, W) soft. Entries equal to the k-th
    largest are kept too, as in the original.
    """
    c, h, w = target.shape
    query = F.normalize(target.reshape(c, h * w).T, dim=1)
    near = window(h, w, radius, target.device)
    affinity = []
    for context in contexts:
        source = F.normalize(context.reshape(c, h * w).T, dim=1)
        affinity.append(torch.exp(query @ source.T / temperature) * near)
    affinity = torch.cat(affinity, 1)
    least = affinity.topk(top_k, dim=1).values[:, -1:]
    affinity = affinity * (affinity >= least)
    affinity = affinity / affinity.sum(1, keepdim=True)
    sources = labels.permute(0, 2, 3, 1).reshape(-1, labels.shape[1])
    return (affinity @ sources).T.reshape(-1, h, w)


def to_labels(soft, height, width):
    """Soft labels (K, h, w) -> ids (height, width): bilinear, min-max per channel, argmax."""
    up = F.interpolate(soft.unsqueeze(0), size=(height, width), mode="bilinear",
                       align_corners=False)[0]
    low, high = up.amin((1, 2), keepdim=True), up.amax((1, 2), keepdim=True)
    scaled = torch.where(high > 0, (up - low) / (high - low).clamp_min(1e-12), up)
    return scaled.argmax(0)
