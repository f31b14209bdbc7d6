"""Parity of the losses and of one optimiser step of mc-jepa between this twin and the C++ side.

A case is two files that the C++ side (tests/training/loss_parity_dump.cpp) only reads:
  model.safetensors   weights (F32) of the step, with the configuration
  case.safetensors    inputs, F32 and exact in both precisions, and settings, F64:
    image.T feature.T.L flow.TU.L flow.TU.full   two pairs: frames T, U in 1, 2, levels L
    wide.V tall.V                                expander outputs (N, D) of views V in 1, 2
    crop.teacher.TU crop.student.TU crop.window  flow of pictures and of their crop
    view.maps.T view.flow view.mask view.student affine views, flow between the plain pictures
    step.image.T step.plain.T step.view.V        one pair as the network sees it and as losses
                                                 compare it, four pictures' views, for the step
    step.crop.V                                  where views were cut: x, y, width, height, mirrored
    moment.1.P moment.2.P                        AdamW's moments of parameter P before the step
    set.*                                        settings
Outputs, by the same names on both sides, KIND:GROUP:NAME:
  value:GROUP:NAME   a loss or another result
  grad:GROUP:NAME    its gradient with respect to an input, or to a parameter
  weight:GROUP:NAME  parameters after a step: "resumed" from the case's moments, "fresh" without any
                     (in double precision alone: AdamW divides first gradients by their own size,
                     and in single precision the sign of mere rounding would decide)
"""

import torch

from . import losses, parity
from .model import ExpanderLayer, McJepa, Warp, init_random

FP32_VALUE_BOUND = 1e-5  # of the largest value

LEVELS, FLOW_LEVELS = range(1, 7), range(2, 7)
WIDTHS = (8, 8, 12, 16, 24, 32)
OFF = {name: 0.0 for name in ("regression", "l1", "l2", "ssim", "census", "smooth", "cycle")}
# One loss at a time: settings beside OFF and no vc.
SINGLE = {"regression": {"regression": 1.0}, "cycle": {"cycle": 0.2}, "l1": {"l1": 1.0},
          "l2": {"l2": 1.0}, "ssim": {"ssim": 1.0}, "census7": {"census": 1.0, "census_radius": 3},
          "census3": {"census": 1.0, "census_radius": 1}, "smooth1": {"smooth": 50.0},
          "smooth2": {"smooth": 75.0, "smooth_order": 2}, "vc": {"vc": losses.VC_WEIGHTS},
          "levels": {"l1": 1.0, "ssim": 1.0,
                     "level_weights": (1.0, 0.5, 0.0, 0.25)},
          "arflow": {"l1": 0.15, "ssim": 0.85,  # its first stage
                     "level_weights": (1.0, 1.0, 1.0, 1.0, 0.0)},
          "floor": {"l1": 1.0, "regression": 1.0}}  # the floor itself is in the case
STEP = 7
RATES = {"encoder": (0.01, 0.1), "estimator": (0.004, 0.02), "head_share": 0.25}
BALANCE, CLIP, VC_SHARE, POOLED = 0.5, 1.0, 0.75, (0.01, 0.04)
LOCAL = 0.5  # weight of the local criterion, where the model has local expanders
VIEW_SIZE = 96  # no multiple of 64: a side that pads content views has other means over the picture


# --- cases ---------------------------------------------------------------------------------------


def contrasted(first, second):
    """Frames whose channels keep at least 0.2 apart, so that |I - Iw| has no corner nearby."""
    low = torch.tensor([1.0, 0.0, 1.0]).view(1, 3, 1, 1)
    return 0.4 * first + 0.6 * (1 - low), 0.4 * second + 0.6 * low


def off_grid(flow):
    """Fractions kept away from whole numbers, where bilinear samples have corners, and in steps of
    1/256, so that places are exact in single precision too."""
    whole = flow.floor()
    return whole + (256 * (0.05 + 0.9 * (flow - whole))).round() / 256


def make_loss_inputs(seed, batch=2, height=64, width=96):
    generator = torch.Generator().manual_seed(seed)

    def smooth(*shape, cells=4):
        coarse = torch.randn(*shape[:-2], cells, cells + 2, generator=generator)
        return torch.nn.functional.interpolate(coarse, size=shape[-2:], mode="bicubic",
                                               align_corners=False)

    def noise(*shape):
        return torch.randn(*shape, generator=generator)

    case = {}
    pairs = [contrasted(*parity.make_images(height, width, seed + 10 * i)) for i in range(batch)]
    for t in (1, 2):
        case[f"image.{t}"] = torch.cat([pair[t - 1] for pair in pairs])
        for level, channels in zip(LEVELS, WIDTHS):
            case[f"feature.{t}.{level}"] = 0.7 * noise(batch, channels, height >> level,
                                                       width >> level)
    full = 3 * smooth(batch, 2, height, width)
    # The way back agrees in some places.
    case["flow.12.full"] = off_grid(full)
    case["flow.21.full"] = off_grid(-full + smooth(batch, 2, height, width, cells=6))
    for level in FLOW_LEVELS:
        for way in ("12", "21"):
            size = (batch, 2, height >> level, width >> level)
            case[f"flow.{way}.{level}"] = off_grid(smooth(*size) + 0.3 * noise(*size))
    for v in (1, 2):
        case[f"wide.{v}"], case[f"tall.{v}"] = 0.8 * noise(12, 48), 0.8 * noise(40, 16)
    h, w = height // 4, width // 4
    there = 1.5 * smooth(batch, 2, h, w)
    case["crop.teacher.12"] = off_grid(there)
    case["crop.teacher.21"] = off_grid(-there + 0.05 * smooth(batch, 2, h, w))
    case["crop.student.12"] = off_grid(1.2 * there + 0.5 * noise(batch, 2, h, w))
    case["crop.student.21"] = off_grid(-there + 0.5 * noise(batch, 2, h, w))
    case["crop.window"] = torch.tensor([1, 3, h - 4, w - 4])
    maps = torch.eye(3).repeat(2, batch, 1, 1)
    maps[:, :, :2, :2] = 0.8 * maps[:, :, :2, :2] + 0.05 * noise(2, batch, 2, 2)
    maps[:, :, :2, 2] = 6 + noise(2, batch, 2)
    case["view.maps.1"], case["view.maps.2"] = maps[0], maps[1]
    case["view.flow"] = full
    case["view.mask"] = (smooth(batch, 1, height, width) > 0).float()
    case["view.student"] = 3 * smooth(batch, 2, height, width)
    return case


def make_case(config, size, seed):
    """A random model and a random case, as (model, {name: tensor})."""
    case = make_loss_inputs(seed + 4)
    model = init_random(McJepa(config), seed).eval()
    plain = contrasted(*parity.make_images(size, size, seed + 1))
    noise = torch.Generator().manual_seed(seed + 5)
    first, second = ((image + 0.02 * torch.randn(image.shape, generator=noise)).clamp(0, 1)
                     for image in plain)
    views = [parity.make_images(VIEW_SIZE, VIEW_SIZE, seed + 2 + 50 * i) for i in range(4)]
    case.update({"step.image.1": first, "step.image.2": second,
                 "step.plain.1": plain[0], "step.plain.2": plain[1],
                 "step.view.1": torch.cat([view[0] for view in views]),
                 "step.view.2": torch.cat([view[1] for view in views])})
    crops = [[[10, 20, 100, 80, 0], [30, 8, 90, 90, 1], [0, 0, 150, 140, 0], [5, 9, 64, 70, 1]],
             [[40, 30, 90, 85, 1], [20, 15, 120, 75, 1], [33, 21, 97, 77, 0], [9, 3, 80, 66, 0]]]
    case.update({f"step.crop.{v}": torch.tensor(crops[v - 1], dtype=torch.float32) for v in (1, 2)})
    generator = torch.Generator().manual_seed(seed + 3)
    count = sum(parameter.numel() for parameter in model.parameters())
    scale = CLIP / count ** 0.5  # as large as a clipped gradient
    for name, parameter in model.named_parameters():
        case[f"moment.1.{name}"] = scale * torch.randn(parameter.shape, generator=generator)
        case[f"moment.2.{name}"] = scale ** 2 * (0.5 + torch.rand(parameter.shape,
                                                                  generator=generator))
    # Tensors of one element and more: scalars have no shape to write.
    case.update({f"set.{name}": torch.tensor(value, dtype=torch.float64) for name, value in {
        "vc": losses.VC_WEIGHTS, "beta": [dividing_beta(model, first, second)],
        "floor": [dividing_floor(case)],
        "step": [float(STEP)], "balance": [BALANCE], "clip": [CLIP], "vc_share": [VC_SHARE],
        "pooled": POOLED, "local": [LOCAL if model.local_levels else 0.0],
        "encoder": RATES["encoder"], "estimator": RATES["estimator"],
        "head_share": [RATES["head_share"]]}.items()})
    return model, case


def dividing_floor(case):
    """A share of consistent pixels that some of the pairs' directions reach and others do not."""
    there, back = case["flow.12.full"].double(), case["flow.21.full"].double()
    shares = torch.cat([losses.visible_share(there, back), losses.visible_share(back, there)])
    shares = shares.sort().values
    widest = shares.diff().argmax()
    return float((shares[widest] + shares[widest + 1]) / 2)


def dividing_beta(model, first, second):
    """A constant of the occlusion test that splits the pair's pixels, far from any of them."""
    model = model.double()
    with torch.no_grad():
        levels = model.encode(first.double()), model.encode(second.double())
        size = first.shape[-2:]
        found = []
        for a, b in ((0, 1), (1, 0)):
            there = model.estimate_flow(levels[a], levels[b], size)[1]
            back = losses.warp(model.estimate_flow(levels[b], levels[a], size)[1], there)
            gap = (there + back).square().sum(1) - 0.01 * (there.square() + back.square()).sum(1)
            found.append(gap.flatten())
    values = torch.cat(found).sort().values
    middle = values[int(0.4 * len(values)):int(0.7 * len(values))]
    widest = middle.diff().argmax()
    return float((middle[widest] + middle[widest + 1]) / 2)


# --- the twin's side -----------------------------------------------------------------------------


class Record:
    """Values and gradients by name."""

    def __init__(self):
        self.outputs = {}

    def add(self, group, value, leaves, name="value"):
        self.outputs[f"value:{group}:{name}"] = value.detach().reshape(-1)
        if not value.requires_grad:
            return
        gradients = torch.autograd.grad(value, list(leaves.values()), allow_unused=True,
                                        retain_graph=True)
        for leaf, gradient in zip(leaves, gradients):
            if gradient is not None:
                self.outputs[f"grad:{group}:{leaf}"] = gradient


def run_losses(case, dtype, record):
    """Every loss on its own, with respect to its inputs."""
    given = {name: tensor.to(dtype) for name, tensor in case.items()
             if not name.startswith(("set.", "step.", "moment."))}
    leaves = {name: tensor.clone().requires_grad_() for name, tensor in given.items()
              if name.split(".")[0] in ("image", "feature", "flow")}
    images = leaves["image.1"], leaves["image.2"]
    levels = [{level: leaves[f"feature.{t}.{level}"] for level in LEVELS} for t in (1, 2)]
    flows = [{level: leaves[f"flow.{way}.{level}"] for level in FLOW_LEVELS}
             for way in ("12", "21")]
    full = leaves["flow.12.full"], leaves["flow.21.full"]
    for occlusion in ("outside", "both", "range"):
        for name, settings in SINGLE.items():
            floor = float(case["set.floor"]) if name == "floor" else 0.0
            parts = losses.flow_loss(images, levels, flows, full, {
                **OFF, "vc": (), "occlusion_floor": floor, **settings}, occlusion)
            record.add(f"{name}-{occlusion}", sum(parts.values()), leaves)
    parts = losses.known_motion(flows[0], full[0], given["view.flow"], given["view.mask"])
    record.add("motion", sum(parts.values()), leaves)
    for level in (3, 4):
        record.add(f"match.{level}", losses.motion_matching(
            levels[0][level], levels[1][level], given["flow.12.full"], given["view.mask"]), leaves)
    for shape in ("wide", "tall"):
        views = {f"{shape}.{v}": given[f"{shape}.{v}"].clone().requires_grad_() for v in (1, 2)}
        for name, value in losses.vicreg(*views.values()).items():
            record.add(f"vicreg-{shape}-{name}", value, views)
    student = {"crop.student.12": given["crop.student.12"].clone().requires_grad_()}
    record.add("crop", losses.crop_error(
        given["crop.teacher.12"], given["crop.teacher.21"], student["crop.student.12"],
        given["crop.student.21"], [int(side) for side in case["crop.window"]]), student)
    maps = given["view.maps.1"], given["view.maps.2"]
    target, mask = losses.augmented_flow(given["view.flow"], given["view.mask"], *maps)
    student = {"view.student": given["view.student"].clone().requires_grad_()}
    error = losses._corner("zero", student["view.student"] - target).abs()
    record.add("view", losses.masked_mean(error, mask), student)
    record.add("view", target, {}, "flow")
    record.add("view", losses.augmented_pictures(given["image.1"], maps[0]), {}, "pictures")


def step_loss(model, case, dtype):
    """The combined loss of a step: ({part: weighted value}, total)."""
    given = {name: case[f"step.{name}"].to(dtype)
             for name in ("image.1", "image.2", "plain.1", "plain.2", "view.1", "view.2",
                          "crop.1", "crop.2")}
    flow = losses.m_jepa(model, given["image.1"], given["image.2"],
                         {"occlusion_beta": float(case["set.beta"]), "census": 1.0}, "both",
                         VC_SHARE, (given["plain.1"], given["plain.2"]))
    still = losses.content(model, given["view.1"], given["view.2"], pooled=POOLED,
                           crops=(given["crop.1"], given["crop.2"]), local=LOCAL)
    parts = {f"flow.{name}": BALANCE * value for name, value in flow.items() if name != "total"}
    parts.update({f"content.{name}": v for name, v in still.items() if name != "total"})
    return parts, sum(parts.values())


def run_step(model, case, dtype, record):
    """One optimiser step of mc-jepa."""
    model = model.to(dtype)
    parts, total = step_loss(model, case, dtype)
    for name, value in parts.items():
        record.outputs[f"value:step:{name}"] = value.detach().reshape(-1)
    weights = {name: parameter.detach() for name, parameter in model.named_parameters()}
    record.add("step", total, dict(model.named_parameters()), "total")
    gradients = {name: record.outputs[f"grad:step:{name}"] for name in weights}
    gradients, norm = losses.clip(gradients, CLIP)
    record.outputs["value:step:norm"] = norm.reshape(-1)
    moments = {name: (case[f"moment.1.{name}"].to(dtype), case[f"moment.2.{name}"].to(dtype))
               for name in weights}
    resumed, moments = losses.adamw(weights, gradients, moments, STEP, RATES)
    fresh, _ = losses.adamw(weights, gradients, {}, 1, RATES)
    for name in weights:
        record.outputs[f"weight:resumed:{name}"] = resumed[name]
        record.outputs[f"weight:fresh:{name}"] = fresh[name]
        record.outputs[f"grad:moment1:{name}"] = moments[name][0]
        record.outputs[f"grad:moment2:{name}"] = moments[name][1]


def run(model, case, dtype=torch.float64):
    record = Record()
    run_losses(case, dtype, record)
    run_step(model, case, dtype, record)
    return record.outputs


# --- corners and comparison ----------------------------------------------------------------------


def corners(model, case, dtype):
    """(kind, value) of everything in the case that has a corner."""
    model = model.to(dtype)
    with losses.watched_corners() as seen, torch.no_grad():
        hooks = []
        for module in model.modules():
            if isinstance(module, torch.nn.LeakyReLU):
                hooks.append(module.register_forward_hook(
                    lambda _, inputs, __: seen.append(("zero", inputs[0].double()))))
            elif isinstance(module, Warp):
                hooks.append(module.register_forward_hook(
                    lambda _, inputs, __: seen.append(("whole", inputs[1].double()))))
            elif isinstance(module, ExpanderLayer) and module.norm is not None:
                hooks.append(module.norm.register_forward_hook(
                    lambda _, __, output: seen.append(("zero", output.double()))))
        run_losses(case, dtype, Record())
        step_loss(model, case, dtype)
        for hook in hooks:
            hook.remove()
    return seen


def clearance(model, case):
    """How far the case keeps from corners, in units of single precision's own error there, and
    which corner is nearest; as parity.clearance, which says why."""
    least = (float("inf"), None)
    exact = corners(model, case, torch.float64)
    rounded = corners(model, case, torch.float32)
    for index, ((kind, a), (_, b)) in enumerate(zip(exact, rounded)):
        error = (a - b).square().mean().sqrt()
        distance = a.abs() if kind == "zero" else (a - a.round()).abs()
        distance = distance[(a != 0) | (b != 0)]
        if distance.numel() and error > 0:
            least = min(least, (float(distance.min() / error), f"{index} {kind} {list(a.shape)}"))
    return least


def compare(expected, actual, precision):
    """(problems, largest share of the bound by kind); problems is empty where all is well."""
    expected = {name: tensor for name, tensor in expected.items()
                if precision == "fp64" or not name.startswith("weight:fresh")}
    problems = [f"{name}: missing" for name in expected if name not in actual]
    problems += [f"{name}: not expected" for name in actual if name not in expected]
    worst, groups = {}, {}
    for name in expected.keys() & actual.keys():
        kind, group, rest = name.split(":")
        if kind == "grad":
            groups.setdefault(group, []).append(rest)
            continue
        want, have = expected[name].double(), actual[name].double()
        if want.shape != have.shape:
            problems.append(f"{name}: shape {list(have.shape)}, expected {list(want.shape)}")
            continue
        peak, error = float(want.abs().max()), float((want - have).abs().max())
        bound = parity.FP64_BOUND * max(1.0, peak) if precision == "fp64" \
            else FP32_VALUE_BOUND * peak
        share = error / bound if bound else (0.0 if error == 0 else float("inf"))
        if not share <= 1.0:  # also catches NaN
            problems.append(f"{name}: error {error:.3g} exceeds {bound:.3g}")
        worst[kind] = max(worst.get(kind, 0.0), share)
    for group, names in groups.items():
        found, shares = parity.compare(
            {f"grad.{name}": expected[f"grad:{group}:{name}"] for name in names},
            {f"grad.{name}": actual[f"grad:{group}:{name}"] for name in names}, precision)
        problems += [f"{group}: {problem}" for problem in found]
        worst["grad"] = max(worst.get("grad", 0.0), shares.get("grad", 0.0))
    return problems, worst
