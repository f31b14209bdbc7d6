#include "media/io/flow_file.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "media/base/error.h"
#include "media/io/array_file.h"
#include "media/io/atomic_file.h"
#include "media/io/byte_reader.h"
#include "media/io/exr_file.h"
#include "media/io/pfm_file.h"
#include "media/io/png_file.h"

namespace mcj {
namespace {

// Middlebury's mark of an unknown vector, and the bound beyond which a component is unknown.
constexpr float kUnknownMark = 1e10F;
constexpr float kUnknownBound = 1e9F;
constexpr std::string_view kFloMagic = "PIEH";  // 202021.25 as a little-endian float

// KITTI: value = f * 64 + 2^15 in 16 bits.
constexpr float kKittiGain = 64.0F;
constexpr float kKittiZero = 32768.0F;

// OpenEXR's attribute for the sign of v; some programs have their y axis point up.
constexpr const char* kExrAxisKey = "flowVAxis";
constexpr const char* kExrConventionKey = "flowConvention";

[[noreturn]] void fail(const std::string& name, const std::string& why) {
    throw Error(ErrorCode::Input, "cannot read '" + name + "' as flow: " + why,
                "The file may be damaged, incompletely copied or of another format.");
}

/// The vector as the program keeps it: NaN in both where the file says unknown.
PointF fromFile(float u, float v) {
    if (!(std::abs(u) <= kUnknownBound) || !(std::abs(v) <= kUnknownBound)) {
        return {FlowField::kUnknown, FlowField::kUnknown};
    }
    return {u, v};
}

/// The same test on the way out, so that what is written as known is read as known.
bool isWritable(PointF flow) { return FlowField::known(fromFile(flow.x, flow.y)); }

FlowField decodeFlo(ByteView bytes, const std::string& name) {
    const auto width = littleEndianAt<std::int32_t>(bytes, 4);
    const auto height = littleEndianAt<std::int32_t>(bytes, 8);
    if (!width || !height) fail(name, "its header ends early");
    if (*width < 1 || *height < 1 || *width > kMaxFileSidePx || *height > kMaxFileSidePx) {
        fail(name, "its header claims " + std::to_string(*width) + "x" + std::to_string(*height) +
                       " pixels");
    }
    const SizePx size{*width, *height};
    const std::uint64_t expected = 12 + std::uint64_t{size.area()} * 2 * sizeof(float);
    if (bytes.size() != expected) {
        fail(name, "a .flo of " + std::to_string(*width) + "x" + std::to_string(*height) + " has " +
                       std::to_string(expected) + " bytes, this one has " +
                       std::to_string(bytes.size()));
    }
    FlowField flow(size);
    const auto values = flow.vectors.values();
    std::memcpy(values.data(), bytes.data() + 12, values.size_bytes());
    for (std::size_t i = 0; i < values.size(); i += 2) {
        const PointF vector = fromFile(values[i], values[i + 1]);
        values[i] = vector.x;
        values[i + 1] = vector.y;
    }
    return flow;
}

FlowField decodeKitti(ByteView bytes, const std::string& name) {
    const PngImage png = decodePng(bytes, name);
    if (png.bitDepth != 16 || (png.kind != PngKind::Rgb && png.kind != PngKind::RgbAlpha)) {
        fail(name, "a flow PNG has three channels of 16 bits, this one has " +
                       std::to_string(pngChannels(png.kind)) + " of " +
                       std::to_string(png.bitDepth));
    }
    FlowField flow(png.size());
    for (int y = 0; y < flow.size().height; ++y) {
        for (int x = 0; x < flow.size().width; ++x) {
            PointF vector{FlowField::kUnknown, FlowField::kUnknown};
            if (png.values16.at(y, x, 2) > 0) {
                vector = {(static_cast<float>(png.values16.at(y, x, 0)) - kKittiZero) / kKittiGain,
                          (static_cast<float>(png.values16.at(y, x, 1)) - kKittiZero) / kKittiGain};
            }
            flow.set(y, x, vector);
        }
    }
    return flow;
}

FlowField decodePfmFlow(ByteView bytes, const std::string& name) {
    const Raster<float> values = decodePfm(bytes, name);
    if (values.channels() != 3) fail(name, "a flow PFM has three channels, this one has one");
    FlowField flow(values.size());
    for (int y = 0; y < values.height(); ++y) {
        for (int x = 0; x < values.width(); ++x) {
            flow.set(y, x, fromFile(values.at(y, x, 0), values.at(y, x, 1)));
        }
    }
    return flow;
}

FlowField decodeNpyFlow(ByteView bytes, const std::string& name) {
    const FloatArray array = decodeNpy(bytes, name);
    std::vector<std::int64_t> shape = array.shape;
    // A batch of one field is accepted.
    while (shape.size() > 3 && shape.front() == 1) shape.erase(shape.begin());
    const bool channelsLast = shape.size() == 3 && shape[2] == 2;
    const bool channelsFirst = shape.size() == 3 && shape[0] == 2 && !channelsLast;
    if (!channelsLast && !channelsFirst) {
        fail(name, "a flow array has the shape H x W x 2 or 2 x H x W");
    }
    const std::int64_t height = channelsLast ? shape[0] : shape[1];
    const std::int64_t width = channelsLast ? shape[1] : shape[2];
    if (height < 1 || width < 1 || height > kMaxFileSidePx || width > kMaxFileSidePx) {
        fail(name, "a side is not between 1 and " + std::to_string(kMaxFileSidePx));
    }
    FlowField flow({static_cast<int>(width), static_cast<int>(height)});
    const std::size_t area = flow.size().area();
    const auto out = flow.vectors.values();
    for (std::size_t i = 0; i < area; ++i) {
        const float u = channelsLast ? array.values[2 * i] : array.values[i];
        const float v = channelsLast ? array.values[2 * i + 1] : array.values[area + i];
        const PointF vector = fromFile(u, v);
        out[2 * i] = vector.x;
        out[2 * i + 1] = vector.y;
    }
    return flow;
}

FlowField decodeExrFlow(ByteView bytes, const std::string& name) {
    ExrPicture picture = decodeExr(
        bytes, name, {{"forward.u", "forward.v"}, {"backward.u", "backward.v"}, {"u", "v"}});
    const auto axis = picture.text.find(kExrAxisKey);
    const float sign = axis != picture.text.end() && axis->second == "up" ? -1.0F : 1.0F;
    FlowField flow;
    flow.vectors = std::move(picture.values);
    const auto values = flow.vectors.values();
    for (std::size_t i = 0; i < values.size(); i += 2) {
        const PointF vector = fromFile(values[i], sign * values[i + 1]);
        values[i] = vector.x;
        values[i + 1] = vector.y;
    }
    return flow;
}

void writeFlo(const std::filesystem::path& path, const FlowField& flow) {
    AtomicFile file(path);
    const std::int32_t sides[2] = {flow.size().width, flow.size().height};
    file.write(kFloMagic.data(), kFloMagic.size());
    file.write(sides, sizeof(sides));
    Raster<float> row({flow.size().width, 1}, 2);
    for (int y = 0; y < flow.size().height; ++y) {
        for (int x = 0; x < flow.size().width; ++x) {
            const PointF vector = flow.at(y, x);
            const bool known = isWritable(vector);
            row.at(0, x, 0) = known ? vector.x : kUnknownMark;
            row.at(0, x, 1) = known ? vector.y : kUnknownMark;
        }
        file.write(row.data(), row.bytes());
    }
    file.commit();
}

FlowWriteReport writeKitti(const std::filesystem::path& path, const FlowField& flow) {
    FlowWriteReport report;
    Raster<std::uint16_t> values(flow.size(), 3);
    for (int y = 0; y < flow.size().height; ++y) {
        for (int x = 0; x < flow.size().width; ++x) {
            const PointF vector = flow.at(y, x);
            if (!FlowField::known(vector)) continue;  // all three stay zero
            // Rounded, where the development kit cuts off: same format, half the error, no bias.
            // In double, because the sum has more bits than a float.
            const double u = std::round(double{vector.x} * kKittiGain + kKittiZero);
            const double v = std::round(double{vector.y} * kKittiGain + kKittiZero);
            const double keptU = std::clamp(u, 0.0, 65535.0);
            const double keptV = std::clamp(v, 0.0, 65535.0);
            if (keptU != u || keptV != v) ++report.clampedVectors;
            values.at(y, x, 0) = static_cast<std::uint16_t>(keptU);
            values.at(y, x, 1) = static_cast<std::uint16_t>(keptV);
            values.at(y, x, 2) = 1;
        }
    }
    writePng16(path, values);
    return report;
}

void writePfmFlow(const std::filesystem::path& path, const FlowField& flow) {
    Raster<float> values(flow.size(), 3);
    for (int y = 0; y < flow.size().height; ++y) {
        for (int x = 0; x < flow.size().width; ++x) {
            // PFM has no mark for unknown vectors. No reader takes NaN for motion.
            const PointF vector = flow.at(y, x);
            const bool known = isWritable(vector);
            values.at(y, x, 0) = known ? vector.x : FlowField::kUnknown;
            values.at(y, x, 1) = known ? vector.y : FlowField::kUnknown;
        }
    }
    writePfm(path, values);
}

void writeNpyFlow(const std::filesystem::path& path, const FlowField& flow) {
    const auto values = flow.vectors.values();
    writeNpy(path, {{flow.size().height, flow.size().width, 2}, {values.begin(), values.end()}});
}

void writeExrFlow(const std::filesystem::path& path, const FlowField& flow) {
    writeExr(path, {.values = flow.vectors,
                    .channels = {"forward.u", "forward.v"},
                    .text = {{kExrAxisKey, "down"},
                             {kExrConventionKey,
                              "pixels of this picture; u right, v down; the pixel at p is found at "
                              "p + (u, v) in the other frame; NaN: unknown"}}});
}

}  // namespace

std::string flowExtension(FlowFormat format) {
    switch (format) {
    case FlowFormat::Flo: return ".flo";
    case FlowFormat::KittiPng: return ".png";
    case FlowFormat::Pfm: return ".pfm";
    case FlowFormat::Npy: return ".npy";
    case FlowFormat::Exr: return ".exr";
    }
    return {};
}

FlowField readFlow(const std::filesystem::path& path) {
    return decodeFlow(readFileBytes(path), path.string());
}

FlowField decodeFlow(std::span<const std::uint8_t> bytes, const std::string& name) {
    if (startsWith(bytes, kFloMagic)) return decodeFlo(bytes, name);
    if (isPng(bytes)) return decodeKitti(bytes, name);
    if (isNpy(bytes)) return decodeNpyFlow(bytes, name);
    if (isExr(bytes)) return decodeExrFlow(bytes, name);
    if (isPfm(bytes)) return decodePfmFlow(bytes, name);
    throw Error(ErrorCode::Input, "'" + name + "' is not a flow file in a supported format",
                "Supported are .flo, KITTI 16-bit PNG, .pfm, .npy and .exr.");
}

FlowWriteReport writeFlow(const std::filesystem::path& path, const FlowField& flow,
                          FlowFormat format) {
    if (flow.size().empty()) {
        throw Error(ErrorCode::Input, "cannot write '" + path.string() + "': it has no pixels");
    }
    switch (format) {
    case FlowFormat::Flo: writeFlo(path, flow); break;
    case FlowFormat::KittiPng: return writeKitti(path, flow);
    case FlowFormat::Pfm: writePfmFlow(path, flow); break;
    case FlowFormat::Npy: writeNpyFlow(path, flow); break;
    case FlowFormat::Exr: writeExrFlow(path, flow); break;
    }
    return {};
}

}  // namespace mcj
