"""The losses of M-JEPA and of the content branch.

Sources: Bardes, Ponce, LeCun, "MC-JEPA" (arXiv 2307.12698), equations 2 to 7, in the form that trains
with backward warping; SSIM and edge-aware smoothness as ARFlow writes them; VICReg as published.
Pyramids are {level: (N, C, H, W)}, flows {level: (N, 2, H, W)} in pixels of the level, masks (N, 1, H,
W) with 1 where a pixel counts and no gradient.
"""

import torch
import torch.nn.functional as F

from . import ops

# Variance and covariance weights of levels 1..6: the higher the layer, the less it needs.
VC_WEIGHTS = {1: (0.01, 0.04), 2: (0.01, 0.04), 3: (0.01, 0.001), 4: (0.01, 0.0),
              5: (0.001, 0.0), 6: (0.0001, 0.0)}


def masked_mean(values, mask):
    """Mean over the pixels of the mask and over channels; 0 where the mask is empty."""
    return (values * mask).sum() / (values.shape[1] * mask.sum()).clamp_min(1e-6)


def regression(first, second, flows, masks):
    """Features of frame t against those of t + 1 warped back, summed over the levels with flow."""
    return sum(masked_mean((first[level] - ops.warp(second[level], flow)).square(), masks[level])
               for level, flow in flows.items())


def cycle(first, forward, backward, masks):
    """Features of frame t carried to t + 1 and back must return."""
    total = 0
    for level, flow in forward.items():
        there = ops.warp(first[level], backward[level])
        total = total + masked_mean((first[level] - ops.warp(there, flow)).square(), masks[level])
    return total


def ssim_distance(a, b):
    """clamp((1 - SSIM) / 2, 0, 1) over 3x3 windows without padding: (N, C, H - 2, W - 2)."""
    c1, c2 = 0.01 ** 2, 0.03 ** 2
    mean_a, mean_b = F.avg_pool2d(a, 3, 1), F.avg_pool2d(b, 3, 1)
    var_a = F.avg_pool2d(a * a, 3, 1) - mean_a * mean_a
    var_b = F.avg_pool2d(b * b, 3, 1) - mean_b * mean_b
    covariance = F.avg_pool2d(a * b, 3, 1) - mean_a * mean_b
    ssim = ((2 * mean_a * mean_b + c1) * (2 * covariance + c2)
            / ((mean_a ** 2 + mean_b ** 2 + c1) * (var_a + var_b + c2)))
    return ((1 - ssim) / 2).clamp(0, 1)


def reconstruction(image, other, flow, mask, l1=1.0, l2=1.0, ssim=1.0):
    """Frame t against frame t + 1 warped back: a mix of L1, L2 and SSIM over the mask."""
    warped = ops.warp(other, flow)
    structure = ssim_distance(image * mask, warped * mask).mean() / mask.mean().clamp_min(1e-6)
    return (l1 * masked_mean((image - warped).abs(), mask)
            + l2 * masked_mean((image - warped).square(), mask) + ssim * structure)


def smoothness(image, flow, edge=10.0):
    """First-order, edge-aware; flow is divided by its shorter side, as in ARFlow."""
    flow = flow / min(flow.shape[-2:])

    def along(axis):
        step = (image.diff(dim=axis).abs().mean(1, keepdim=True) * -edge).exp()
        return (step * flow.diff(dim=axis).abs()).mean() / 2

    return along(3) + along(2)


def variance_covariance(features):
    """(variance hinge, covariance) of a feature map; every position is a sample, channels are
    dimensions."""
    samples = features.permute(0, 2, 3, 1).reshape(-1, features.shape[1])
    centred = samples - samples.mean(0)
    count, dims = centred.shape
    std = (centred.square().sum(0) / (count - 1) + 1e-4).sqrt()
    matrix = centred.T @ centred / (count - 1)
    off = matrix - torch.diag(matrix.diagonal())
    return F.relu(1 - std).mean(), off.square().sum() / dims


def vc_pyramid(levels, weights=None):
    total = 0
    for level, (variance, covariance) in (weights or VC_WEIGHTS).items():
        if level in levels:
            v, c = variance_covariance(levels[level])
            total = total + variance * v + covariance * c
    return total


def vicreg(z1, z2, invariance=25.0, variance=25.0, covariance=1.0):
    """VICReg on expander outputs (N, D)."""
    terms = [F.mse_loss(z1, z2), 0, 0]
    for z in (z1, z2):
        z = z - z.mean(0)
        std = (z.var(0) + 1e-4).sqrt()
        matrix = z.T @ z / (len(z) - 1)
        off = matrix - torch.diag(matrix.diagonal())
        terms[1] = terms[1] + 0.5 * F.relu(1 - std).mean()
        terms[2] = terms[2] + off.square().sum() / z.shape[1]
    return invariance * terms[0] + variance * terms[1] + covariance * terms[2]


def m_jepa(model, image1, image2, weights=None):
    """The flow half for one batch of pairs: {term: value} with both directions averaged, and "total".

    Images are in [0, 1] with sides that are multiples of 64. Reconstruction and smoothness act at the
    finest flow level, on images averaged down to it.
    """
    weights = {"regression": 1.0, "reconstruction": 1.0, "smoothness": 50.0, "cycle": 0.2, "vc": 1.0,
               **(weights or {})}
    levels = model.encode(image1), model.encode(image2)
    flows = model.estimator(*levels), model.estimator(levels[1], levels[0])
    finest = model.estimator.finest
    images = [F.avg_pool2d(image, 2 ** finest) for image in (image1, image2)]
    terms = dict.fromkeys(weights, 0)
    for a, b in ((0, 1), (1, 0)):
        masks = {level: 1 - ops.occlusion(flows[a][level], flows[b][level]) for level in flows[a]}
        terms["regression"] = terms["regression"] + 0.5 * regression(levels[a], levels[b], flows[a],
                                                                     masks)
        terms["reconstruction"] = terms["reconstruction"] + 0.5 * reconstruction(
            images[a], images[b], flows[a][finest], masks[finest])
        terms["smoothness"] = terms["smoothness"] + 0.5 * smoothness(images[a], flows[a][finest])
        terms["cycle"] = terms["cycle"] + 0.5 * cycle(levels[a], flows[a], flows[b], masks)
        terms["vc"] = terms["vc"] + 0.5 * vc_pyramid(levels[a])
    terms["total"] = sum(weights[name] * value for name, value in terms.items())
    return terms
