#include "app/cli_commands/analyze_line.h"

#include <filesystem>
#include <set>
#include <system_error>

#include "app/cli_commands/command_context.h"
#include "inference/analysis/flow_files.h"

namespace mcj {
namespace {

bool comesFromFiles(const AnalyzeLine& line) {
    return !line.flowFrom.empty() || isClipCommand(line.flow);
}

/// Every map that these options allow.
std::set<AnalysisMap> allMaps(const AnalyzeLine& line) {
    std::set<AnalysisMap> maps{AnalysisMap::Flow, AnalysisMap::WarpError, AnalysisMap::FeatureError,
                               AnalysisMap::FeatureColors};
    if (!comesFromFiles(line)) {
        maps.insert({AnalysisMap::Backward, AnalysisMap::Consistency, AnalysisMap::Occlusion});
    }
    if (!line.truth.empty()) maps.insert({AnalysisMap::FlowError, AnalysisMap::AngleError});
    return maps;
}

/// Throws where a map cannot be made of what the line names.
void checkMaps(const AnalyzeLine& line, const std::set<AnalysisMap>& maps) {
    for (const AnalysisMap map : {AnalysisMap::FlowError, AnalysisMap::AngleError}) {
        if (!line.truth.empty() || !maps.contains(map)) continue;
        throw Error(ErrorCode::Usage, "--maps " + analysisMapName(map) + " needs ground-truth flow",
                    "Give it with --truth.");
    }
    if (!comesFromFiles(line)) return;
    for (const AnalysisMap map : maps) {
        if (!needsBackwardFlow(map)) continue;
        throw Error(ErrorCode::Usage,
                    "--maps " + analysisMapName(map) + " needs flow to the earlier frame, which " +
                        (isClipCommand(line.flow) ? "a flow command for a clip" : "--flow-from") +
                        " does not have",
                    "Leave this map out.");
    }
}

bool isMap(const std::string& name) {
    return name == "all" || runGuarded([&] { return parseAnalysisMap(name); }).ok();
}

bool isFormat(const std::string& name) {
    return runGuarded([&] { return parseMapFormat(name); }).ok();
}

/// "--maps flow,warp-error"
std::string joinedOption(const std::string& option, const std::vector<std::string>& names,
                         const std::string& more) {
    std::string text = option + ' ';
    for (const std::string& name : names) text += name + ',';
    return text + more;
}

}  // namespace

void checkClipNames(const AnalyzeLine& line) {
    for (const std::string& name : line.videos) {
        std::error_code unknown;
        if (std::filesystem::exists(name, unknown)) continue;
        if (isMap(name)) {
            throw Error(
                ErrorCode::Usage, "\"" + name + "\" is the name of a map, not a VIDEO",
                "Maps are separated by commas: " + joinedOption("--maps", line.maps, name) + ".");
        }
        if (isFormat(name)) {
            throw Error(ErrorCode::Usage, "\"" + name + "\" is the name of a format, not a VIDEO",
                        "Formats are separated by commas: " +
                            joinedOption("--format", line.formats, name) + ".");
        }
    }
}

ClipFiles filesOfOneClip(const AnalyzeLine& line) {
    ClipFiles files;
    files.video = line.videos.front();
    files.folder = line.folder;
    files.overlay = line.overlay;
    files.truth = line.truth;
    files.flowFrom = line.flowFrom;
    return files;
}

AnalysisRequest commonRequest(const AnalyzeLine& line, const GlobalOptions& options) {
    AnalysisRequest request;
    request.maps.clear();
    for (const std::string& name : line.maps) {
        if (name == "all") {
            request.maps.merge(allMaps(line));
        } else {
            request.maps.insert(parseAnalysisMap(name));
        }
    }
    if (!line.truth.empty()) request.maps.insert(AnalysisMap::FlowError);
    request.formats.clear();
    for (const std::string& name : line.formats) request.formats.insert(parseMapFormat(name));
    request.range = parseFrameRange(line.range);
    request.gap = line.gap;
    request.scale = parseFlowScale(line.scale);
    // Flow of a command for the whole clip is in files, once the clip is read.
    if (!isClipCommand(line.flow)) request.method = flowIdOf(line.flow);
    checkMaps(line, request.maps);
    request.wheel = line.wheel == "vision-safe" ? FlowWheel::VisionSafe : FlowWheel::Middlebury;
    request.featureLevel = line.level;
    request.occlusionRule = line.rule;
    request.overlayStyle = line.overlayStyle == "arrows"        ? OverlayStyle::Arrows
                           : line.overlayStyle == "streamlines" ? OverlayStyle::Streamlines
                                                                : OverlayStyle::Colors;
    request.arrows = line.lines.look();
    request.streams = line.lines.streamLook();
    request.existing = options.existing == ExistingOutput::Overwrite ? ExistingFiles::Replace
                                                                     : ExistingFiles::KeepOrRefuse;
    return request;
}

AnalysisRequest requestOf(const AnalyzeLine& line, const ClipFiles& clip,
                          const GlobalOptions& options) {
    AnalysisRequest request = commonRequest(line, options);
    request.folder = clip.folder;
    request.overlay = clip.overlay;
    const auto open = [&clip](const std::string& path) -> FlowFilesPtr {
        return path.empty() ? nullptr : FlowFiles::open(path, firstPictureNumber(clip.video));
    };
    request.truth = open(clip.truth);
    request.flowFiles = open(clip.flowFrom);
    if (request.flowFiles) request.method = request.flowFiles->id();
    return request;
}

}  // namespace mcj
