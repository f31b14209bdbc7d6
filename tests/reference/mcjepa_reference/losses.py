"""The losses of M-JEPA and of the content branch, and one optimiser step.

Sources: Bardes, Ponce, LeCun, "MC-JEPA" (arXiv 2307.12698), equations 2 to 7, in the form that
trains with backward warping; SSIM and edge-aware smoothness as ARFlow writes them, census as UFlow
and ARFlow do; VICReg as published; AdamW as published. Pyramids are {level: (N, C, H, W)}, flows
{level: (N, 2, H, W)} in pixels of the level, masks (N, 1, H, W) with 1 where a pixel counts and no
gradient. What the paper leaves open is chosen as in the C++ side's training/, and said where it is.
"""

import contextlib

import torch
import torch.nn.functional as F

from . import ops

# Variance and covariance weights of levels 1..6: the higher the layer, the less it needs.
VC_WEIGHTS = ((0.01, 0.04), (0.01, 0.04), (0.01, 0.001), (0.01, 0.0), (0.001, 0.0), (0.0001, 0.0))

FLOW_SETTINGS = {"regression": 1.0, "l1": 1.0, "l2": 1.0, "ssim": 1.0, "census": 0.0,
                 "census_radius": 3, "level_weights": (1.0,), "smooth": 50.0, "edge": 10.0,
                 "smooth_order": 1, "cycle": 0.2,
                 "vc": VC_WEIGHTS, "occlusion_alpha": 0.01, "occlusion_beta": 0.5,
                 "occlusion_floor": 0.0}

_watching = None


@contextlib.contextmanager
def watched_corners():
    """Collects (kind, value) of every place where a loss has a corner: "zero" values have it at
    zero, "whole" ones at whole numbers. See loss_parity.clearance."""
    global _watching
    outer, _watching = _watching, []
    try:
        yield _watching
    finally:
        _watching = outer


def _corner(kind, value):
    if _watching is not None:
        _watching.append((kind, value.detach().double()))
    return value


# --- masks and warps -----------------------------------------------------------------------------


def masked_mean(values, mask):
    """Mean over the pixels of the mask and over channels; 0 where the mask is empty."""
    return (values * mask).sum() / (values.shape[1] * mask.sum() + 1e-6)


def warp(source, flow):
    return ops.warp(source, _corner("whole", flow))


def warp_clamped(source, flow):
    """As warp, but outside the picture stands its border; the flow gets no gradient from there."""
    h, w = flow.shape[-2:]
    xs = torch.arange(w, dtype=flow.dtype, device=flow.device).view(1, 1, w)
    ys = torch.arange(h, dtype=flow.dtype, device=flow.device).view(1, h, 1)
    _corner("whole", flow)
    within = torch.stack([(xs + flow[:, 0]).clamp(0, w - 1) - xs,
                          (ys + flow[:, 1]).clamp(0, h - 1) - ys], 1)
    return ops.warp(source, within)


def arrivals(back):
    """How much of the other picture moves to every pixel, (N, 1, H, W): each of its pixels counts
    max(0, 1 - |dx|) max(0, 1 - |dy|) at distance (dx, dy) from where `back` takes it (the range map
    of Wang et al. 2018, "Occlusion Aware Unsupervised Learning of Optical Flow")."""
    def shares(count, places):
        own = torch.arange(count, dtype=back.dtype, device=back.device).view(1, count, 1)
        return (1 - (own - places.unsqueeze(1)).abs()).clamp(min=0)

    h, w = back.shape[-2:]
    ys = torch.arange(h, dtype=back.dtype, device=back.device).view(1, h, 1)
    xs = torch.arange(w, dtype=back.dtype, device=back.device).view(1, 1, w)
    down, along = (ys + back[:, 1]).flatten(1), (xs + back[:, 0]).flatten(1)
    return torch.einsum("nyq,nxq->nyx", shares(h, down), shares(w, along)).unsqueeze(1)


def visible(flow, back, occlusion, alpha=0.01, beta=0.5):
    """1 where p + flow(p) lies within the picture and, with occlusion "both", flow there and back
    agree, with "range", at least a fifth of a pixel of the other picture arrives (ARFlow)."""
    with torch.no_grad():
        inside = ops.warp_valid(_corner("whole", flow))
        if occlusion == "outside":
            return inside
        if occlusion == "range":
            missing = arrivals(back).clamp(max=1) - 0.2
            _corner("zero", torch.where(inside > 0, missing, inside.new_tensor(1e3)))
            return inside * (missing >= 0)
        returned = ops.warp(back, flow)
        gap = (flow + returned).square().sum(1, keepdim=True)
        size = (flow.square() + returned.square()).sum(1, keepdim=True)
        # Pixels whose target is outside are decided by that alone.
        _corner("zero", torch.where(inside > 0, gap - alpha * size - beta, inside.new_tensor(1e3)))
        return inside * (gap <= alpha * size + beta)


def visible_share(flow, back, alpha=0.01, beta=0.5, occlusion="both"):
    """(N,): of each picture's pixels whose target is inside, the share that passes the test."""
    passing = visible(flow, back, occlusion, alpha, beta).sum((1, 2, 3))
    return passing / visible(flow, back, "outside").sum((1, 2, 3)).clamp(min=1)


def counted(flow, back, occlusion, alpha, beta, floor):
    """`visible`, but every pixel whose target is inside for pictures whose share is below
    `floor`."""
    mask = visible(flow, back, occlusion, alpha, beta)
    if occlusion == "outside":
        return mask
    below = visible_share(flow, back, alpha, beta, occlusion) < floor
    return torch.where(below.view(-1, 1, 1, 1), visible(flow, back, "outside"), mask)


def mask_at(mask, like):
    """A full-size mask at a level: of each cell's pixels the first."""
    step = mask.shape[-1] // like.shape[-1]
    return mask[:, :, ::step, ::step]


# --- flow losses ---------------------------------------------------------------------------------


def standardised(maps):
    """Channels with mean 0 and deviation 1 over the picture: scale cannot lower a difference."""
    spread, mean = torch.var_mean(maps, (2, 3), correction=0, keepdim=True)
    return (maps - mean) / torch.sqrt(spread + 1e-6)


def regression(first, second, flows, masks):
    """Features of frame t against those of t + 1 warped back: {level: value}."""
    return {level: masked_mean((first[level] - warp(second[level], flow)) ** 2, masks[level])
            for level, flow in flows.items()}


def cycle(first, forward, backward, masks):
    """Features of frame t carried to t + 1 and back must return: {level: value}."""
    values = {}
    for level, flow in forward.items():
        there_and_back = warp(warp(first[level], backward[level]), flow)
        values[level] = masked_mean((first[level] - there_and_back) ** 2, masks[level])
    return values


def ssim_distance(a, b):
    """clamp((1 - SSIM) / 2, 0, 1) over 3x3 windows without padding: (N, C, H - 2, W - 2)."""
    def windows(image):
        return image.unfold(2, 3, 1).unfold(3, 3, 1).flatten(4)

    a, b = windows(a), windows(b)
    mean_a, mean_b = a.mean(4), b.mean(4)
    from_a, from_b = a - mean_a.unsqueeze(4), b - mean_b.unsqueeze(4)
    luminance = (2 * mean_a * mean_b + 0.01 ** 2) / (mean_a ** 2 + mean_b ** 2 + 0.01 ** 2)
    structure = ((2 * (from_a * from_b).mean(4) + 0.03 ** 2)
                 / ((from_a ** 2).mean(4) + (from_b ** 2).mean(4) + 0.03 ** 2))
    return ((1 - luminance * structure) / 2).clamp(0, 1)


def census_distance(a, b, radius):
    """Soft census transforms of windows within the picture compared: (N, 1, H - 2r, W - 2r). Radius
    1 is ARFlow's form, larger ones UFlow's."""
    share = torch.tensor([0.2989, 0.5870, 0.1140], dtype=a.dtype,
                         device=a.device).view(1, 3, 1, 1)
    grey_a, grey_b = (255 * (image * share).sum(1, keepdim=True) for image in (a, b))
    h, w = a.shape[2] - 2 * radius, a.shape[3] - 2 * radius

    def sign(grey, y, x):
        d = grey[..., y:y + h, x:x + w] - grey[..., radius:radius + h, radius:radius + w]
        return d / torch.sqrt(0.81 + d ** 2)

    side = range(2 * radius + 1)
    distance = 0
    for y in side:
        for x in side:
            gap = (sign(grey_a, y, x) - sign(grey_b, y, x)) ** 2
            distance = distance + gap / (0.1 + gap)
    return distance / len(side) ** 2 if radius == 1 else (distance + 0.01) ** 0.4


def reconstruction(image, other, flow, mask, l1=1.0, l2=1.0, ssim=1.0, census=0.0, census_radius=3):
    """Frame t against frame t + 1 warped back, at the pictures' size: {part: weighted value}.

    A choice: windows of SSIM and census count where their centre is visible; SSIM sees hidden
    pixels as black in both pictures (ARFlow divides the sum over all windows by the mask's mean).
    """
    warped = warp_clamped(other, flow)
    parts = {}
    if l1:
        parts["l1"] = l1 * masked_mean(_corner("zero", image - warped).abs(), mask)
    if l2:
        parts["l2"] = l2 * masked_mean((image - warped) ** 2, mask)
    if ssim:
        parts["ssim"] = ssim * masked_mean(ssim_distance(image * mask, warped * mask),
                                           mask[..., 1:-1, 1:-1])
    if census:
        r = census_radius
        parts["census"] = census * masked_mean(census_distance(image, warped, r),
                                               mask[..., r:-r, r:-r])
    return parts


def smoothness(image, flow, edge=10.0, order=1):
    """Edge-aware, on flow divided by its shorter side; `image` has the flow's size, which in ARFlow
    is the picture's. ARFlow's scales: |df| counts a half, and either order's axis a half of its
    mean."""
    flow = flow / min(flow.shape[-2:])
    total = 0
    for axis in (2, 3):
        edges = _corner("zero", image.diff(dim=axis)).abs().mean(1, keepdim=True)
        weight = torch.exp(-edge * edges)
        change = _corner("zero", flow.diff(n=order, dim=axis)).abs()
        if order == 1:
            change = change / 2
        else:  # the edge between the last two of the three cells
            weight = weight.narrow(axis, 1, weight.shape[axis] - 1)
        total = total + (weight * change).mean() / 2
    return total


def shrink(image, height, width):
    """Means over equal blocks."""
    n, c, h, w = image.shape
    return image.view(n, c, height, h // height, width, w // width).mean((3, 5))


# --- known motion --------------------------------------------------------------------------------


def known_motion(flows, full, truth, mask):
    """Flow at every level against the true one, (|error|_1 + 0.01)^0.7 in cells of the level; the
    finest level is judged at the picture's size, a coarser one by the true motion of each cell's
    middle pixel, which a mean over a motion edge is not: {part: value}."""
    def robust(error):
        return (_corner("zero", error).abs().sum(1, keepdim=True) + 0.01) ** 0.7

    finest = min(flows)
    parts = {"full": masked_mean(robust((full - truth) / 2 ** finest), mask)}
    for level, flow in flows.items():
        if level == finest:
            continue
        stride = 2 ** level
        ys, xs = (stride * torch.arange(side) + stride // 2 for side in flow.shape[-2:])
        target = truth[:, :, ys][:, :, :, xs] / stride
        parts[str(level)] = masked_mean(robust(flow - target), mask[:, :, ys][:, :, :, xs])
    return parts


def motion_matching(first, second, flow, mask, temperature=0.1):
    """Cross entropy of finding again the places of `first` in `second`, feature maps of one level,
    and the other way round, by the cosine of features standardised over the picture."""
    n, c, h, w = first.shape
    stride = flow.shape[-1] // w

    def unit(maps):
        rows = maps.flatten(2)
        spread = ((rows - rows.mean(2, keepdim=True)) ** 2).mean(2, keepdim=True)
        rows = (rows - rows.mean(2, keepdim=True)) / torch.sqrt(spread + 1e-6)
        return rows / torch.sqrt((rows ** 2).sum(1, keepdim=True) + 1e-12)

    similar = torch.einsum("ncp,ncq->npq", unit(first), unit(second)) / temperature
    there = similar - torch.logsumexp(similar, 2, keepdim=True)
    back = similar - torch.logsumexp(similar, 1, keepdim=True)
    total, count = 0, 0
    for b in range(n):
        for p in range(h * w):
            y, x = p // w * stride + stride // 2, p % w * stride + stride // 2
            to_x, to_y = ((float(at) + float(flow[b, axis, y, x]) + 0.5) / stride - 0.5
                          for axis, at in ((0, x), (1, y)))
            if not (mask[b, 0, y, x] > 0 and 0 <= to_x <= w - 1 and 0 <= to_y <= h - 1):
                continue
            count += 1
            for cell_y in {int(to_y), min(int(to_y) + 1, h - 1)}:
                for cell_x in {int(to_x), min(int(to_x) + 1, w - 1)}:
                    share = max(0.0, 1 - abs(to_y - cell_y)) * max(0.0, 1 - abs(to_x - cell_x))
                    q = cell_y * w + cell_x
                    total = total - share * (there[b, p, q] + back[b, p, q]) / 2
    return total / (count + 1e-6)


# --- variance, covariance, VICReg ----------------------------------------------------------------


def spread_and_covariance(rows):
    """(variance hinge, covariance) of samples (N, D): VICReg's second and third term."""
    n, dims = rows.shape
    rows = rows - rows.sum(0) / n
    covariance = torch.einsum("nd,ne->de", rows, rows) / (n - 1)
    std = torch.sqrt(covariance.diagonal() + 1e-4)
    off = covariance * (1 - torch.eye(dims, dtype=rows.dtype, device=rows.device))
    return F.relu(_corner("zero", 1 - std)).mean(), (off ** 2).sum() / dims


def lattice(height, width, maps, most=4096):
    """Rows and columns of the positions that serve as samples: with them all `maps` together have
    at most `most`. A choice: the paper does not say what a sample of a feature map is."""
    step = 1
    while -(-height // step) * -(-width // step) > max(1, most // maps):
        step += 1
    return [torch.arange(min(step, side) // 2, side, step) for side in (height, width)]


def variance_covariance(features):
    """(variance hinge, covariance) of feature maps; positions on a lattice are the samples."""
    n, c, h, w = features.shape
    ys, xs = lattice(h, w, n)
    samples = features[:, :, ys][:, :, :, xs]
    return spread_and_covariance(samples.permute(0, 2, 3, 1).reshape(-1, c))


def vicreg(z1, z2, invariance=25.0, variance=25.0, covariance=1.0):
    """VICReg on expander outputs (N, D): {part: weighted value}."""
    hinge1, off1 = spread_and_covariance(z1)
    hinge2, off2 = spread_and_covariance(z2)
    return {"invariance": invariance * ((z1 - z2) ** 2).sum() / z1.numel(),
            "variance": variance * (hinge1 + hinge2) / 2,
            "covariance": covariance * (off1 + off2)}


def view_flow(crop1, crop2, height, width, cells):
    """Where the cells of a view's map lie on the other view's: (N, 2, height, width). Crops (N, 5):
    x, y, width, height in pixels of the picture, 1 where mirrored; a view is `cells` cells wide."""
    flow = crop1.new_zeros(len(crop1), 2, height, width)
    for n, (a, b) in enumerate(zip(crop1, crop2)):
        for axis, count in ((0, width), (1, height)):
            own = torch.arange(count, dtype=crop1.dtype)
            share = (own + 0.5) / cells
            if axis == 0 and a[4]:
                share = 1 - share
            share = (a[axis] + share * a[2 + axis] - b[axis]) / b[2 + axis]
            if axis == 0 and b[4]:
                share = 1 - share
            shift = share * cells - 0.5 - own
            flow[n, axis] = shift.view(1, -1) if axis == 0 else shift.view(-1, 1)
    return flow


def local_vicreg(maps1, maps2, flow12, flow21, invariance=25.0, variance=25.0, covariance=1.0):
    """VICRegL's location-based criterion on local expanders' outputs (N, D, h, w).

    Choices: the other view is read between its cells, places of all pictures are the samples."""
    parts = {}
    for a, b, flow in ((maps1, maps2, flow12), (maps2, maps1, flow21)):
        mask = ops.warp_valid(flow)
        hinge, off = variance_covariance(a)
        for name, value in (
                ("local_invariance", invariance * masked_mean((a - warp(b, flow)) ** 2, mask) / 2),
                ("local_variance", variance * hinge / 2), ("local_covariance", covariance * off)):
            parts[name] = parts.get(name, 0) + value
    return parts


# --- the first pass as teacher -------------------------------------------------------------------


def resize(maps, height, width):
    """Bilinear, pixels as squares (align_corners=False), as two matrix products."""
    def hats(target, source):
        centre = (torch.arange(target, dtype=maps.dtype) + 0.5) * source / target - 0.5
        gap = centre.clamp(0, source - 1).view(-1, 1) - torch.arange(source, dtype=maps.dtype)
        return (1 - gap.abs()).clamp_min(0)

    return hats(height, maps.shape[2]) @ maps @ hats(width, maps.shape[3]).T


def crop_error(teacher, teacher_back, student, student_back, window, teacher_sigma=0.003,
               student_sigma=0.03):
    """UFlow's self-supervision: `student` is the flow of a crop, window = (y, x, height, width) in
    cells, resized to the whole."""
    h, w = teacher.shape[-2:]
    y, x, height, width = window

    def agreement(flow, back, sigma):
        gap = (flow + warp(back, flow)).square().sum(1, keepdim=True)
        return torch.exp(-gap / (sigma ** 2 * (h ** 2 + w ** 2))) * ops.warp_valid(flow)

    def part(maps):
        return resize(maps[:, :, y:y + height, x:x + width], h, w)

    with torch.no_grad():
        grown = teacher.new_tensor([w / width, h / height]).view(1, 2, 1, 1)
        target = part(teacher) * grown
        mask = (part(agreement(teacher, teacher_back, teacher_sigma))
                * (1 - agreement(student, student_back, student_sigma)))
    error = torch.sqrt((student - target) ** 2 + 1e-6)
    return (error * mask).sum() / mask.numel()


def _apply(maps, points):
    """Affine maps (B, 3, 3) on points (B or 1, 2, H, W)."""
    linear, shift = maps[:, :2, :2], maps[:, :2, 2]
    return torch.einsum("bij,bjhw->bihw", linear, points.expand(len(maps), -1, -1, -1)) \
        + shift[:, :, None, None]


def _points(h, w, dtype):
    y, x = torch.meshgrid(torch.arange(h, dtype=dtype), torch.arange(w, dtype=dtype), indexing="ij")
    return torch.stack([x, y]).unsqueeze(0)


def augmented_pictures(pictures, maps):
    """Pictures whose pixel p shows the plain ones' maps(p)."""
    p = _points(*pictures.shape[-2:], pictures.dtype)
    return warp_clamped(pictures, _apply(maps, p) - p)


def augmented_flow(flow, mask, first, second):
    """Flow and mask between augmented pictures, each seen through its own affine maps (B, 3, 3)."""
    with torch.no_grad():
        p = _points(*flow.shape[-2:], flow.dtype)
        source = _apply(first, p)
        end = source + warp_clamped(flow, source - p)
        return _apply(torch.linalg.inv(second), end) - p, warp(mask, source - p)


# --- objectives ----------------------------------------------------------------------------------


def flow_loss(images, levels, flows, full, settings=None, occlusion="both", vc_share=1.0):
    """The flow half from its parts, each a pair (frame t, frame t + 1 or flow there, flow back):
    {part: weighted value}, both directions averaged.

    `level_weights`: of the reconstruction of each level's flow, the finest first; ARFlow's are
    1, 1, 1, 1, 0. A coarser flow is enlarged as the finest is, and the pictures are averaged down
    to it.

    Choices: masks decided at the pictures' size, and no test of occlusion for a picture where fewer
    than `occlusion_floor` of the pixels pass it; regression and cycle of standardised features,
    which cannot agree by shrinking, and covariance of the same, while the variance hinge keeps the
    scale of features as they are; for both, the two pictures' positions are one set.
    """
    s = {**FLOW_SETTINGS, **(settings or {})}
    parts = {}
    compared = [{level: standardised(maps) for level, maps in pyramid.items()}
                for pyramid in levels]

    def add(name, value):
        parts[name] = parts.get(name, 0) + value

    for a, b in ((0, 1), (1, 0)):
        mask = counted(full[a], full[b], occlusion, s["occlusion_alpha"], s["occlusion_beta"],
                       s["occlusion_floor"])
        masks = {level: mask_at(mask, flow) for level, flow in flows[a].items()}
        if s["regression"]:
            for level, value in regression(compared[a], compared[b], flows[a], masks).items():
                add(f"regression.{level}", s["regression"] / 2 * value)
        if s["cycle"]:
            for level, value in cycle(compared[a], flows[a], flows[b], masks).items():
                add(f"cycle.{level}", s["cycle"] / 2 * value)
        if any(s[name] for name in ("l1", "l2", "ssim", "census")):
            enlargement = 2 ** min(flows[a])
            for level, weight in zip(sorted(flows[a]), s["level_weights"]):
                if level == min(flows[a]):
                    seen, flow = (images[a], images[b]), full[a]
                else:
                    h, w = (enlargement * side for side in flows[a][level].shape[-2:])
                    seen = [shrink(image, h, w) for image in (images[a], images[b])]
                    flow = enlargement * resize(flows[a][level], h, w)
                if weight:
                    for name, value in reconstruction(
                            *seen, flow, mask_at(mask, flow), s["l1"], s["l2"], s["ssim"],
                            s["census"], s["census_radius"]).items():
                        add(name, weight * value / 2)
        if s["smooth"]:
            add("smooth", s["smooth"] / 2 * smoothness(images[a], full[a], s["edge"],
                                                       s["smooth_order"]))
    for level, (variance, covariance) in enumerate(s["vc"] if vc_share else (), 1):
        if variance or covariance:
            if level not in levels[0]:
                continue
            v = variance_covariance(torch.cat([levels[0][level], levels[1][level]]))[0]
            c = variance_covariance(torch.cat([compared[0][level], compared[1][level]]))[1]
            add(f"vc.{level}", vc_share * (variance * v + covariance * c))
    return parts


def m_jepa(model, image1, image2, settings=None, occlusion="both", vc_share=1.0, plain=None):
    """The flow half for one batch of pairs, images in [0, 1] with sides that are multiples of 64:
    {part: weighted value} and "total". `plain`: both images as they were before their looks were
    changed, which losses compare (UFlow). Gradients go through all levels of the flow."""
    levels = model.encode(image1), model.encode(image2)
    size = image1.shape[-2:]
    there = model.estimate_flow(levels[0], levels[1], size, joined=True)
    back = model.estimate_flow(levels[1], levels[0], size, joined=True)
    parts = flow_loss(plain or (image1, image2), levels, (there[0], back[0]), (there[1], back[1]),
                      settings, occlusion, vc_share)
    return {**parts, "total": sum(parts.values())}


def content(model, view1, view2, settings=None, pooled=(0.0, 0.0), crops=None, local=0.0):
    """The content half for two views of a batch of pictures, which are not padded: {part: weighted
    value} and "total". `local`: weight of the local criterion at the model's local levels."""
    levels = model.encode(view1, padded=False), model.encode(view2, padded=False)
    parts = vicreg(model.embed(levels[0]), model.embed(levels[1]), **(settings or {}))
    if any(pooled):
        terms = [spread_and_covariance(pyramid[max(pyramid)].mean((2, 3))) for pyramid in levels]
        parts["pooled_vc"] = sum(pooled[0] * v + pooled[1] * c for v, c in terms) / 2
    for level in model.local_levels if local else ():
        maps = [model.embed_places(pyramid, level) for pyramid in levels]
        size, cells = maps[0].shape[-2:], view1.shape[-1] / 2 ** level
        found = local_vicreg(*maps, view_flow(*crops, *size, cells),
                             view_flow(*crops[::-1], *size, cells), **(settings or {}))
        for name, value in found.items():
            parts[f"{name}.{level}"] = local / len(model.local_levels) * value
    return {**parts, "total": sum(parts.values())}


# --- the optimiser -------------------------------------------------------------------------------


def clip(gradients, limit):
    """Scales {name: gradient} to a joint norm of at most `limit`: (gradients, norm before)."""
    norm = sum(g.square().sum() for g in gradients.values()).sqrt()
    scale = min(1.0, limit / (float(norm) + 1e-6)) if limit else 1.0
    return {name: g * scale for name, g in gradients.items()}, norm


def adamw(weights, gradients, moments, step, rates):
    """The `step`-th step (from 1) of AdamW (Loshchilov and Hutter 2019, algorithm 2), betas 0.9 and
    0.999: ({name: weight}, {name: (first, second moment)}). `rates` has (learning rate, weight
    decay) for "estimator" and for "encoder", to which all else belongs, and perhaps "head_share",
    the share of the estimator's learning rate for its flow heads; one-dimensional weights (biases,
    norms) do not decay."""
    weights, moments = dict(weights), dict(moments)
    for name, g in gradients.items():
        rate, decay = rates["estimator" if name.startswith("estimator.") else "encoder"]
        if name.startswith("estimator.") and ".flow." in name:
            rate = rate * rates.get("head_share", 1.0)
        first, second = moments.get(name, (torch.zeros_like(g), torch.zeros_like(g)))
        first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g * g
        moments[name] = first, second
        towards = (first / (1 - 0.9 ** step)) / ((second / (1 - 0.999 ** step)).sqrt() + 1e-8)
        kept = 1 - rate * decay if g.dim() > 1 else 1.0
        weights[name] = weights[name] * kept - rate * towards
    return weights, moments
