#!/usr/bin/env python3
"""Draws the sample clip and its mask, without material from other sources.

    make_sample.py [-o resources/samples] [--masks DIR]

Writes sample.mp4 (60 frames, 640x360, 25 per second) and sample_mask.png (first frame, indexed with
the DAVIS palette: 1 ball, 2 fish, 3 flower). --masks also writes the mask of every frame, from
DIR/00000.png on, for scoring. Needs numpy and the ffmpeg program; the same versions of these give
the same bytes.

The scene shows a panning textured background, rigid rotation, rotation in depth, deformation,
objects that pass in front of each other, soft shadows and film grain.
"""

import argparse
import os
import struct
import subprocess
import zlib

import numpy as np

WIDTH, HEIGHT, FRAMES, RATE = 640, 360, 60, 25
FINE = 2  # drawn at twice the size, then averaged
SEED = 20230712


def value_noise(shape, cells, rng):
    """Smooth noise in [0, 1] with `cells` bumps along the height."""
    h, w = shape
    columns = int(np.ceil(cells * w / h)) + 2
    grid = rng.random((cells + 2, columns))
    y, x = np.linspace(0, cells, h)[:, None], np.linspace(0, columns - 2, w)[None]
    y0, x0 = y.astype(int), x.astype(int)
    fy, fx = y - y0, x - x0
    fy, fx = fy * fy * (3 - 2 * fy), fx * fx * (3 - 2 * fx)
    top = grid[y0, x0] * (1 - fx) + grid[y0, x0 + 1] * fx
    bottom = grid[y0 + 1, x0] * (1 - fx) + grid[y0 + 1, x0 + 1] * fx
    return top * (1 - fy) + bottom * fy


def fractal(shape, cells, octaves, rng):
    total = sum(value_noise(shape, cells << k, rng) * 0.55 ** k for k in range(octaves))
    return (total - total.min()) / (total.max() - total.min())


def sample(texture, x, y):
    """Bilinear, repeating."""
    h, w = texture.shape[:2]
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    fx, fy = x - x0, y - y0
    if texture.ndim == 3:
        fx, fy = fx[..., None], fy[..., None]
    x0, y0, x1, y1 = x0 % w, y0 % h, (x0 + 1) % w, (y0 + 1) % h
    return ((texture[y0, x0] * (1 - fx) + texture[y0, x1] * fx) * (1 - fy)
            + (texture[y1, x0] * (1 - fx) + texture[y1, x1] * fx) * fy)


def mix(a, b, t):
    return np.asarray(a) * (1 - t[..., None]) + np.asarray(b) * t[..., None]


def smooth_step(low, high, x):
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def pebbles(height, width, rng):
    """A sea floor: rounded stones of uneven size, each with its own colour, light from top left."""
    cell = 44
    rows, columns = height // cell + 5, width // cell + 5
    px = rng.random((rows, columns)) * 0.9 + 0.05
    py = rng.random((rows, columns)) * 0.9 + 0.05
    size = 0.75 + 0.5 * rng.random((rows, columns))
    y, x = np.mgrid[0:height, 0:width].astype(float)
    warp = fractal((height, width), 6, 3, rng) - 0.5
    gx, gy = (x + 46 * warp) / cell + 1.5, (y - 46 * warp) / cell + 1.5
    cx, cy = gx.astype(int), gy.astype(int)
    nearest = np.full((height, width), 9.0)
    second = nearest.copy()
    owner = np.zeros((height, width), int)
    towards = np.zeros((height, width, 2))
    for dy in range(-1, 3):
        for dx in range(-1, 3):
            iy, ix = np.clip(cy + dy - 1, 0, rows - 1), np.clip(cx + dx - 1, 0, columns - 1)
            vx, vy = gx - (ix + px[iy, ix]), gy - (iy + py[iy, ix])
            distance = np.hypot(vx, vy) / size[iy, ix]
            closer = distance < nearest
            second = np.where(closer, nearest, np.minimum(second, distance))
            nearest = np.where(closer, distance, nearest)
            owner = np.where(closer, iy * columns + ix, owner)
            towards = np.where(closer[..., None], np.stack([vx, vy], -1), towards)
    palette = np.array([[86, 111, 118], [118, 128, 120], [148, 141, 122], [70, 92, 104],
                        [104, 118, 131], [160, 152, 138], [92, 104, 96]], float)
    tint = palette[rng.integers(0, len(palette), rows * columns)]
    tint = tint * (0.85 + 0.3 * rng.random((rows * columns, 1)))
    edge = smooth_step(0.03, 0.30, second - nearest)
    light = 1 - 0.34 * (towards[..., 0] + 1.2 * towards[..., 1])
    grain = 0.72 + 0.56 * fractal((height, width), 60, 4, rng)
    sand = np.array([52, 58, 60]) * (0.6 + 0.7 * fractal((height, width), 90, 3, rng))[..., None]
    stone = tint[owner] * (light * grain)[..., None]
    return sand * (1 - edge[..., None]) + stone * edge[..., None]


class Scene:
    """Objects return (alpha, colour) on the fine grid; coordinates are output pixels."""

    def __init__(self):
        rng = np.random.default_rng(SEED)
        self.floor = pebbles(FINE * (HEIGHT + 60), FINE * (WIDTH + 150), rng)
        self.noise = fractal((512, 512), 8, 6, rng)
        self.fine_noise = fractal((512, 512), 48, 4, rng)
        y, x = np.mgrid[0:FINE * HEIGHT, 0:FINE * WIDTH]
        self.y, self.x = (y + 0.5) / FINE - 0.5, (x + 0.5) / FINE - 0.5
        self.soft = np.exp(-0.5 * (np.arange(-24, 25) / 6.0) ** 2)
        self.soft /= self.soft.sum()

    def background(self, t):
        # The camera drifts right and down, and breathes a little.
        left = 12 + 1.7 * t + 5 * np.sin(t / 13)
        top = 12 + 0.45 * t + 4 * np.sin(t / 17 + 1)
        ground = sample(self.floor, FINE * (self.x + left), FINE * (self.y + top))
        # Light that plays over the ground as under water; slow, so that it is no motion of its own.
        play = sample(self.noise, (self.x + 1.2 * t) * 0.5, (self.y + 0.7 * t) * 0.5)
        return ground * (0.86 + 0.3 * play)[..., None]

    def ball(self, t):
        """A beach ball that rolls from left to right: rotation in depth."""
        radius = 56
        cx, cy = 118 + 4.3 * t, 232 - 16 * np.sin(t / 9.5)
        dx, dy = (self.x - cx) / radius, (self.y - cy) / radius
        square = dx * dx + dy * dy
        alpha = smooth_step(radius + 0.5, radius - 0.5, radius * np.sqrt(square))
        dz = np.sqrt(np.clip(1 - square, 0, 1))
        roll, tilt = -4.3 * t / radius, 0.5
        # World to ball: undo the roll about the viewing plane's vertical lean, then the tilt.
        x1, z1 = dx * np.cos(roll) + dz * np.sin(roll), -dx * np.sin(roll) + dz * np.cos(roll)
        y2, z2 = dy * np.cos(tilt) - z1 * np.sin(tilt), dy * np.sin(tilt) + z1 * np.cos(tilt)
        around = np.arctan2(z2, x1) / (2 * np.pi) * 6
        band = np.floor(around).astype(int) % 6
        colours = np.array([[214, 58, 48], [240, 234, 220], [240, 178, 44], [238, 232, 220],
                            [44, 104, 190], [240, 234, 220]], float)
        seam = np.minimum(around - np.floor(around), np.ceil(around) - around)
        colour = colours[band] * smooth_step(0.0, 0.035, seam)[..., None] ** 0.35
        cap = smooth_step(0.90, 0.93, np.abs(y2))
        colour = mix(colour, [232, 228, 216], cap)
        wear = sample(self.fine_noise, 90 * np.arctan2(z2, x1), 130 * y2)
        colour = colour * (0.80 + 0.36 * wear)[..., None]
        lambert = np.clip(-0.45 * dx - 0.62 * dy + 0.64 * dz, 0, 1)
        shine = np.clip(-0.30 * dx - 0.42 * dy + 0.86 * dz, 0, 1) ** 40
        return alpha, colour * (0.42 + 0.68 * lambert)[..., None] + 120 * shine[..., None]

    def fish(self, t):
        """A striped fish that swims from right to left with a bending body: deformation."""
        length = 104
        cx, cy = 520 - 4.9 * t, 196 + 14 * np.sin(t / 11 + 0.5)
        heading = 0.10 * np.sin(t / 11 + 2.0)
        dx, dy = -(self.x - cx), self.y - cy
        s = (dx * np.cos(heading) - dy * np.sin(heading)) / length
        n = (dx * np.sin(heading) + dy * np.cos(heading)) / length
        phase = 2 * np.pi * t / 19
        n = n - 0.13 * np.clip(0.65 - s, 0, 2) ** 1.5 * np.sin(4.2 * s + phase)
        body = 0.36 * np.sqrt(np.clip(1 - ((s - 0.16) / 0.76) ** 2, 0, 1)) * (1 + 0.10 * s)
        tail = np.where((s < -0.42) & (s > -0.98),
                        0.07 + 0.36 * smooth_step(-0.48, -0.95, s), 0)
        notch = s < -0.98 + 0.16 * np.clip(1 - np.abs(n) / 0.3, 0, 1)
        tail = np.where(notch, 0, tail)
        fin = np.where((s > -0.28) & (s < 0.42) & (n < 0),
                       0.48 * np.sqrt(np.clip(1 - ((s - 0.0) / 0.42) ** 2, 0, 1)), 0)
        half = np.maximum(np.maximum(body, tail), fin)
        inside = (half - np.abs(n)) * length
        alpha = smooth_step(-0.5, 0.5, inside) * (half > 0)
        orange, white, dark = [232, 116, 34], [246, 240, 228], [34, 26, 28]
        scales = sample(self.fine_noise, 190 * s, 190 * n)
        rays = 0.5 + 0.5 * np.sin(70 * np.where(tail > body, n / (0.35 - s), s + 0.2 * n))
        colour = mix(orange, [196, 70, 24], smooth_step(0.3, 0.8, scales))
        is_fin = smooth_step(0.0, 0.02, np.abs(n) - body)
        colour = mix(colour, mix([214, 88, 30], [250, 160, 60], rays), is_fin)
        for place, wide in ((0.50, 0.075), (0.08, 0.095), (-0.40, 0.07)):
            gap = np.abs(s - place - 0.05 * np.cos(7 * n)) - wide
            keep = 1 - 0.55 * is_fin
            colour = mix(colour, dark, smooth_step(0.035, 0.02, gap) * keep)
            colour = mix(colour, white, smooth_step(0.012, -0.004, gap) * keep)
        eye = np.hypot(s - 0.72, n + 0.05)
        colour = mix(colour, white, smooth_step(0.062, 0.054, eye))
        colour = mix(colour, dark, smooth_step(0.042, 0.034, eye))
        colour = mix(colour, white, smooth_step(0.016, 0.010, np.hypot(s - 0.735, n + 0.065)))
        light = 0.74 + 0.42 * np.clip(-n / np.maximum(half, 0.02) * 0.7 + 0.4, 0, 1)
        return alpha, colour * (light * (0.86 + 0.28 * scales))[..., None]

    def flower(self, t):
        """A paper flower that spins while it sinks: rigid rotation."""
        cx, cy = 300 + 26 * np.sin(t / 15 + 0.3), 66 + 2.9 * t
        dx, dy = self.x - cx, self.y - cy
        turn = 0.07 * t
        u, v = dx * np.cos(turn) + dy * np.sin(turn), -dx * np.sin(turn) + dy * np.cos(turn)
        radius, angle = np.hypot(u, v), np.arctan2(v, u)
        rim = 46 * (0.80 + 0.20 * np.cos(7 * angle))
        alpha = smooth_step(-0.5, 0.5, rim - radius)
        petal = 0.5 + 0.5 * np.cos(7 * angle)
        paper = sample(self.fine_noise, 2.2 * u + 100, 2.2 * v + 40)
        colour = mix([92, 46, 140], [206, 92, 170], smooth_step(8, 44, radius))
        colour = mix(colour, [246, 196, 226], smooth_step(0.80, 1.0, radius / rim) * 0.8)
        colour = colour * (0.68 + 0.34 * petal)[..., None]
        one = 0.5 + 0.5 * np.cos(angle - 0.6)  # one side darker, so that turns can be told apart
        colour = colour * (0.80 + 0.28 * one)[..., None]
        colour = mix(colour, [250, 206, 70], smooth_step(13.5, 12.5, radius))
        dots = sample(self.fine_noise, 6 * u, 6 * v)
        speckles = smooth_step(13, 12, radius) * smooth_step(0.5, 0.6, dots)
        colour = mix(colour, [190, 120, 30], speckles)
        return alpha, colour * (0.78 + 0.42 * paper)[..., None]

    def shadow(self, alpha, shift):
        """A blurred, shifted copy of the outline."""
        step = 4  # soft enough to be drawn small
        small = alpha[::step, ::step]
        for axis in (0, 1):
            small = np.apply_along_axis(np.convolve, axis, small, self.soft[::2] * 2, mode="same")
        big = small.repeat(step, 0).repeat(step, 1)[:alpha.shape[0], :alpha.shape[1]]
        return np.roll(big, (FINE * shift, FINE * shift), (0, 1))

    def frame(self, t):
        """(RGB 0..255 as float, ids) of one frame at output size."""
        picture = self.background(t)
        ids = np.zeros((FINE * HEIGHT, FINE * WIDTH), np.uint8)
        # Back to front; the higher an object floats, the further its shadow falls.
        for number, (alpha, colour), shift in ((3, self.flower(t), 8), (1, self.ball(t), 9),
                                               (2, self.fish(t), 13)):
            picture *= 1 - 0.62 * np.clip(self.shadow(alpha, shift), 0, 1)[..., None]
            picture = picture * (1 - alpha[..., None]) + colour * alpha[..., None]
            ids[alpha > 0.5] = number
        picture = picture.reshape(HEIGHT, FINE, WIDTH, FINE, 3).mean((1, 3))
        far = ((self.x / WIDTH - 0.5) ** 2 + (self.y / HEIGHT - 0.5) ** 2)[::FINE, ::FINE]
        picture = picture * (1.06 - 0.42 * far)[..., None]
        grain = np.random.default_rng([SEED, t]).normal(0, 2.2, (HEIGHT, WIDTH, 1))
        votes = np.stack([(ids == k).reshape(HEIGHT, FINE, WIDTH, FINE).sum((1, 3))
                          for k in range(4)])
        return np.clip(picture + grain, 0, 255), votes.argmax(0).astype(np.uint8)


def davis_palette():
    """256 RGB triples: bit k of the index's octal digits goes to bit 7 - k of a channel."""
    palette = np.zeros((256, 3), np.uint8)
    for index in range(256):
        rest = index
        for bit in range(8):
            for channel in range(3):
                palette[index, channel] |= ((rest >> channel) & 1) << (7 - bit)
            rest >>= 3
    return palette


def write_indexed_png(path, ids):
    def chunk(kind, data):
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    height, width = ids.shape
    rows = b"".join(b"\0" + row.tobytes() for row in ids)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.write(chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)))
        file.write(chunk(b"PLTE", davis_palette().tobytes()))
        file.write(chunk(b"IDAT", zlib.compress(rows, 9)))
        file.write(chunk(b"IEND", b""))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", default="resources/samples")
    parser.add_argument("--masks", help="also write every frame's mask to this folder")
    options = parser.parse_args()
    os.makedirs(options.output, exist_ok=True)
    if options.masks:
        os.makedirs(options.masks, exist_ok=True)
    encoder = subprocess.Popen(
        ["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24",
         "-s", f"{WIDTH}x{HEIGHT}", "-r", str(RATE), "-i", "-",
         "-vf", "scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int",
         "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709",
         "-color_range", "tv", "-c:v", "libx264", "-preset", "veryslow", "-crf", "20",
         "-pix_fmt", "yuv420p", "-g", "30", "-threads", "1", "-fflags", "+bitexact",
         "-flags:v", "+bitexact", "-map_metadata", "-1", "-movflags", "+faststart",
         os.path.join(options.output, "sample.mp4")], stdin=subprocess.PIPE)
    scene = Scene()
    for t in range(FRAMES):
        picture, ids = scene.frame(t)
        encoder.stdin.write((picture + 0.5).astype(np.uint8).tobytes())
        if t == 0:
            write_indexed_png(os.path.join(options.output, "sample_mask.png"), ids)
        if options.masks:
            write_indexed_png(os.path.join(options.masks, f"{t:05d}.png"), ids)
    encoder.stdin.close()
    if encoder.wait():
        raise SystemExit("ffmpeg could not encode the clip")


if __name__ == "__main__":
    main()
