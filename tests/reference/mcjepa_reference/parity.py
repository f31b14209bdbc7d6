"""Parity between this twin and the C++ model: cases, expected outputs, and the comparison.

A case is two files that the C++ side only reads:
  model.safetensors   weights (F32) with the configuration in the metadata key "config"
  case.safetensors    image1, image2 (1, 3, H, W) in [0, 1]; w.level.1 .. w.level.6, the shape of
                      image1's pyramid levels; w.flow (1, 2, H, W); all F32, exact in both
                      precisions
Outputs, by the same names on both sides:
  level.1 .. level.6  image1's pyramid
  flow.L              flow from image1 to image2 at level L, in pixels of level L
  flow                flow at the image's size
  flow.refined        the same after the pass on the doubled images; no part of the gradients
  grad.<parameter>    gradient of  sum_l <level.l, w.level.l> + <flow, w.flow>
"""

import torch

from . import safetensors_io
from .model import McJepa, Warp, init_random, load

PRECISIONS = {"fp64": torch.float64, "fp32": torch.float32}

# Bounds: fp64 shows that the mathematics is the same, fp32 that nothing loses precision.
FP64_BOUND = 1e-8        # absolute, relative above one
FP32_LEVEL_BOUND = 1e-4  # of the level's largest value
FP32_FLOW_BOUND = 1e-4   # times max(1, max |flow|)
FP32_GRAD_BOUND = 1e-4   # of each tensor's L2 norm ...
FP32_GRAD_FLOOR = 1e-6   # ... or of the global gradient norm, where that is larger


def make_images(height, width, seed, dtype=torch.float32):
    """Two smooth random pictures; the second is the first moved by a few pixels, and noise."""
    generator = torch.Generator().manual_seed(seed)
    margin = 16
    noise = torch.zeros(1, 3, height + 2 * margin, width + 2 * margin)
    for cells in (4, 9, 20, 45):
        coarse = torch.randn(1, 3, cells, cells * 2, generator=generator)
        noise += torch.nn.functional.interpolate(coarse, size=noise.shape[-2:], mode="bicubic",
                                                 align_corners=False) / cells ** 0.5
    noise = torch.sigmoid(noise)
    first = noise[:, :, margin:-margin, margin:-margin]
    second = noise[:, :, margin - 2:-margin - 2, margin + 3:margin + 3 + width]
    second = (second + 0.02 * torch.randn(second.shape, generator=generator)).clamp(0, 1)
    return first.contiguous().to(dtype), second.contiguous().to(dtype)


def make_case(config, height, width, seed):
    """A random model and a random case for it, as (model, {name: tensor})."""
    model = init_random(McJepa(config), seed).eval()
    image1, image2 = make_images(height, width, seed + 1)
    generator = torch.Generator().manual_seed(seed + 2)
    case = {"image1": image1, "image2": image2}
    with torch.no_grad():
        levels = model.encode(image1)
    for level, tensor in levels.items():
        case[f"w.level.{level}"] = torch.randn(tensor.shape, generator=generator)
    case["w.flow"] = torch.randn(1, 2, height, width, generator=generator)
    return model, case


def run(model, case, dtype):
    """The outputs named in this module's comment."""
    model = model.to(dtype)
    model.zero_grad(set_to_none=True)
    case = {name: tensor.to(dtype) for name, tensor in case.items()}
    first, second = model.encode(case["image1"]), model.encode(case["image2"])
    loss = sum((first[level] * case[f"w.level.{level}"]).sum() for level in first)
    outputs = {f"level.{level}": tensor for level, tensor in first.items()}
    if model.estimator is not None:
        flows, flow = model.estimate_flow(first, second, case["image1"].shape[-2:])
        loss = loss + (flow * case["w.flow"]).sum()
        outputs.update({f"flow.{level}": tensor for level, tensor in flows.items()})
        outputs["flow"] = flow
        with torch.no_grad():
            outputs["flow.refined"] = model.refined_flow(case["image1"], case["image2"])
    loss.backward()
    outputs = {name: tensor.detach() for name, tensor in outputs.items()}
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            outputs[f"grad.{name}"] = parameter.grad.clone()
    return outputs


def clearance(model, case):
    """How far a case keeps from corners, in units of single precision's own error there.

    LeakyReLU and the bilinear warp have corners: a value whose rounding error reaches across one
    has two right gradients, and no implementation can be blamed for either. A case is fit for
    comparing fp32 gradients when every such value is several errors away from its corner.
    """
    found = {}
    for dtype in (torch.float64, torch.float32):
        seen = found[dtype] = []
        model = model.to(dtype)
        hooks = []
        for module in model.modules():
            if isinstance(module, torch.nn.LeakyReLU):
                hooks.append(module.register_forward_hook(
                    lambda _, inputs, __, seen=seen: seen.append(("leaky", inputs[0].double()))))
            elif isinstance(module, Warp):
                hooks.append(module.register_forward_hook(
                    lambda _, inputs, __, seen=seen: seen.append(("warp", inputs[1].double()))))
        with torch.no_grad():
            model(case["image1"].to(dtype), case["image2"].to(dtype))
        for hook in hooks:
            hook.remove()
    least = float("inf")
    for (kind, exact), (_, rounded) in zip(found[torch.float64], found[torch.float32]):
        error = (exact - rounded).square().mean().sqrt()
        # Zero flow at the coarsest level and zeros of the cost volume's padding are exact.
        distance = exact.abs() if kind == "leaky" else (exact - exact.round()).abs()
        distance = distance[(exact != 0) | (rounded != 0)]
        if distance.numel() and error > 0:
            least = min(least, float(distance.min() / error))
    return least


def compare(expected, actual, precision):
    """Lines that say what differs; empty when `actual` keeps within the bounds."""
    problems = [f"{name}: missing" for name in expected if name not in actual]
    problems += [f"{name}: not expected" for name in actual if name not in expected]
    names = [name for name in expected if name in actual]
    gradients = [expected[name].double() for name in names if name.startswith("grad.")]
    global_norm = sum(float(gradient.square().sum()) for gradient in gradients) ** 0.5
    worst = {}
    for name in names:
        want, have = expected[name].double(), actual[name].double()
        if want.shape != have.shape:
            problems.append(f"{name}: shape {list(have.shape)}, expected {list(want.shape)}")
            continue
        kind = name.split(".")[0]
        gap = (want - have).abs().max() if want.numel() else torch.tensor(0.0)
        peak = want.abs().max() if want.numel() else torch.tensor(0.0)
        if precision == "fp64":
            error, bound = float(gap), FP64_BOUND * max(1.0, float(peak))
        elif kind == "level":
            error, bound = float(gap), FP32_LEVEL_BOUND * float(peak)
        elif kind == "flow":
            error, bound = float(gap), FP32_FLOW_BOUND * max(1.0, float(peak))
        else:
            error = float((want - have).norm())
            bound = max(FP32_GRAD_BOUND * float(want.norm()), FP32_GRAD_FLOOR * global_norm)
        share = error / bound if bound > 0 else (0.0 if error == 0 else float("inf"))
        if not share <= 1.0:  # also catches NaN
            problems.append(f"{name}: error {error:.3g} exceeds {bound:.3g}")
        worst[kind] = max(worst.get(kind, 0.0), share)
    return problems, worst


def write_outputs(model_path, case_path, out_path, precision):
    """Runs the twin on a case from files and writes its outputs."""
    dtype = PRECISIONS[precision]
    case, _ = safetensors_io.load(case_path)
    safetensors_io.save(out_path, run(load(model_path, dtype), case, dtype))
