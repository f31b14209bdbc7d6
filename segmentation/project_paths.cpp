#include "segmentation/project_paths.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <system_error>

#include <nlohmann/json.hpp>

namespace mcj {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

/// Ids of flow from files begin with it, then the path.
constexpr std::string_view kFilesFlow = "files:";

json parsed(const std::string& text) { return json::parse(text, nullptr, false); }

std::string textOf(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string textIn(const json& row, const char* name) {
    const auto found = row.find(name);
    return found != row.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void changeRow(json& row, const PathChange& change) {
    if (const std::string model = textIn(row, "model"); !model.empty()) {
        row["model"] = change(PathUse::Model, model);
    }
    const std::string path = textIn(row, "flow-path");
    if (path.empty()) return;
    const std::string changed = change(PathUse::Flow, path);
    row["flow-path"] = changed;
    const std::string known = std::string(kFilesFlow) + path;
    const std::string flow = textIn(row, "flow");
    if (flow.starts_with(known)) {
        row["flow"] = std::string(kFilesFlow) + changed + flow.substr(known.size());
    }
}

/// With every view replaced by what `change` makes of it; text that is no such JSON stays.
template <typename Change>
std::string withViews(const std::string& views, const Change& change) {
    json all = parsed(views);
    if (!all.is_object() || !all.contains("views") || !all["views"].is_array()) return views;
    for (std::size_t i = 0; i < all["views"].size(); ++i) {
        json& row = all["views"][i];
        if (row.is_object()) change(row, i);
    }
    return textOf(all);
}

/// The same for the views of every bookmark.
template <typename Change>
std::string withBookmarkViews(const std::string& bookmarks, const Change& change) {
    json all = parsed(bookmarks);
    if (!all.is_array()) return bookmarks;
    for (json& mark : all) {
        if (mark.is_object()) mark["views"] = withViews(textIn(mark, "views"), change);
    }
    return textOf(all);
}

template <typename Change>
void changeViews(ProjectSettings& settings, const Change& change) {
    if (const auto views = settings.find(kViewsSetting); views != settings.end()) {
        views->second = withViews(views->second, change);
    }
    if (const auto marks = settings.find(kBookmarksSetting); marks != settings.end()) {
        marks->second = withBookmarkViews(marks->second, change);
    }
}

std::string changedLines(const std::string& lines, const PathChange& change) {
    std::string all;
    for (std::size_t at = 0; at < lines.size();) {
        const std::size_t end = std::min(lines.find('\n', at), lines.size());
        if (end > at) {
            if (!all.empty()) all += '\n';
            all += change(PathUse::Flow, lines.substr(at, end - at));
        }
        at = end + 1;
    }
    return all;
}

bool isThere(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
}

}  // namespace

std::string withViewPaths(const std::string& views, const PathChange& change) {
    return withViews(views, [&change](json& row, std::size_t) { changeRow(row, change); });
}

std::string withBookmarkPaths(const std::string& bookmarks, const PathChange& change) {
    return withBookmarkViews(bookmarks,
                             [&change](json& row, std::size_t) { changeRow(row, change); });
}

ProjectSettings withPaths(ProjectSettings settings, const PathChange& change) {
    changeViews(settings, [&change](json& row, std::size_t) { changeRow(row, change); });
    for (const char* name : {kFlowFilesSetting, kFlowInUseSetting, kTruthSetting}) {
        if (const auto found = settings.find(name); found != settings.end()) {
            found->second = changedLines(found->second, change);
        }
    }
    return settings;
}

ProjectSettings withUsualModel(ProjectSettings settings, const std::string& model) {
    // The usual engine of every other view is that of the first one.
    changeViews(settings, [&model](json& row, std::size_t index) {
        if (index == 0 && textIn(row, "model").empty()) row["model"] = model;
    });
    return settings;
}

std::optional<fs::path> recordedVideo(const std::string& recorded, const fs::path& project) {
    const fs::path path(recorded);
    const fs::path folder = fs::absolute(project).parent_path();
    if (path.is_relative() && !recorded.empty() && isThere(folder / path)) return folder / path;
    if (isThere(path) || recorded.find('*') != std::string::npos) return path;
    // A folder may end with a slash.
    const fs::path name = path.has_filename() ? path.filename() : path.parent_path().filename();
    if (!name.empty() && isThere(folder / name)) return folder / name;
    return std::nullopt;
}

}  // namespace mcj
