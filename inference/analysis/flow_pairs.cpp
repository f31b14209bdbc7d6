#include "inference/analysis/flow_pairs.h"

#include <algorithm>
#include <optional>

#include "inference/analysis/flow_benchmarks.h"
#include "media/base/error.h"
#include "media/base/size_text.h"
#include "media/io/flow_file.h"
#include "media/io/folder_walk.h"
#include "media/io/image_file.h"
#include "media/io/image_sequence_reader.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

// Frames of pairs do not belong to an opened source: their ids start beyond the counter of sources.
constexpr SourceId kFirstPairSource = SourceId{1} << 62;

/// The picture "STEM.*"; other files with that stem, such as notes, are not frames.
std::optional<fs::path> pictureWithStem(const fs::path& folder, const std::string& stem) {
    std::vector<fs::path> found;
    for (const fs::path& file : filesIn(folder)) {
        if (file.stem() == stem && hasImageExtension(file)) found.push_back(file);
    }
    if (found.empty()) return std::nullopt;
    return *std::min_element(found.begin(), found.end());
}

std::optional<FlowPairFiles> pairIn(const fs::path& folder, const fs::path& root, TruthRule rule) {
    const auto first = pictureWithStem(folder, "frame1");
    const auto second = pictureWithStem(folder, "frame2");
    if (!first || !second) return std::nullopt;
    FlowPairFiles pair;
    pair.name = folder == root ? fs::weakly_canonical(folder).filename().string()
                               : folder.lexically_relative(root).string();
    pair.first = *first;
    pair.second = *second;
    for (const char* name : {"flow.flo", "flow.png"}) {
        std::error_code ignored;
        if (fs::exists(folder / name, ignored)) {
            pair.truth = folder / name;
            return pair;
        }
    }
    if (rule == TruthRule::Optional) return pair;
    throw Error(ErrorCode::Input,
                folder.string() + " has frame1 and frame2 but no ground-truth flow",
                "Put flow.flo or flow.png (KITTI's encoding) beside them.");
}

std::vector<FlowPairFiles> pairsInFolders(const fs::path& root, TruthRule rule) {
    std::vector<FlowPairFiles> pairs;
    for (const fs::path& folder : foldersUnder(root)) {
        if (auto pair = pairIn(folder, root, rule)) pairs.push_back(std::move(*pair));
    }
    return pairs;
}

std::string expectedLayout(PairLayout layout) {
    switch (layout) {
    case PairLayout::Sintel:
        return "Sintel has clean/SCENE/frame_0001.png and flow/SCENE/frame_0001.flo, with or "
               "without training/ above.";
    case PairLayout::Kitti:
        return "KITTI has image_2/000000_10.png, 000000_11.png and flow_occ/000000_10.png, with or "
               "without training/ above.";
    case PairLayout::Folders: break;
    }
    return "A pair is a folder with frame1.*, frame2.* and flow.flo or flow.png.";
}

void requireSizeOf(const Frame& first, const fs::path& path, SizePx size) {
    if (size == first.size()) return;
    throw Error(ErrorCode::Input,
                path.string() + " is " + sizeText(size) + ", but the first frame of its pair is " +
                    sizeText(first.size()),
                "Frames, flow and masks of a pair must have the same size.");
}

/// One byte per pixel of a mask that is stored as a picture: its first channel.
Raster<std::uint8_t> readPlane(const Frame& first, const fs::path& path) {
    const Raster<std::uint8_t> rgb = readRgbImage(path);
    requireSizeOf(first, path, rgb.size());
    Raster<std::uint8_t> plane(rgb.size(), 1);
    for (std::size_t i = 0; i < plane.values().size(); ++i) plane.values()[i] = rgb.values()[3 * i];
    return plane;
}

/// Sets `regions`, and removes invalid pixels from the truth.
void readRegions(const FlowPairFiles& files, FlowPair& pair) {
    constexpr std::uint8_t kWhite = 128;  // masks are black and white
    const SizePx size = pair.truth.size();
    if (!files.occlusions.empty()) {
        pair.regions.occluded = readPlane(*pair.first, files.occlusions);
        for (std::uint8_t& value : pair.regions.occluded.values()) value = value >= kWhite ? 1 : 0;
    }
    if (!files.invalid.empty()) {
        const Raster<std::uint8_t> invalid = readPlane(*pair.first, files.invalid);
        for (int y = 0; y < size.height; ++y) {
            for (int x = 0; x < size.width; ++x) {
                if (invalid.at(y, x) < kWhite) continue;
                pair.truth.set(y, x, {FlowField::kUnknown, FlowField::kUnknown});
            }
        }
    }
    if (!files.truthNoc.empty()) {
        const FlowField noc = readFlow(files.truthNoc);
        requireSizeOf(*pair.first, files.truthNoc, noc.size());
        pair.regions.occluded = Raster<std::uint8_t>(size, 1);
        for (int y = 0; y < size.height; ++y) {
            for (int x = 0; x < size.width; ++x) {
                pair.regions.occluded.at(y, x) = FlowField::known(noc.at(y, x)) ? 0 : 1;
            }
        }
    }
    if (!files.objectMap.empty()) {
        pair.regions.foreground = readPlane(*pair.first, files.objectMap);
    }
}

}  // namespace

std::vector<FlowPairFiles> findFlowPairs(const fs::path& root, PairLayout layout, TruthRule rule) {
    std::error_code ignored;
    if (!fs::is_directory(root, ignored)) {
        throw Error(ErrorCode::Input, root.string() + " is not a folder",
                    "Give the folder that contains the pairs.");
    }
    std::vector<FlowPairFiles> pairs;
    switch (layout) {
    case PairLayout::Folders: pairs = pairsInFolders(root, rule); break;
    case PairLayout::Sintel: pairs = sintelPairs(root); break;
    case PairLayout::Kitti: pairs = kittiPairs(root); break;
    }
    if (pairs.empty()) {
        throw Error(ErrorCode::Input,
                    "no pairs of frames with ground-truth flow in " + root.string(),
                    expectedLayout(layout));
    }
    std::sort(pairs.begin(), pairs.end(),
              [](const auto& a, const auto& b) { return naturalLess(a.name, b.name); });
    return pairs;
}

FlowPair readFlowPair(const FlowPairFiles& files, std::size_t ordinal) {
    const auto frameOf = [&](const fs::path& path, FrameIndex index) {
        Frame frame;
        frame.source = kFirstPairSource + ordinal;
        frame.index = index;
        frame.rgb = readRgbImage(path);
        return std::make_shared<const Frame>(std::move(frame));
    };
    FlowPair pair{frameOf(files.first, 0), frameOf(files.second, 1), {}, {}};
    requireSizeOf(*pair.first, files.second, pair.second->size());
    if (files.truth.empty()) return pair;
    pair.truth = readFlow(files.truth);
    requireSizeOf(*pair.first, files.truth, pair.truth.size());
    readRegions(files, pair);
    return pair;
}

}  // namespace mcj
