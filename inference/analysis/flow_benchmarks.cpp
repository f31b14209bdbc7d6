#include "inference/analysis/flow_benchmarks.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <optional>
#include <string>

#include "media/base/error.h"
#include "media/io/natural_order.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSintelPrefix = "frame_";
constexpr std::array<const char*, 2> kSintelPasses{"clean", "final"};
constexpr const char* kFirstSuffix = "_10";
constexpr const char* kSecondSuffix = "_11";
// 2015 has its colour pictures in image_2, 2012 in colored_0 and grey ones in image_0.
constexpr std::array<const char*, 3> kKittiPictures{"image_2", "colored_0", "image_0"};

constexpr const char* kSintelHint =
    "Sintel has training/clean/SCENE/frame_0001.png, training/flow/SCENE/frame_0001.flo and, "
    "without ground truth, test/clean/SCENE/frame_0001.png. Give the folder that contains them.";
constexpr const char* kKittiHint =
    "KITTI has training/image_2/000000_10.png and 000000_11.png (2012: colored_0 or image_0), "
    "training/flow_occ/000000_10.png and, without ground truth, testing/image_2. Give the folder "
    "that contains them.";

[[noreturn]] void missing(const fs::path& wanted, const char* hint) {
    throw Error(ErrorCode::Input, "the folder " + wanted.string() + " does not exist", hint);
}

/// Benchmarks have a test part without truth beside the training part.
fs::path trainingPart(const fs::path& root) {
    return fs::is_directory(root / "training") ? root / "training" : root;
}

/// The file if it exists, else empty.
fs::path ifThere(fs::path file) {
    std::error_code ignored;
    return fs::is_regular_file(file, ignored) ? std::move(file) : fs::path{};
}

/// The digits of "frame_0001", none for other names.
std::optional<std::string> sintelNumber(const fs::path& file) {
    const std::string stem = file.stem().string();
    if (!stem.starts_with(kSintelPrefix)) return std::nullopt;
    const std::string number = stem.substr(std::string(kSintelPrefix).size());
    const bool digits = std::all_of(number.begin(), number.end(),
                                    [](unsigned char c) { return std::isdigit(c) != 0; });
    // More than nine digits are not a frame number, and would not fit.
    if (number.empty() || number.size() > 9 || !digits) return std::nullopt;
    return number;
}

/// "0001" -> "0002", of the same width.
std::string nextNumber(const std::string& digits) {
    std::string next = std::to_string(std::stol(digits) + 1);
    if (next.size() < digits.size()) next.insert(0, digits.size() - next.size(), '0');
    return next;
}

std::string sintelFrame(const std::string& number) { return kSintelPrefix + number + ".png"; }

/// "000000" of "000000_10.png", none for other names.
std::optional<std::string> kittiNumber(const fs::path& file) {
    const std::string stem = file.stem().string();
    const std::size_t suffix = std::string(kFirstSuffix).size();
    if (file.extension() != ".png" || stem.size() <= suffix || !stem.ends_with(kFirstSuffix)) {
        return std::nullopt;
    }
    return stem.substr(0, stem.size() - suffix);
}

fs::path kittiPictures(const fs::path& part) {
    for (const char* name : kKittiPictures) {
        if (fs::is_directory(part / name)) return part / name;
    }
    missing(part / kKittiPictures.front(), kKittiHint);
}

std::vector<FlowTestPair> sintelTestPairs(const fs::path& root) {
    const fs::path part = fs::is_directory(root / "testing") ? root / "testing" : root / "test";
    std::vector<FlowTestPair> pairs;
    for (const std::string pass : kSintelPasses) {
        // The server only accepts submissions of both passes.
        if (!fs::is_directory(part / pass)) missing(part / pass, kSintelHint);
        for (const auto& entry : fs::recursive_directory_iterator(part / pass)) {
            const fs::path& first = entry.path();
            const auto number = sintelNumber(first);
            if (!number || first.extension() != ".png") continue;
            const fs::path second = first.parent_path() / sintelFrame(nextNumber(*number));
            if (!fs::exists(second)) continue;  // the last frame of its scene
            const std::string scene = first.parent_path().filename().string();
            FlowTestPair pair;
            pair.files.name = pass + "/" + scene + "/" + *number;
            pair.files.first = first;
            pair.files.second = second;
            pair.files.pass = pass;
            pair.submission = fs::path(pass) / scene / ("frame" + *number + ".flo");
            pairs.push_back(std::move(pair));
        }
    }
    return pairs;
}

std::vector<FlowTestPair> kittiTestPairs(const fs::path& root) {
    if (!fs::is_directory(root / "testing")) missing(root / "testing", kKittiHint);
    const fs::path frames = kittiPictures(root / "testing");
    std::vector<FlowTestPair> pairs;
    for (const auto& entry : fs::directory_iterator(frames)) {
        const auto number = kittiNumber(entry.path());
        if (!number) continue;
        const fs::path second = frames / (*number + kSecondSuffix + ".png");
        if (!fs::exists(second)) continue;
        FlowTestPair pair;
        pair.files.name = *number;
        pair.files.first = entry.path();
        pair.files.second = second;
        pair.submission = fs::path("flow") / entry.path().filename();
        pairs.push_back(std::move(pair));
    }
    return pairs;
}

}  // namespace

std::vector<FlowPairFiles> sintelPairs(const fs::path& root) {
    const fs::path part = trainingPart(root);
    if (!fs::is_directory(part / "flow")) missing(part / "flow", kSintelHint);
    const bool anyPass =
        std::any_of(kSintelPasses.begin(), kSintelPasses.end(),
                    [&](const char* pass) { return fs::is_directory(part / pass); });
    if (!anyPass) missing(part / kSintelPasses.front(), kSintelHint);
    std::vector<FlowPairFiles> pairs;
    for (const auto& entry : fs::recursive_directory_iterator(part / "flow")) {
        const fs::path& truth = entry.path();
        const auto number = sintelNumber(truth);
        if (!number || truth.extension() != ".flo") continue;
        const std::string scene = truth.parent_path().filename().string();
        for (const std::string pass : kSintelPasses) {
            const fs::path frames = part / pass / scene;
            FlowPairFiles pair{pass + "/" + scene + "/" + *number, frames / sintelFrame(*number),
                               frames / sintelFrame(nextNumber(*number)), truth};
            if (!fs::exists(pair.first) || !fs::exists(pair.second)) continue;
            pair.pass = pass;
            pair.occlusions = ifThere(part / "occlusions" / scene / sintelFrame(*number));
            pair.invalid = ifThere(part / "invalid" / scene / sintelFrame(*number));
            pairs.push_back(std::move(pair));
        }
    }
    return pairs;
}

std::vector<FlowPairFiles> kittiPairs(const fs::path& root) {
    const fs::path part = trainingPart(root);
    if (!fs::is_directory(part / "flow_occ")) missing(part / "flow_occ", kKittiHint);
    const fs::path frames = kittiPictures(part);
    std::vector<FlowPairFiles> pairs;
    for (const auto& entry : fs::directory_iterator(part / "flow_occ")) {
        const auto number = kittiNumber(entry.path());
        if (!number) continue;
        const fs::path name = entry.path().filename();
        FlowPairFiles pair{*number, frames / name, frames / (*number + kSecondSuffix + ".png"),
                           entry.path()};
        if (!fs::exists(pair.first) || !fs::exists(pair.second)) continue;
        pair.truthNoc = ifThere(part / "flow_noc" / name);
        pair.objectMap = ifThere(part / "obj_map" / name);
        pairs.push_back(std::move(pair));
    }
    return pairs;
}

std::vector<FlowTestPair> findTestPairs(const fs::path& root, PairLayout layout) {
    std::error_code ignored;
    if (!fs::is_directory(root, ignored)) missing(root, "Give the benchmark's folder.");
    std::vector<FlowTestPair> pairs =
        layout == PairLayout::Sintel ? sintelTestPairs(root) : kittiTestPairs(root);
    if (pairs.empty()) {
        throw Error(ErrorCode::Input, "no pairs of test frames in " + root.string(),
                    layout == PairLayout::Sintel ? kSintelHint : kKittiHint);
    }
    std::sort(pairs.begin(), pairs.end(),
              [](const auto& a, const auto& b) { return naturalLess(a.files.name, b.files.name); });
    return pairs;
}

}  // namespace mcj
