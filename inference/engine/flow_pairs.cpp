#include "inference/engine/flow_pairs.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "media/base/error.h"
#include "media/io/flow_file.h"
#include "media/io/image_file.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

// Frames of pairs belong to no opened source: their ids start where a counter of sources never gets.
constexpr SourceId kFirstPairSource = SourceId{1} << 62;

bool isDigit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

std::string_view digitsAt(const std::string& text, std::size_t from) {
    std::size_t end = from;
    while (end < text.size() && isDigit(text[end])) ++end;
    std::string_view run(text.data() + from, end - from);
    while (run.size() > 1 && run.front() == '0') run.remove_prefix(1);
    return run;
}

std::size_t skipDigits(const std::string& text, std::size_t from) {
    while (from < text.size() && isDigit(text[from])) ++from;
    return from;
}

std::optional<fs::path> fileWithStem(const fs::path& folder, const std::string& stem) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.is_regular_file() && entry.path().stem() == stem) found.push_back(entry.path());
    }
    if (found.empty()) return std::nullopt;
    return *std::min_element(found.begin(), found.end());
}

std::optional<FlowPairFiles> pairIn(const fs::path& folder, const fs::path& root) {
    const auto first = fileWithStem(folder, "frame1");
    const auto second = fileWithStem(folder, "frame2");
    if (!first || !second) return std::nullopt;
    FlowPairFiles pair;
    pair.name = folder == root ? folder.filename().string() : fs::relative(folder, root).string();
    pair.first = *first;
    pair.second = *second;
    for (const char* name : {"flow.flo", "flow.png"}) {
        if (fs::exists(folder / name)) {
            pair.truth = folder / name;
            return pair;
        }
    }
    throw Error(ErrorCode::Input, folder.string() + " has frame1 and frame2 but no true flow",
                "Put flow.flo or flow.png (KITTI's coding) beside them.");
}

std::vector<FlowPairFiles> pairsInFolders(const fs::path& root) {
    std::vector<FlowPairFiles> pairs;
    if (auto pair = pairIn(root, root)) pairs.push_back(std::move(*pair));
    for (const auto& entry : fs::recursive_directory_iterator(
             root, fs::directory_options::follow_directory_symlink |
                       fs::directory_options::skip_permission_denied)) {
        if (!entry.is_directory()) continue;
        if (auto pair = pairIn(entry.path(), root)) pairs.push_back(std::move(*pair));
    }
    return pairs;
}

/// Benchmarks have a test half without truth beside the training one.
fs::path trainingPart(const fs::path& root) {
    return fs::is_directory(root / "training") ? root / "training" : root;
}

/// "0001" -> "0002", of the same width.
std::string nextNumber(const std::string& digits) {
    std::string next = std::to_string(std::stol(digits) + 1);
    if (next.size() < digits.size()) next.insert(0, digits.size() - next.size(), '0');
    return next;
}

std::vector<FlowPairFiles> sintelPairs(const fs::path& root) {
    const std::string prefix = "frame_";
    std::vector<FlowPairFiles> pairs;
    if (!fs::is_directory(root / "flow")) return pairs;
    for (const auto& entry : fs::recursive_directory_iterator(root / "flow")) {
        const fs::path& truth = entry.path();
        const std::string stem = truth.stem().string();
        if (truth.extension() != ".flo" || stem.rfind(prefix, 0) != 0) continue;
        const std::string number = stem.substr(prefix.size());
        if (number.empty() || skipDigits(number, 0) != number.size()) continue;
        const std::string scene = truth.parent_path().filename().string();
        for (const std::string pass : {"clean", "final"}) {
            const fs::path frames = root / pass / scene;
            FlowPairFiles pair{pass + "/" + scene + "/" + number,
                               frames / (prefix + number + ".png"),
                               frames / (prefix + nextNumber(number) + ".png"), truth};
            if (fs::exists(pair.first) && fs::exists(pair.second)) pairs.push_back(std::move(pair));
        }
    }
    return pairs;
}

std::vector<FlowPairFiles> kittiPairs(const fs::path& root) {
    const std::string suffix = "_10";
    std::vector<FlowPairFiles> pairs;
    if (!fs::is_directory(root / "flow_occ")) return pairs;
    // 2015 has its colour pictures in image_2, 2012 in colored_0.
    const fs::path frames =
        fs::is_directory(root / "image_2") ? root / "image_2" : root / "colored_0";
    for (const auto& entry : fs::directory_iterator(root / "flow_occ")) {
        const std::string stem = entry.path().stem().string();
        if (stem.size() <= suffix.size() || !stem.ends_with(suffix)) continue;
        const std::string number = stem.substr(0, stem.size() - suffix.size());
        FlowPairFiles pair{number, frames / (stem + ".png"), frames / (number + "_11.png"),
                           entry.path()};
        if (fs::exists(pair.first) && fs::exists(pair.second)) pairs.push_back(std::move(pair));
    }
    return pairs;
}

std::string expectedLayout(PairLayout layout) {
    switch (layout) {
    case PairLayout::Sintel:
        return "Sintel has clean/SCENE/frame_0001.png and flow/SCENE/frame_0001.flo, with or without "
               "training/ above.";
    case PairLayout::Kitti:
        return "KITTI has image_2/000000_10.png, 000000_11.png and flow_occ/000000_10.png, with or "
               "without training/ above.";
    case PairLayout::Folders: break;
    }
    return "A pair is a folder with frame1.*, frame2.* and flow.flo or flow.png.";
}

std::string sizeText(SizePx size) {
    return std::to_string(size.width) + "x" + std::to_string(size.height);
}

}  // namespace

bool naturalLess(const std::string& a, const std::string& b) {
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.size() && j < b.size()) {
        if (isDigit(a[i]) && isDigit(b[j])) {
            const std::string_view left = digitsAt(a, i);
            const std::string_view right = digitsAt(b, j);
            if (left.size() != right.size()) return left.size() < right.size();
            if (left != right) return left < right;
            i = skipDigits(a, i);
            j = skipDigits(b, j);
            continue;
        }
        if (a[i] != b[j]) return a[i] < b[j];
        ++i;
        ++j;
    }
    if (a.size() - i != b.size() - j) return a.size() - i < b.size() - j;
    return a < b;
}

std::vector<FlowPairFiles> findFlowPairs(const fs::path& root, PairLayout layout) {
    std::error_code ignored;
    if (!fs::is_directory(root, ignored)) {
        throw Error(ErrorCode::Input, root.string() + " is no folder",
                    "Name the folder that holds the pairs.");
    }
    std::vector<FlowPairFiles> pairs;
    switch (layout) {
    case PairLayout::Folders: pairs = pairsInFolders(root); break;
    case PairLayout::Sintel: pairs = sintelPairs(trainingPart(root)); break;
    case PairLayout::Kitti: pairs = kittiPairs(trainingPart(root)); break;
    }
    if (pairs.empty()) {
        throw Error(ErrorCode::Input, "no pairs of frames with true flow in " + root.string(),
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
    FlowPair pair{frameOf(files.first, 0), frameOf(files.second, 1), readFlow(files.truth)};
    if (pair.first->size() != pair.second->size() || pair.first->size() != pair.truth.size()) {
        throw Error(ErrorCode::Input,
                    "sizes differ in " + files.first.parent_path().string() + ": frame1 " +
                        sizeText(pair.first->size()) + ", frame2 " + sizeText(pair.second->size()) +
                        ", flow " + sizeText(pair.truth.size()),
                    "All three must have one size.");
    }
    return pair;
}

}  // namespace mcj
