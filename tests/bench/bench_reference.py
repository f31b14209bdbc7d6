#!/usr/bin/env python3
"""Times what the program is held against, in PyTorch: one JSON line a measurement.

    bench_reference.py [--device cpu|cuda] [--threads N] [--repeats N] [--only NAME ...]
                       [--model FILE] [--cases DIR]

cost_volume        81 slices, forward and backward, at a quarter of 480p
label_propagation  the dense affinity at 480p, stride 8, 8 context frames
model_forward      the twin's flow for one pair at 480p
training_step      one optimiser step of mc-jepa with `small`: two real pairs and eight pictures

--cases DIR also writes what label_propagation was run on and what came out
(DIR/label_propagation.safetensors: target, contexts, labels, soft), for comparing labels.
"""

import argparse
import json
import os
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "reference"))
# Busy waiting between operators costs more than it gains where cores are shared.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch  # noqa: E402

from mcjepa_reference import losses  # noqa: E402
from mcjepa_reference import model as twin  # noqa: E402
from mcjepa_reference import ops, parity, presets, propagation, safetensors_io  # noqa: E402


def wait(device):
    if device == "cuda":
        torch.cuda.synchronize()


def measure(name, shape, device, repeats, work):
    """Runs `work` once to warm up, then `repeats` times; prints milliseconds."""
    work()
    wait(device)
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        wait(device)
        times.append(1000 * (time.perf_counter() - begin))
    times.sort()
    print(json.dumps({
        "name": name, "device": device, "engine": "pytorch", "threads": torch.get_num_threads(),
        "shape": shape, "repeats": repeats, "median_ms": round(statistics.median(times), 3),
        "p95_ms": round(times[min(len(times) - 1, int(0.95 * len(times)))], 3)}), flush=True)


def cost_volume(options):
    shape = [1, 32, 120, 216]
    generator = torch.Generator().manual_seed(1)
    first, second, weight = (
        torch.randn(size, generator=generator).to(options.device)
        for size in (shape, shape, [1, 81, *shape[2:]]))
    first.requires_grad_(True)
    second.requires_grad_(True)

    def work():
        first.grad = second.grad = None
        ops.cost_volume(first, second).backward(weight)

    measure("cost_volume", shape, options.device, options.repeats, work)


def propagation_case():
    """Features that vary smoothly and move, as a network's do, and labels of four regions."""
    channels, height, width, frames, classes = 120, 60, 104, 9, 4
    generator = torch.Generator().manual_seed(2)
    field = torch.nn.functional.interpolate(
        torch.randn(1, channels, 20, 36, generator=generator),
        size=(height + frames, width + 2 * frames), mode="bicubic", align_corners=False)[0]
    noise = 0.2 * torch.randn(frames, channels, height, width, generator=generator)
    frames_of = torch.stack([field[:, t:t + height, 2 * t:2 * t + width] for t in range(frames)])
    features = frames_of + noise
    regions = torch.randn(1, classes, 5, 8, generator=generator)
    regions = torch.nn.functional.interpolate(regions, size=field.shape[-2:], mode="bilinear",
                                              align_corners=False)[0].argmax(0)
    labels = torch.stack([torch.nn.functional.one_hot(
        regions[t:t + height, 2 * t:2 * t + width], classes).permute(2, 0, 1).float()
        for t in range(frames - 1)])
    return features[-1].contiguous(), features[:-1].contiguous(), labels


def label_propagation(options):
    target, contexts, labels = propagation_case()
    if options.cases:
        os.makedirs(options.cases, exist_ok=True)
        safetensors_io.save(os.path.join(options.cases, "label_propagation.safetensors"),
                            {"target": target, "contexts": contexts, "labels": labels,
                             "soft": propagation.propagate(target, contexts, labels)},
                            {"radius": 12, "top_k": 5, "temperature": 0.1})
    target, contexts, labels = (tensor.to(options.device) for tensor in (target, contexts, labels))
    with torch.no_grad():
        measure("label_propagation", list(contexts.shape), options.device,
                max(1, options.repeats // 4),
                lambda: propagation.propagate(target, contexts, labels))


def model_forward(options):
    height, width = 480, 854
    if options.model:
        model = twin.load(options.model)
    else:
        model = twin.init_random(twin.McJepa(presets.load_config("small")), 1).eval()
    model.to(options.device)
    images = [image.to(options.device) for image in parity.make_images(height, width, 3)]
    with torch.no_grad():
        measure("model_forward", [1, 3, height, width], options.device,
                max(1, options.repeats // 2), lambda: model(*images))


# Variance and covariance weights of levels 1..6, as training/recipes/mc-jepa.json has them.
VC = [(0.01, 0.04), (0.01, 0.04), (0.01, 0.001), (0.01, 0.0), (0.001, 0.0), (0.0001, 0.0)]


def training_step(options):
    pairs, height, width, views, side = 2, 192, 256, 8, 128
    config = presets.load_config("small")
    model = twin.init_random(twin.McJepa(config), 1).train().to(options.device)
    generator = torch.Generator().manual_seed(4)
    first, second, view1, view2 = (
        torch.rand(shape, generator=generator).to(options.device)
        for shape in 2 * [(pairs, 3, height, width)] + 2 * [(views, 3, side, side)])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)

    def work():
        optimizer.zero_grad(set_to_none=True)
        flow = losses.m_jepa(model, first, second, {"vc": VC})["total"]
        content = losses.content(model, view1, view2)["total"]
        (0.1 * flow + content).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    measure("training_step", [pairs, 3, height, width, views, side], options.device,
            max(1, options.repeats // 3), work)


BENCHMARKS = {"cost_volume": cost_volume, "label_propagation": label_propagation,
              "model_forward": model_forward, "training_step": training_step}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--repeats", type=int, default=12)
    parser.add_argument("--only", nargs="+", choices=list(BENCHMARKS))
    parser.add_argument("--model")
    parser.add_argument("--cases")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    for name in options.only or BENCHMARKS:
        BENCHMARKS[name](options)


if __name__ == "__main__":
    main()
