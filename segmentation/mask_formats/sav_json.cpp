#include "segmentation/mask_formats/sav_json.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "media/base/error.h"
#include "media/base/file_extension.h"
#include "segmentation/mask_formats/coco_shapes.h"
#include "segmentation/mask_formats/json_fields.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

/// Videos have 24 frames per second, and 6 of them are annotated.
constexpr FrameIndex kSavStep = 4;
constexpr double kMostSidePx = 100'000.0;

using SavShapes = std::map<FrameIndex, std::vector<ObjectShape>>;

/// A whole number that the data set stores as a decimal one.
std::int64_t wholeNumber(const nlohmann::json& all, const char* key, double most,
                         const std::string& file) {
    const double value = jsonNumber(jsonMember(all, key, file), file + ": " + key);
    if (value >= 0.0 && value <= most && std::floor(value) == value) {
        return static_cast<std::int64_t>(value);
    }
    throw Error(ErrorCode::Input, file + ": " + key + " is out of range");
}

/// The ids of the objects in the order of the lists; counted from 0, they are raised by 1.
std::vector<int> idsIn(const nlohmann::json& all, const std::string& file) {
    const nlohmann::json& list = jsonArray(all, "masklet_id", file);
    std::vector<int> ids;
    for (const nlohmann::json& id : list) {
        if (!id.is_number_integer() || id.get<std::int64_t>() < 0 ||
            id.get<std::int64_t>() >= kHighestSetObject) {
            throw Error(ErrorCode::Input, file + ": an id in masklet_id is out of range");
        }
        ids.push_back(static_cast<int>(id.get<std::int64_t>()));
    }
    if (std::set<int>(ids.begin(), ids.end()).size() != ids.size()) {
        throw Error(ErrorCode::Input, file + ": masklet_id has an id twice");
    }
    if (std::ranges::find(ids, 0) != ids.end()) {
        for (int& id : ids) ++id;
    }
    return ids;
}

}  // namespace

MaskSet readSavJsonSet(const MaskReadRequest& request) {
    const std::string file = request.path.string();
    const nlohmann::json all = readJsonFile(request.path);
    const std::vector<int> ids = idsIn(all, file);
    MaskSet set;
    set.name = jsonText(all, "video_id", file, request.path.stem().string());
    set.size = {static_cast<int>(wholeNumber(all, "video_width", kMostSidePx, file)),
                static_cast<int>(wholeNumber(all, "video_height", kMostSidePx, file))};
    const FrameIndex count =
        wholeNumber(all, "video_frame_count", static_cast<double>(kHighestFrame), file);
    const nlohmann::json& frames = jsonArray(all, "masklet", file);
    const FrameIndex step = std::ssize(frames) == count ? 1 : kSavStep;
    if ((std::ssize(frames) - 1) * step >= count) {
        throw Error(ErrorCode::Input, file + ": masklet has " + std::to_string(frames.size()) +
                                          " frames for a video of " + std::to_string(count));
    }
    const auto shapes = std::make_shared<SavShapes>();
    std::vector<FrameIndex> annotated;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const std::string where = file + ": masklet " + std::to_string(i);
        if (!frames[i].is_array() || frames[i].size() > ids.size()) {
            throw Error(ErrorCode::Input, where + " is not a list of at most " +
                                              std::to_string(ids.size()) + " objects");
        }
        annotated.push_back(static_cast<FrameIndex>(i) * step);
        auto& here = (*shapes)[annotated.back()];
        for (std::size_t k = 0; k < frames[i].size(); ++k) {
            if (frames[i][k].is_null()) continue;
            here.push_back({ids[k], cocoSegmentation(frames[i][k], set.size,
                                                     where + ", object " + std::to_string(k))});
        }
    }
    setFrames(set, std::move(annotated));
    set.addObjects(ids);
    set.read = [shapes, size = set.size](FrameIndex frame) {
        return FrameMasks(size, shapes->at(frame));
    };
    return set;
}

bool looksLikeSavJson(const fs::path& path) {
    if (lowerExtension(path) != ".json" || !isFile(path)) return false;
    const nlohmann::json all = readJsonFile(path);
    return all.is_object() && all.contains("masklet") && all.contains("masklet_id");
}

}  // namespace mcj
