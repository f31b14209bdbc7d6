#include <unistd.h>

#include <array>
#include <filesystem>

#include "media/base/error.h"
#include "media/base/label_runs.h"
#include "media/base/shard_format.h"
#include "media/io/array_file.h"
#include "media/io/atomic_file.h"
#include "media/io/exr_file.h"
#include "media/io/flow_file.h"
#include "media/io/image_file.h"
#include "media/io/jpeg_end.h"
#include "media/io/manifest.h"
#include "media/io/pfm_file.h"
#include "media/io/png_file.h"
#include "tests/fuzz/fuzz_target.h"

namespace mcj::fuzz {
namespace {

namespace fs = std::filesystem;

/// A file that is gone at the end of the scope: seeds are made by our own writers.
struct Scratch {
    fs::path path =
        fs::temp_directory_path() / ("mcj-fuzz-" + std::to_string(::getpid()) + ".seed");
    ~Scratch() {
        std::error_code ignored;
        fs::remove(path, ignored);
    }
};

template <typename Write>
Bytes written(Write&& write) {
    const Scratch scratch;
    write(scratch.path);
    return readFileBytes(scratch.path);
}

FlowField someFlow(SizePx size) {
    FlowField flow(size);
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            flow.set(y, x, {0.25F * static_cast<float>(x - y), static_cast<float>(x * y % 5)});
        }
    }
    flow.set(0, 0, {FlowField::kUnknown, FlowField::kUnknown});
    return flow;
}

Bytes flowSeed(FlowFormat format, SizePx size) {
    return written([&](const fs::path& path) { writeFlow(path, someFlow(size), format); });
}

Bytes bytesOf(const std::string& text) { return {text.begin(), text.end()}; }

/// Makes the checksum of every PNG chunk right again, so that mutations get past it.
void repairPng(Bytes& bytes) {
    constexpr std::size_t kSignature = 8;
    std::size_t at = kSignature;
    while (at + 12 <= bytes.size()) {
        std::size_t length = 0;
        for (std::size_t i = 0; i < 4; ++i) length = length << 8 | bytes[at + i];
        if (length > bytes.size() - at - 12) return;
        std::uint32_t crc = 0xFFFFFFFFU;
        for (std::size_t i = at + 4; i < at + 8 + length; ++i) {
            crc ^= bytes[i];
            for (int bit = 0; bit < 8; ++bit) {
                crc = (crc & 1U) != 0 ? crc >> 1 ^ 0xEDB88320U : crc >> 1;
            }
        }
        crc = ~crc;
        for (std::size_t i = 0; i < 4; ++i) {
            bytes[at + 8 + length + i] = static_cast<std::uint8_t>(crc >> (24 - 8 * i));
        }
        at += 12 + length;
    }
}

Bytes indexedSeed(const std::vector<Rgb8>& palette) {
    Raster<std::uint8_t> values({13, 7}, 1);
    for (std::size_t i = 0; i < values.values().size(); ++i) {
        values.values()[i] = static_cast<std::uint8_t>(i % 5);
    }
    return written([&](const fs::path& path) { writeIndexedPng(path, {values, palette}); });
}

/// A picture with its labels, and a frame of a video.
Bytes shardIndexSeed() {
    const ShardEntry picture{ShardEntryKind::Picture, 0, 0, 40, 30, 16, 100, 7, 0, 1};
    ShardEntry labels = picture;
    labels.kind = ShardEntryKind::LabelMap;
    labels.offset = 116;
    const ShardEntry frame{ShardEntryKind::VideoFrame, 1, 5, 64, 48, 216, 300, 9, 1, 0};
    return encodeShardIndex({{"a.jpg", "group"}, {picture, labels, frame}});
}

constexpr std::size_t kFuzzedLabels = 600;

Bytes labelRunsSeed() {
    Bytes labels(kFuzzedLabels, 3);
    for (std::size_t i = 200; i < 300; ++i) labels[i] = static_cast<std::uint8_t>(i / 7);
    return encodeLabelRuns(labels);
}

Bytes manifestSeed() {
    Manifest manifest;
    manifest.program = "mcjepa analyze";
    manifest.sourcePath = "clip.mp4";
    manifest.source.size = {640, 480};
    manifest.source.frames = 3;
    manifest.source.pts = {0, 512, std::nullopt};
    manifest.source.timeBase = {1, 12800};
    manifest.options = {{"maps", "flow"}};
    manifest.files = {"flow/000000.flo"};
    return written([&](const fs::path& path) { writeManifest(path, manifest); });
}

}  // namespace

std::vector<FuzzTarget> mediaTargets() {
    const auto readFlowBytes = [](std::span<const std::uint8_t> bytes) {
        (void)decodeFlow(bytes, "fuzz");
    };
    const auto readNpyBytes = [](std::span<const std::uint8_t> bytes) {
        (void)decodeNpy(bytes, "fuzz");
    };
    const std::string fortran =
        "{'descr': '<f2', 'fortran_order': True, 'shape': (2, 3, 2), }      \n";
    const Bytes fortranSeed =
        bytesOf(std::string("\x93NUMPY\x01\0", 8) + static_cast<char>(fortran.size()) + '\0' +
                fortran + std::string(24, '\x3C'));
    return {
        {"flo",
         {flowSeed(FlowFormat::Flo, {5, 4}), flowSeed(FlowFormat::Flo, {1, 1})},
         readFlowBytes,
         {},
         40000},
        {"pfm",
         {flowSeed(FlowFormat::Pfm, {5, 4}), bytesOf("PF\n1 1\n1.0\n" + std::string(12, 'a'))},
         readFlowBytes,
         {},
         40000},
        {"kitti png", {flowSeed(FlowFormat::KittiPng, {9, 6})}, readFlowBytes, repairPng, 15000},
        {"npy", {flowSeed(FlowFormat::Npy, {5, 4}), fortranSeed}, readNpyBytes, {}, 40000},
        {"npy flow", {flowSeed(FlowFormat::Npy, {5, 4})}, readFlowBytes, {}, 20000},
        {"exr", {flowSeed(FlowFormat::Exr, {6, 5})}, readFlowBytes, {}, 6000},
        {"indexed png",
         {indexedSeed(davisPalette()), indexedSeed({})},
         [](std::span<const std::uint8_t> bytes) { (void)decodeIndexedPng(bytes, "fuzz"); },
         repairPng,
         15000},
        {"manifest",
         {manifestSeed()},
         [](std::span<const std::uint8_t> bytes) {
             (void)parseManifest({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                                 "fuzz");
         },
         {},
         30000},
        {"shard index",
         {shardIndexSeed()},
         [](std::span<const std::uint8_t> bytes) {
             (void)decodeShardIndex(bytes, 10000, kShardVersion);
         },
         {},
         40000},
        {"label runs",
         {labelRunsSeed()},
         [](std::span<const std::uint8_t> bytes) {
             Bytes labels(kFuzzedLabels);
             decodeLabelRuns(bytes, labels);
         },
         {},
         40000},
        {"jpeg end",
         {bytesOf("\xFF\xD8\xFF\xE0" + std::string("\0\4ab", 4) + "\xFF\xDA" +
                  std::string("\0\2", 2) + "data\xFF\xD9")},
         [](std::span<const std::uint8_t> bytes) {
             if (isTruncatedJpeg(bytes)) throw Error(ErrorCode::Input, "the file ends early");
         },
         {},
         20000},
    };
}

}  // namespace mcj::fuzz
