"""MC-JEPA's network: ConvNeXt pyramid (or ARFlow's), PWC-style flow estimator, expander.

Module names are the checkpoint's tensor names. Shapes: images (N, 3, H, W) in [0, 1]; level l of
the pyramid (N, widths[l - 1], H / 2^l, W / 2^l) of the padded image; flow at level l in pixels of
level l.
"""

import json

import torch
import torch.nn.functional as F
from torch import nn

from . import ops, safetensors_io

_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)
_EPS = 1e-6


class ChannelNorm(nn.Module):
    """LayerNorm over the channels of every position."""

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        mean = x.mean(1, keepdim=True)
        variance = (x - mean).square().mean(1, keepdim=True)
        x = (x - mean) / torch.sqrt(variance + _EPS)
        return x * self.weight.view(1, -1, 1, 1) + self.bias.view(1, -1, 1, 1)


class Block(nn.Module):
    """ConvNeXt block: x + gamma * pw2(GELU(pw1(LN(dwconv7x7(x)))))."""

    def __init__(self, channels, layer_scale):
        super().__init__()
        self.dwconv = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = ChannelNorm(channels)
        self.pw1 = nn.Linear(channels, 4 * channels)
        self.pw2 = nn.Linear(4 * channels, channels)
        if layer_scale > 0:
            self.gamma = nn.Parameter(torch.full((channels,), float(layer_scale)))
        else:
            self.gamma = None

    def forward(self, x):
        y = self.norm(self.dwconv(x)).permute(0, 2, 3, 1)
        y = self.pw2(F.gelu(self.pw1(y)))
        if self.gamma is not None:
            y = y * self.gamma
        return x + y.permute(0, 3, 1, 2)


class ConvNorm(nn.Module):
    """Convolution then LayerNorm over channels; `activate` adds LeakyReLU 0.1."""

    def __init__(self, inputs, outputs, kernel, stride=1, padding=0, dilation=1, activate=False):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation)
        self.norm = ChannelNorm(outputs)
        self.activation = nn.LeakyReLU(0.1) if activate else nn.Identity()

    def forward(self, x, centred=False):
        x = self.conv(x)
        if centred:  # what all positions share says nothing about motion
            x = x - x.mean((2, 3), keepdim=True)
        return self.activation(self.norm(x))


class Down(nn.Module):
    """LayerNorm, then a 2x2 convolution of stride 2."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.norm = ChannelNorm(inputs)
        self.conv = nn.Conv2d(inputs, outputs, 2, 2)

    def forward(self, x):
        return self.conv(self.norm(x))


class Encoder(nn.Module):
    """Up to six levels, strides 2 to 64; the stem is split in two so that there are fine levels."""

    def __init__(self, config):
        super().__init__()
        widths, depths = config["widths"], config["depths"]
        kernels = config.get("stem_kernels", [4, 3])
        scale = config.get("layer_scale", 0)
        self.stem = nn.ModuleList([
            ConvNorm(3, widths[0], kernels[0], stride=2, padding=1),
            ConvNorm(widths[0], widths[1], kernels[1], stride=2, padding=1)])
        self.down = nn.ModuleList(
            [Down(widths[level - 2], widths[level - 1]) for level in range(3, len(widths) + 1)])
        self.stages = nn.ModuleList(
            [nn.ModuleList([Block(width, scale) for _ in range(depth)])
             for width, depth in zip(widths, depths)])

    def forward(self, x, coarsest=6):
        """Normalised image -> levels 1..coarsest, as {level: tensor}; sides halve and are rounded
        down."""
        levels = {}
        for index in range(min(coarsest, len(self.stages))):
            x = self.stem[index](x) if index < 2 else self.down[index - 2](x)
            for block in self.stages[index]:
                x = block(x)
            levels[index + 1] = x
        return levels


class Pyramid(nn.Module):
    """ARFlow's six levels: 3x3 convolutions, the first of a level with stride 2, LeakyReLU 0.1."""

    def __init__(self, config):
        super().__init__()
        self.activation = nn.LeakyReLU(0.1)
        self.stages = nn.ModuleList()
        inputs = 3
        for width, depth in zip(config["widths"], config["depths"]):
            layers = [nn.Conv2d(inputs, width, 3, 2, 1)]
            layers += [nn.Conv2d(width, width, 3, 1, 1) for _ in range(depth)]
            self.stages.append(nn.ModuleList(layers))
            inputs = width

    def forward(self, x, coarsest=6):
        """Normalised image -> levels 1..coarsest, as {level: tensor}; sides halve and are rounded
        up."""
        levels = {}
        for index in range(min(coarsest, len(self.stages))):
            for layer in self.stages[index]:
                x = self.activation(layer(x))
            levels[index + 1] = x
        return levels


class Decoder(nn.Module):
    """Reduced-dense wiring: c0 = B0(in), c1 = B1(c0), c_k = B_k(c_{k-2}, c_{k-1}).

    Returns the residual flow, read off the last two, and the last.
    """

    def __init__(self, inputs, widths, first_kernel=3):
        super().__init__()
        layers = []
        for index, width in enumerate(widths):
            if index == 0:
                seen = inputs
            elif index == 1:
                seen = widths[0]
            else:
                seen = widths[index - 2] + widths[index - 1]
            kernel = first_kernel if index == 0 else 3
            layers.append(ConvNorm(seen, width, kernel, padding=kernel // 2, activate=True))
        self.conv = nn.ModuleList(layers)
        self.flow = nn.Conv2d(widths[-2] + widths[-1], 2, 3, padding=1)

    def forward(self, x):
        done = [self.conv[0](x)]
        done.append(self.conv[1](done[0]))
        for layer in self.conv[2:]:
            done.append(layer(torch.cat(done[-2:], 1)))
        return self.flow(torch.cat(done[-2:], 1)), done[-1]


class Context(nn.Module):
    """Dilated convolutions that look further round before a last correction."""

    def __init__(self, inputs, widths, dilations):
        super().__init__()
        layers = []
        for width, dilation in zip(widths, dilations):
            layers.append(ConvNorm(inputs, width, 3, padding=dilation, dilation=dilation,
                                   activate=True))
            inputs = width
        self.conv = nn.ModuleList(layers)
        self.flow = nn.Conv2d(inputs, 2, 3, padding=1)

    def forward(self, x):
        for layer in self.conv:
            x = layer(x)
        return self.flow(x)


class Warp(nn.Module):
    """ops.warp as a module, so that a forward hook can look at the flow it is given."""

    def forward(self, source, flow):
        return ops.warp(source, flow)


class Estimator(nn.Module):
    """Coarse to fine: warp, correlate, predict a residual, add it to the doubled coarser flow."""

    def __init__(self, config, encoder_widths):
        super().__init__()
        self.config = config
        self.finest, self.coarsest = config["finest_level"], config["coarsest_level"]
        self.levels = range(self.coarsest, self.finest - 1, -1)
        self.coarsest_refined = min(self.finest + 1, self.coarsest)
        projection = config["projection"]
        widths = config["widths"]
        corr = (2 * config["radius"] + 1) ** 2
        self.warp = Warp()
        self.activation = nn.LeakyReLU(0.1)
        self.project = nn.ModuleDict()
        if projection:
            for level in self.levels:
                self.project[str(level - 1)] = ConvNorm(encoder_widths[level - 1], projection, 1)
        self.decoder = nn.ModuleDict()
        self.context = nn.ModuleDict()
        for level in self.levels:
            seen = projection or encoder_widths[level - 1]
            key = self._key(level)
            if key not in self.decoder:
                self.decoder[key] = Decoder(corr + seen + 2, widths)
            if self._has_context(level) and key not in self.context:
                self.context[key] = Context(widths[-1] + 2, config["context_widths"],
                                            config["context_dilations"])

        self.fine = bool(config.get("fine_widths"))
        if self.fine:
            narrow = config["fine_projection"]
            self.fine_project = ConvNorm(encoder_widths[self.finest - 2], narrow, 1)
            self.fine_decoder = Decoder(corr + narrow + 2, config["fine_widths"], first_kernel=1)

    def _key(self, level):
        return "0" if self.config["shared"] else str(level - 1)

    def _has_context(self, level):
        mode = self.config["context"]
        return mode == "every" or (mode == "finest" and level == self.finest)

    def forward(self, first, second, joined=False):
        """Pyramids of both frames -> {level: flow from first to second in pixels of the level}.
        `joined`: gradients go through all levels whatever the configuration says, as in ARFlow."""
        flows, flow = {}, None
        for level in self.levels:
            flow = flows[level] = self._level(level, first[level], second[level],
                                              self._held(flow, joined))
        if self.fine:
            flows[self.finest - 1] = self._finest(first, second, self._held(flow, joined))
        return flows

    def _held(self, coarser, joined=False):
        # Without gradients through the coarser flow each level learns its own residual.
        stops = self.config.get("detach_levels") and not joined
        return coarser.detach() if stops and coarser is not None else coarser

    def _level(self, level, p1, p2, coarser, doubled=False):
        if str(level - 1) in self.project:
            project = self.project[str(level - 1)]
            p1, p2 = project(p1, centred=True), project(p2, centred=True)
        seen, flow = self._prepare(p1, p2, coarser)
        residual, last = self.decoder[self._key(level)](seen)
        flow = flow + residual
        if self._has_context(level):
            flow = flow + self.context[self._key(level)](torch.cat([last, flow], 1))
        return self._clamped(flow, doubled)

    def _finest(self, first, second, coarser, doubled=False):
        level = self.finest - 1
        seen, flow = self._prepare(self.fine_project(first[level], centred=True),
                                   self.fine_project(second[level], centred=True), coarser)
        return self._clamped(flow + self.fine_decoder(seen)[0], doubled)

    def _clamped(self, flow, doubled):
        limit = self.config["clamp"] * (2 if doubled else 1)
        return flow.clamp(-limit, limit)

    def refine(self, first, second, flows):
        """Pyramids of the pictures at twice the size, and what `forward` found for the pictures:
        flow at the pictures' size."""
        flow = flows[self.finest]
        if self.fine:
            flow = F.avg_pool2d(flows[self.finest - 1], 2) / 2
        # The doubled pictures' rasters are those of the levels below, with less padding.
        h, w = first[self.coarsest_refined].shape[-2:]
        below = self.finest + 1 - self.coarsest_refined
        flow = flow[:, :, :h >> below, :w >> below]
        for level in range(self.coarsest_refined, self.finest - 1, -1):
            flow = self._level(level, first[level], second[level], self._held(flow), doubled=True)
        if self.fine:
            flow = self._finest(first, second, self._held(flow), doubled=True)
        # The finest level's stride is that of the doubled pictures.
        stride = 2 ** (self.finest - 1 - self.fine)
        return ops.upsample_flow(flow, flow.shape[-2] * stride, flow.shape[-1] * stride)

    def _prepare(self, p1, p2, coarser):
        """What a level's decoder sees, and the flow that it corrects."""
        n, _, h, w = p1.shape
        if coarser is None:
            flow = torch.zeros(n, 2, h, w, dtype=p1.dtype, device=p1.device)
        else:
            flow = ops.upsample_flow(coarser, h, w)
        corr = ops.cost_volume(p1, self.warp(p2, flow), self.config["radius"])
        return torch.cat([self.activation(corr), p1, flow], 1), flow


def _normalised(image):
    mean = torch.tensor(_MEAN, dtype=image.dtype, device=image.device).view(1, 3, 1, 1)
    std = torch.tensor(_STD, dtype=image.dtype, device=image.device).view(1, 3, 1, 1)
    return (image - mean) / std


class ExpanderLayer(nn.Module):
    def __init__(self, inputs, outputs, last):
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
        self.norm = None if last else nn.LayerNorm(outputs, eps=_EPS)

    def forward(self, x):
        x = self.linear(x)
        return x if self.norm is None else F.relu(self.norm(x))


class Expander(nn.Module):
    """MLP on the spatial mean of the coarsest level: Linear, LayerNorm, ReLU, ..., Linear."""

    def __init__(self, inputs, widths):
        super().__init__()
        sizes = [inputs, *widths]
        self.layers = nn.ModuleList(
            [ExpanderLayer(sizes[i], sizes[i + 1], i + 1 == len(widths))
             for i in range(len(widths))])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class McJepa(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        encoder = config["encoder"]
        self.encoder = Pyramid(encoder) if encoder.get("kind") == "pyramid" else Encoder(encoder)
        widths = config["encoder"]["widths"]
        self.estimator = Estimator(config["estimator"], widths) if config.get("estimator") else None
        self.expander = Expander(widths[-1], config["expander"]["widths"]) \
            if config.get("expander") else None
        self.local_levels = config.get("local_expander", {}).get("levels", [])
        self.local = nn.ModuleList([Expander(widths[level - 1], config["local_expander"]["widths"])
                                    for level in self.local_levels])

    def encode(self, image, padded=True):
        """RGB in [0, 1], any size -> levels of the image padded to multiples of 64, or as it
        is: what is repeated at the border would count in a mean over the picture."""
        image = _normalised(image)
        return self.encoder(ops.pad_to_multiple(image) if padded else image)

    def encode_doubled(self, image):
        """The levels that refining reads, of the image at twice the size; padded as little as they
        need."""
        image = ops.pad_to_multiple(_normalised(image), 2 ** self.estimator.finest)
        h, w = image.shape[-2:]
        doubled = F.interpolate(image, size=(2 * h, 2 * w), mode="bicubic", align_corners=False)
        return self.encoder(doubled, self.estimator.coarsest_refined)

    def estimate_flow(self, first, second, size, joined=False):
        """Pyramids -> ({level: flow}, flow at `size` = (H, W) in pixels of the image)."""
        flows = self.estimator(first, second, joined)
        finest_level = min(flows)
        scale = 2 ** finest_level
        finest = flows[finest_level]
        h, w = finest.shape[-2:]
        full = scale * F.interpolate(finest, size=(h * scale, w * scale), mode="bilinear",
                                     align_corners=False)
        return flows, full[:, :, :size[0], :size[1]]

    def refined_flow(self, image1, image2):
        """Flow at the images' size, from a second pass on the doubled images."""
        flows = self.estimator(self.encode(image1), self.encode(image2))
        full = self.estimator.refine(self.encode_doubled(image1), self.encode_doubled(image2),
                                     flows)
        return full[:, :, :image1.shape[-2], :image1.shape[-1]]

    def embed(self, levels):
        """The expander's output for a pyramid, (N, widths[-1])."""
        return self.expander(levels[max(levels)].mean((2, 3)))

    def embed_places(self, levels, level):
        """The local expander's output for every place of a level, (N, widths[-1], h, w)."""
        expander = self.local[self.local_levels.index(level)]
        return expander(levels[level].permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

    def forward(self, image1, image2):
        return self.estimate_flow(self.encode(image1), self.encode(image2), image1.shape[-2:])[1]

    def save(self, path, metadata=None):
        safetensors_io.save(path, self.state_dict(),
                            {"config": json.dumps(self.config), **(metadata or {})})


def load(path, dtype=torch.float32):
    """A model from a safetensors file; missing, extra and misshaped tensors raise by name."""
    tensors, metadata = safetensors_io.load(path)
    model = McJepa(json.loads(metadata["config"])).to(dtype)
    model.load_state_dict(tensors)
    return model.eval()


def init_random(model, seed, head_scale=0.05):
    """Random weights that make every tensor matter: heads not zero, gammas near one, norms uneven.

    Scaled so that activations keep a size near one and flow a few pixels: parity is to be measured
    where the network works, not where it saturates.
    """
    generator = torch.Generator().manual_seed(seed)

    def normal(shape, scale):
        return torch.randn(shape, generator=generator) * scale

    with torch.no_grad():
        for name, parameter in model.named_parameters():
            kind = name.rsplit(".", 2)
            if name.endswith(".gamma"):
                parameter.copy_(0.5 + normal(parameter.shape, 0.1))
            elif "norm" in kind:
                base = 1.0 if name.endswith(".weight") else 0.0
                parameter.copy_(base + normal(parameter.shape, 0.1))
            elif parameter.dim() >= 2:
                fan_in = parameter[0].numel()
                gain = head_scale if ".flow." in name else 1.0
                parameter.copy_(normal(parameter.shape, gain * fan_in ** -0.5))
            else:
                parameter.copy_(normal(parameter.shape, 0.02))
    return model
