#!/usr/bin/env python3
"""What must hold for the twin itself, or nothing held against it means anything."""

import os
import struct
import sys
import tempfile
import unittest

import torch
import torch.nn.functional as F

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mcjepa_reference import (loss_parity, losses, ops, parity, presets, propagation,  # noqa: E402
                              safetensors_io)
from mcjepa_reference import model as twin  # noqa: E402

torch.manual_seed(0)


class Ops(unittest.TestCase):
    def test_warp_equals_grid_sample(self):
        source = torch.randn(2, 3, 9, 13, dtype=torch.float64)
        flow = 4 * torch.randn(2, 2, 9, 13, dtype=torch.float64)
        y, x = torch.meshgrid(torch.arange(9.), torch.arange(13.), indexing="ij")
        grid = torch.stack([2 * (x + flow[:, 0]) / 12 - 1, 2 * (y + flow[:, 1]) / 8 - 1], -1)
        want = F.grid_sample(source, grid, align_corners=True)
        self.assertLess((ops.warp(source, flow) - want).abs().max(), 1e-12)

    def test_warp_of_one_cell(self):
        source = torch.full((1, 1, 1, 1), 3.0)
        flow = torch.tensor([0.25, 0.0]).view(1, 2, 1, 1)
        self.assertAlmostEqual(float(ops.warp(source, flow)), 2.25, places=6)

    def test_warp_gradient(self):
        source = torch.randn(1, 2, 4, 5, dtype=torch.float64, requires_grad=True)
        flow = (torch.randn(1, 2, 4, 5, dtype=torch.float64) + 0.3).requires_grad_()
        self.assertTrue(torch.autograd.gradcheck(ops.warp, (source, flow)))

    def test_cost_volume_finds_a_shift(self):
        first = torch.randn(1, 256, 12, 14)
        volume = ops.cost_volume(first, torch.roll(first, (2, -3), (2, 3)))
        best = volume[0, :, 4:-4, 4:-4].argmax(0)
        self.assertTrue(torch.all(best == (2 + 4) * 9 + (-3 + 4)))

    def test_splat_is_the_adjoint_of_warp(self):
        a, b = torch.randn(2, 1, 2, 7, 8, dtype=torch.float64)
        flow = 3 * torch.randn(1, 2, 7, 8, dtype=torch.float64)
        self.assertAlmostEqual(float((ops.warp(a, flow) * b).sum()),
                               float((a * ops.splat(b, flow)).sum()), places=10)

    def test_occlusion(self):
        flow = torch.zeros(1, 2, 6, 6)
        flow[:, 0] = 2
        self.assertEqual(float(ops.occlusion(flow, -flow)[0, 0, :, :4].sum()), 0)
        self.assertTrue(torch.all(ops.occlusion(flow, -flow)[0, 0, :, 4:] == 1))
        self.assertTrue(torch.all(ops.occlusion(flow, flow)[0, 0] == 1))

    def test_range_map(self):
        # Every pixel of the other picture moves 2.25 px to the left: three quarters of a pixel
        # arrive in the last column that is reached, a quarter beyond it, nothing after that.
        back = torch.zeros(1, 2, 4, 8)
        back[:, 0] = -2.25
        want = torch.tensor([1, 1, 1, 1, 1, 0.75, 0, 0]).expand(1, 1, 4, 8)
        self.assertTrue(torch.allclose(losses.arrivals(back), want))
        flow = 4 * torch.randn(2, 2, 7, 9, dtype=torch.float64)
        ones = torch.ones(2, 1, 7, 9, dtype=torch.float64)
        self.assertLess((losses.arrivals(flow) - ops.splat(ones, flow)).abs().max(), 1e-12)
        # It does not ask whether both flows agree.
        flow = torch.zeros(1, 2, 4, 8)
        flow[:, 0] = 2
        self.assertEqual(float(losses.visible(flow, flow, "both").sum()), 0)
        self.assertEqual(losses.visible(flow, flow, "range")[0, 0, 0].tolist(),
                         [0, 0, 1, 1, 1, 1, 0, 0])

    def test_floor_of_occlusion(self):
        flow = torch.zeros(2, 2, 6, 6)
        flow[:, 0] = 2
        back = torch.stack([-flow[0], flow[0]])  # consistent, and wrong alike in both directions
        self.assertEqual(losses.visible_share(flow, back).tolist(), [1.0, 0.0])
        for floor, second in ((0.0, 0.0), (0.25, 24.0)):
            mask = losses.counted(flow, back, "both", 0.01, 0.5, floor)
            self.assertEqual(mask.sum((1, 2, 3)).tolist(), [24.0, second])


class Model(unittest.TestCase):
    def setUp(self):
        self.config = presets.load_config("tiny")
        self.model = twin.init_random(twin.McJepa(self.config), 3).eval()

    def test_levels_and_sizes(self):
        levels = self.model.encode(torch.rand(1, 3, 75, 101))
        for level, tensor in levels.items():
            self.assertEqual(list(tensor.shape), [1, self.config["encoder"]["widths"][level - 1],
                                                  128 >> level, 128 >> level])
        self.assertEqual(list(self.model(*torch.rand(2, 1, 3, 75, 101)).shape), [1, 2, 75, 101])

    def test_levels_of_a_view_are_rounded_down(self):
        with torch.no_grad():
            levels = self.model.encode(torch.rand(1, 3, 224, 224), padded=False)
        self.assertEqual([tensor.shape[-1] for tensor in levels.values()], [112, 56, 28, 14, 7, 3])

    def test_zero_heads_mean_no_motion(self):
        with torch.no_grad():
            for name, parameter in self.model.named_parameters():
                if ".flow." in name:
                    parameter.zero_()
            self.assertEqual(float(self.model(*torch.rand(2, 1, 3, 64, 64)).abs().max()), 0)

    def test_flow_is_clamped_in_pixels_of_its_level(self):
        with torch.no_grad():
            for name, parameter in self.model.named_parameters():
                if name.endswith(".flow.bias"):
                    parameter.fill_(1000)
            levels = self.model.encode(torch.rand(1, 3, 64, 64))
            flows, full = self.model.estimate_flow(levels, levels, (64, 64))
        self.assertTrue(all(float(flow.abs().max()) == 128 for flow in flows.values()))
        self.assertEqual(float(full.max()), 128 * 2 ** min(flows))

    def test_names_of_a_checkpoint(self):
        names = self.model.state_dict()
        for name in ("encoder.stem.0.conv.weight", "encoder.down.3.norm.bias",
                     "encoder.stages.4.1.pw2.weight", "encoder.stages.0.0.gamma",
                     "estimator.project.5.conv.weight", "estimator.decoder.0.conv.3.norm.weight",
                     "estimator.decoder.0.flow.bias", "estimator.context.0.conv.2.conv.weight",
                     "estimator.context.0.flow.weight", "expander.layers.2.linear.bias"):
            self.assertIn(name, names)
        paper = twin.McJepa(presets.load_config("convnext-t")).state_dict()
        for name in ("estimator.decoder.1.conv.0.conv.weight", "estimator.decoder.5.flow.weight",
                     "estimator.context.1.flow.weight"):
            self.assertIn(name, paper)
        self.assertNotIn("estimator.context.2.flow.weight", paper)

    def test_encoder_of_the_paper_has_its_size(self):
        encoder = twin.McJepa(presets.load_config("convnext-t")).encoder
        count = sum(parameter.numel() for parameter in encoder.parameters())
        self.assertLess(abs(count - 27.82e6), 0.1e6)  # ConvNeXt-T's body, and the split stem

    def test_save_and_load(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "m.safetensors")
            self.model.save(path, {"licence": "Apache-2.0"})
            again = twin.load(path)
            self.assertEqual(safetensors_io.load(path)[1]["licence"], "Apache-2.0")
        images = torch.rand(2, 1, 3, 64, 64)
        with torch.no_grad():
            self.assertTrue(torch.equal(self.model(*images), again(*images)))


class Files(unittest.TestCase):
    def test_damage_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.safetensors")
            safetensors_io.save(path, {"a": torch.arange(6.).view(2, 3)})
            with open(path, "rb") as file:
                data = file.read()
            for bad in (data[:4], data[:-3], struct.pack("<Q", 1 << 40) + data[8:]):
                with open(path, "wb") as file:
                    file.write(bad)
                with self.assertRaises(ValueError):
                    safetensors_io.load(path)


class Comparison(unittest.TestCase):
    """The bounds bite: a change just above one is reported, just below is not."""

    def setUp(self):
        self.expected = {"level.1": torch.rand(3, 4), "flow": 2 * torch.rand(2, 5),
                         "grad.a": torch.ones(100)}

    def changed(self, name, gap, precision):
        actual = {key: value.double() for key, value in self.expected.items()}
        actual[name] = actual[name] + gap
        return parity.compare(self.expected, actual, precision)[0]

    def test_bounds(self):
        for name, gap, precision in (("level.1", 2e-4, "fp32"), ("flow", 3e-4, "fp32"),
                                     ("grad.a", 2e-4, "fp32"), ("flow", 3e-8, "fp64")):
            self.assertEqual(len(self.changed(name, gap, precision)), 1, name)
            self.assertEqual(self.changed(name, gap / 10, precision), [], name)
        self.assertEqual(len(self.changed("flow", float("nan"), "fp32")), 1)

    def test_missing_and_extra(self):
        actual = dict(self.expected, other=torch.zeros(1))
        del actual["flow"]
        self.assertEqual(len(parity.compare(self.expected, actual, "fp32")[0]), 2)


class LossComparison(unittest.TestCase):
    """As above for the outputs of loss_parity."""

    def setUp(self):
        self.expected = {"value:l1:value": torch.tensor([0.25]), "grad:l1:flow": torch.ones(50),
                         "grad:l1:image": torch.zeros(4), "weight:resumed:w": torch.rand(3) + 1,
                         "weight:fresh:w": torch.rand(3)}

    def problems(self, name, gap, precision):
        actual = {key: value.double() for key, value in self.expected.items()}
        actual[name] = actual[name] + gap
        if precision == "fp32":
            del actual["weight:fresh:w"]
        return loss_parity.compare(self.expected, actual, precision)[0]

    def test_bounds(self):
        for name, gap, precision in (("value:l1:value", 3e-6, "fp32"),
                                     ("grad:l1:flow", 2e-4, "fp32"),
                                     ("grad:l1:image", 8e-6, "fp32"),
                                     ("weight:resumed:w", 3e-5, "fp32"),
                                     ("value:l1:value", 2e-8, "fp64"),
                                     ("weight:fresh:w", 2e-8, "fp64")):
            self.assertEqual(len(self.problems(name, gap, precision)), 1, name)
            self.assertEqual(self.problems(name, gap / 10, precision), [], name)
        self.assertEqual(len(self.problems("grad:l1:flow", float("nan"), "fp64")), 1)

    def test_corners_are_noticed(self):
        with losses.watched_corners() as seen:
            losses.smoothness(torch.rand(1, 3, 4, 4), torch.rand(1, 2, 4, 4))
            losses.warp(torch.rand(1, 3, 4, 4), torch.rand(1, 2, 4, 4))
        self.assertEqual([kind for kind, _ in seen], ["zero"] * 4 + ["whole"])


class Losses(unittest.TestCase):
    def test_still_pair_costs_nothing(self):
        image = torch.rand(1, 3, 32, 32)
        zero = torch.zeros(1, 2, 32, 32)
        mask = torch.ones(1, 1, 32, 32)
        parts = losses.reconstruction(image, image, zero, mask, census=1.0)
        self.assertLess(float(parts["l1"] + parts["l2"] + parts["ssim"]), 1e-6)
        self.assertAlmostEqual(float(parts["census"]), 0.01 ** 0.4, places=5)  # its robust floor
        self.assertEqual(float(losses.smoothness(image, zero)), 0)
        levels, flows, masks = {2: image}, {2: zero}, {2: mask}
        self.assertEqual(float(losses.regression(levels, levels, flows, masks)[2]), 0)
        self.assertEqual(float(losses.cycle(levels, flows, flows, masks)[2]), 0)

    def test_true_motion_is_cheaper_than_none(self):
        image = torch.rand(1, 3, 32, 32)
        moved = torch.roll(image, 3, 3)
        mask = torch.ones(1, 1, 32, 32)
        mask[..., -3:] = 0
        flow = torch.zeros(1, 2, 32, 32)
        still = losses.reconstruction(image, moved, flow, mask)
        flow[:, 0] = 3
        true = losses.reconstruction(image, moved, flow, mask)
        self.assertLess(float(sum(true.values())), 0.01 * float(sum(still.values())))

    def test_masked_pixels_do_not_count(self):
        a, b = torch.rand(2, 1, 3, 16, 16)
        mask = torch.ones(1, 1, 16, 16)
        mask[..., 8:] = 0
        b[..., :8] = a[..., :8]
        levels, flows = [{2: a}, {2: b}], {2: torch.zeros(1, 2, 16, 16)}
        self.assertEqual(float(losses.regression(*levels, flows, {2: mask})[2]), 0)

    def test_smoothness_by_hand(self):
        flat = torch.zeros(1, 3, 4, 4)
        flow = torch.zeros(1, 2, 4, 4)
        flow[:, 0] = torch.tensor([0.0, 4.0, 8.0, 12.0])  # u rises by the picture's side a cell
        # Half of the steps' components are 1, the others 0; a half and a half (ARFlow).
        self.assertAlmostEqual(float(losses.smoothness(flat, flow)), 0.5 / 4)
        self.assertEqual(float(losses.smoothness(flat, flow, order=2)), 0)
        flow[:, 0, :, 3] = 16
        self.assertAlmostEqual(float(losses.smoothness(flat, flow, order=2)), 0.25 / 2)

    def test_resize_is_interpolate(self):
        maps = torch.rand(2, 3, 7, 5, dtype=torch.float64)
        want = F.interpolate(maps, size=(16, 11), mode="bilinear", align_corners=False)
        self.assertLess(float((losses.resize(maps, 16, 11) - want).abs().max()), 1e-12)

    def test_identity_view_changes_nothing(self):
        maps = torch.eye(3).unsqueeze(0)
        flow, mask = torch.randn(1, 2, 9, 11), torch.ones(1, 1, 9, 11)
        seen, counts = losses.augmented_flow(flow, mask, maps, maps)
        self.assertLess(float((seen - flow).abs().max()), 1e-5)
        self.assertEqual(float(counts.min()), 1)

    def test_variance_covariance(self):
        collapsed = torch.zeros(4, 8, 6, 6)
        self.assertAlmostEqual(float(losses.variance_covariance(collapsed)[0]), 0.99, places=5)
        copied = torch.randn(4, 1, 20, 20).expand(4, 8, 20, 20)
        free = torch.randn(4, 8, 20, 20)
        self.assertGreater(float(losses.variance_covariance(copied)[1]), 5)
        self.assertLess(float(losses.variance_covariance(free)[1]), 0.1)

    def test_lattice_keeps_to_its_number(self):
        for height, width, maps in ((128, 96, 4), (1, 1, 5000), (3, 4, 2), (48, 64, 16)):
            ys, xs = losses.lattice(height, width, maps)
            self.assertTrue(1 <= len(ys) * len(xs) <= max(1, 4096 // maps))
            self.assertTrue(ys[-1] < height and xs[-1] < width)

    def test_vicreg(self):
        def total(a, b):
            return float(sum(losses.vicreg(a, b).values()))

        z = torch.randn(512, 8) * 2
        self.assertLess(total(z, z), 2.0)
        self.assertGreater(total(z, z + 1), 25)
        self.assertGreater(total(0 * z, 0 * z), 24)

    def test_content_sees_no_padding(self):
        model = twin.init_random(twin.McJepa(presets.load_config("tiny")), 5)
        views = torch.rand(2, 4, 3, 96, 96)
        padded = [ops.pad_to_multiple(view) for view in views]
        with torch.no_grad():
            parts, other = losses.content(model, *views), losses.content(model, *padded)
            embedded = [model.embed(model.encode(view, padded=False)) for view in views]
        want = float(losses.vicreg(*embedded)["invariance"])
        self.assertAlmostEqual(float(parts["invariance"]), want, places=5)
        self.assertNotAlmostEqual(float(other["invariance"]), want, places=3)

    def test_adamw_is_that_of_pytorch(self):
        weights = {"encoder.w": torch.randn(3, 4), "encoder.b": torch.randn(4),
                   "estimator.w": torch.randn(2, 5)}
        ours, moments = dict(weights), {}
        theirs = {name: torch.nn.Parameter(weight.clone()) for name, weight in weights.items()}
        optimizer = torch.optim.AdamW([
            {"params": [theirs["encoder.w"]], "lr": 0.1, "weight_decay": 0.2},
            {"params": [theirs["encoder.b"]], "lr": 0.1, "weight_decay": 0.0},
            {"params": [theirs["estimator.w"]], "lr": 0.03, "weight_decay": 0.05}])
        for step in range(1, 4):
            gradients = {name: torch.randn(weight.shape) for name, weight in weights.items()}
            ours, moments = losses.adamw(ours, gradients, moments, step,
                                         {"encoder": (0.1, 0.2), "estimator": (0.03, 0.05)})
            for name, parameter in theirs.items():
                parameter.grad = gradients[name]
            optimizer.step()
        for name, parameter in theirs.items():
            self.assertLess(float((ours[name] - parameter.detach()).abs().max()), 1e-6, name)

    def test_photometric_losses_reach_every_weight_of_the_estimator(self):
        config = presets.load_config("tiny")
        config["estimator"]["detach_levels"] = True
        model = twin.init_random(twin.McJepa(config), 5).train()
        settings = {"regression": 0.0, "cycle": 0.0, "vc": ()}
        losses.m_jepa(model, *parity.make_images(128, 128, 1), settings)["total"].backward()
        for name, parameter in model.estimator.named_parameters():
            self.assertGreater(float(parameter.grad.abs().sum()), 0, name)

    def test_losses_compare_plain_pictures(self):
        model = twin.init_random(twin.McJepa(presets.load_config("tiny")), 5)
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if ".flow." in name:
                    parameter.zero_()
            plain = torch.rand(1, 3, 64, 64)
            seen = plain + 0.1 * torch.randn(1, 3, 64, 64)
            parts = losses.m_jepa(model, plain, seen, plain=(plain, plain))
            self.assertEqual(float(parts["l1"]), 0)

    def test_smaller_features_do_not_agree_better(self):
        first, second = ({2: torch.randn(1, 6, 8, 8)} for _ in range(2))
        flow = {2: torch.zeros(1, 2, 8, 8)}
        mask = {2: torch.ones(1, 1, 8, 8)}

        def value(scale):
            maps = [{2: losses.standardised(scale * pyramid[2])} for pyramid in (first, second)]
            return float(losses.regression(*maps, flow, mask)[2])

        self.assertAlmostEqual(value(0.1), value(1.0), places=3)

    def test_smoothness_has_the_scale_of_arflow(self):
        # ARFlow's: flow and picture at the picture's size, flow divided by its shorter side.
        coarse = torch.zeros(1, 2, 16, 24)
        coarse[:, 0] = torch.arange(24.0)
        full = 4 * F.interpolate(coarse, scale_factor=4, mode="bilinear")
        image = torch.zeros(1, 3, 64, 96)
        parts = losses.flow_loss((image, image), ({}, {}), ({2: coarse}, {2: coarse}), (full, full),
                                 {"vc": (), "regression": 0.0, "cycle": 0.0})
        change = full.diff(dim=3).abs().mean() / 64 / 2 / 2
        self.assertAlmostEqual(float(parts["smooth"]), 50 * float(change), places=5)

    def test_the_flow_half_reaches_every_weight(self):
        model = twin.init_random(twin.McJepa(presets.load_config("tiny")), 5).train()
        terms = losses.m_jepa(model, *parity.make_images(128, 128, 1))
        terms["total"].backward()
        for name, parameter in model.named_parameters():
            if not name.startswith(("expander", "local")):
                self.assertIsNotNone(parameter.grad, name)
                self.assertGreater(float(parameter.grad.abs().sum()), 0, name)


class Propagation(unittest.TestCase):
    def test_still_frame_keeps_its_labels(self):
        features = torch.randn(32, 9, 11)
        labels = F.one_hot(torch.randint(0, 3, (9, 11)), 3).permute(2, 0, 1).float()
        # A cold softmax looks only at the cell itself.
        soft = propagation.propagate(features, features[None], labels[None], temperature=0.02)
        self.assertTrue(torch.equal(soft.argmax(0), labels.argmax(0)))
        self.assertLess((soft.sum(0) - 1).abs().max(), 1e-5)

    def test_window_ends_where_it_says(self):
        near = propagation.window(6, 7, 2)
        self.assertTrue(near[0, 2 * 7 + 2] and not near[0, 3] and not near[0, 3 * 7])

    def test_labels_move_with_features(self):
        features = torch.randn(32, 12, 12)
        labels = torch.zeros(2, 12, 12)
        labels[1, 3:6, 3:6] = 1
        labels[0] = 1 - labels[1]
        moved = torch.roll(features, (2, 1), (1, 2))
        soft = propagation.propagate(moved, features[None], labels[None], radius=4,
                                     temperature=0.02)
        want = torch.roll(labels[1], (2, 1), (0, 1))
        self.assertGreater(float((soft.argmax(0) == want)[2:, 1:].float().mean()), 0.99)

    def test_to_labels(self):
        soft = torch.zeros(2, 4, 4)
        soft[0], soft[0, :2], soft[1, :2] = 1, 0, 0.2  # a weak label still wins where it is alone
        ids = propagation.to_labels(soft, 32, 32)
        self.assertEqual((int(ids[0, 0]), int(ids[31, 31])), (1, 0))


if __name__ == "__main__":
    unittest.main()
