#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "inference/analysis/export_folder.h"
#include "inference/analysis/feature_colors.h"
#include "inference/analysis/flow_accuracy.h"
#include "inference/analysis/flow_files.h"
#include "inference/analysis/frame_range.h"
#include "inference/analysis/streamlines.h"
#include "inference/engine/flow_maps.h"
#include "inference/engine/flow_provider.h"
#include "media/base/flow_color.h"
#include "media/base/progress.h"
#include "media/base/scalar_map.h"
#include "media/figure/motion_lines.h"
#include "media/io/frame_source.h"

namespace mcj {

/// The maps of a pair of frames that `analyze` writes. `Backward` is on the grid of the second
/// frame, all others are on that of the first. `FeatureColors` are those of the first frame alone,
/// written only as PNG. `FlowError` (end-point) and `AngleError` need ground truth, and exist for
/// pairs that have it.
enum class AnalysisMap {
    Flow,
    Backward,
    WarpError,
    FeatureError,
    Consistency,
    Occlusion,
    FeatureColors,
    FlowError,
    AngleError
};

/// Png is a picture in colours (flow in <map>_color/); the others are numbers. Flo and Kitti store
/// flow only.
enum class MapFormat { Png, Flo, Pfm, Kitti, Npy, Exr };

/// "flow", "warp-error", ... as on the command line; `analysisMapFolder` is "warp_error".
[[nodiscard]] std::string analysisMapName(AnalysisMap map);
[[nodiscard]] std::string analysisMapFolder(AnalysisMap map);
/// Whether the map needs flow from the second frame to the first, which flow from files does not
/// have.
[[nodiscard]] bool needsBackwardFlow(AnalysisMap map) noexcept;
[[nodiscard]] std::string mapFormatName(MapFormat format);
/// Throw `Error{Usage}` that lists the valid names.
[[nodiscard]] AnalysisMap parseAnalysisMap(const std::string& name);
[[nodiscard]] MapFormat parseMapFormat(const std::string& name);

/// How many pixels of motion have full saturation in flow pictures.
struct FlowScale {
    enum class Kind {
        Clip,   ///< one for the clip: 99th percentile at low resolution, rounded up to 1-2-5 steps
        Frame,  ///< each pair its own 99th percentile, rounded up
        Fixed,  ///< `px`
    };
    Kind kind = Kind::Clip;
    float px = 0.0F;
};
/// "clip", "frame" or a number of pixels above 0. Throws `Error{Usage}`.
[[nodiscard]] FlowScale parseFlowScale(const std::string& text);
[[nodiscard]] std::string flowScaleText(const FlowScale& scale);

/// How an overlay shows motion over the frames.
enum class OverlayStyle {
    Colors,
    Arrows,
    Streamlines,  ///< over the following frames; without a gap only
};

struct AnalysisRequest {
    std::filesystem::path folder;
    std::set<AnalysisMap> maps{AnalysisMap::Flow};
    std::set<MapFormat> formats{MapFormat::Png, MapFormat::Flo};
    FrameRange range;    ///< frames; a pair is two consecutive ones
    FrameIndex gap = 0;  ///< or, if not 0, each of them with the frame that is so many later
    FlowScale scale;
    std::string method = kModelFlow;  ///< a flow provider, or the id of `flowFiles`
    FlowFilesPtr flowFiles;           ///< another method's flow; null: not used
    FlowFilesPtr truth;               ///< for errors and the table of accuracy; may be null
    FlowWheel wheel = FlowWheel::Middlebury;
    int featureLevel = 3;           ///< of the feature error and the feature colours
    OcclusionRule occlusionRule;    ///< of the occlusion map
    std::filesystem::path overlay;  ///< an MP4 of the frames with flow over them; empty: none
    OverlayStyle overlayStyle = OverlayStyle::Colors;
    ArrowLook arrows;    ///< of an overlay with arrows
    StreamLook streams;  ///< of an overlay with streamlines
    ExistingFiles existing = ExistingFiles::KeepOrRefuse;
};

/// All requested maps of one pair.
struct PairMaps {
    FlowField forward;
    std::optional<FlowField> backward;
    std::map<AnalysisMap, ScalarMap> scalars;
    std::optional<Raster<std::uint8_t>> colors;  ///< `FeatureColors`, RGB
    std::optional<FlowAccuracy> accuracy;        ///< where the pair has truth
};

/// The result for one pair. Means are over the known pixels: none if there are no such pixels, and
/// absent if the map was not requested.
struct PairReport {
    FrameIndex first = 0;
    FrameIndex second = 0;
    bool kept = false;  ///< all files exist from an earlier run
    std::optional<double> meanFlowPx;
    std::map<AnalysisMap, std::optional<double>> means;
    std::optional<FlowAccuracy> accuracy;  ///< where the pair has truth
    std::vector<std::string> files;        ///< relative to the folder
};

struct AnalysisReport {
    FrameIndex pairs = 0;
    FrameIndex kept = 0;
    float flowScalePx = 0.0F;         ///< 0 if each frame has its own scale
    std::int64_t clampedVectors = 0;  ///< KITTI PNG stores +-512 px
    AccuracyByFrame accuracy;         ///< of the pairs with truth
    std::optional<std::string> damaged;
};

/// Whether flow is drawn in colours, so that a scale is needed.
[[nodiscard]] bool drawsFlow(const AnalysisRequest& request);

/// Whether a map or the method needs the network.
[[nodiscard]] bool needsEngine(const AnalysisRequest& request);

/// The basis of feature colours at `level`, from the frames that `featureBasisFrames` names for the
/// whole scanned clip, whatever range is analysed; frames that cannot be read are left out. Throws
/// `Error{Input}` where none can be read, `Error{Interrupted}` once `stop` asks for it.
[[nodiscard]] FeatureBasis measureFeatureBasis(FrameSource& source, int level,
                                               InferenceEngine& engine, const StopToken& stop = {});

/// The maps of one pair. `engine` may be null unless `needsEngine`, `basis` unless feature colours
/// are requested. Throws `Error{Interrupted}` once `stop` asks for it.
[[nodiscard]] PairMaps computePairMaps(const AnalysisRequest& request, const FramePtr& first,
                                       const FramePtr& second, InferenceEngine* engine,
                                       const FeatureBasis* basis, const StopToken& stop = {});

/// Every sub-folder that an export may write to, relative to the export's folder.
[[nodiscard]] std::vector<std::string> analysisSubfolders();

/// The files of one pair, relative to the export's folder. A map that none of the formats can store
/// is written as PNG.
[[nodiscard]] std::vector<std::string> filesOfPair(const AnalysisRequest& request,
                                                   FrameIndex first);

/// Whether an earlier run of the export wrote all of `files`.
[[nodiscard]] bool holdsAll(const ExportFolder& folder, const std::vector<std::string>& files);

/// Writes those files below `folder`, whose sub-folders must exist; returns the number of clamped
/// vectors (KITTI PNG).
std::int64_t writePairMaps(const AnalysisRequest& request, FrameIndex first, const PairMaps& maps,
                           float scalePx, const std::filesystem::path& folder);
/// The same into an export, which makes its sub-folders. Does not list the files there.
std::int64_t putPairMaps(const ExportFolder& folder, const AnalysisRequest& request,
                         FrameIndex first, const PairMaps& maps, float scalePx);

/// Scale of the whole clip: every pair at a small size (flow from files and commands at its own),
/// 99th percentile, rounded up. At a frame that cannot be read it returns the scale of the pairs
/// before.
[[nodiscard]] float measureClipScale(FrameSource& source, const FramePairs& pairs,
                                     const std::string& method, InferenceEngine* engine,
                                     const Progress& progress, const FlowFilesPtr& files = nullptr,
                                     const StopToken& stop = {});

/// `frame` with the motion over it, in the style that the request has for its overlay; streamlines
/// of this pair alone. `scalePx`: of colours.
[[nodiscard]] Raster<std::uint8_t> overlayPicture(const AnalysisRequest& request,
                                                  const Frame& frame, const FlowField& flow,
                                                  float scalePx);

/// `frame` overlaid with motion: hue is direction, opacity grows with length up to `scalePx`.
[[nodiscard]] Raster<std::uint8_t> overlayFlow(const Frame& frame, const FlowField& flow,
                                               float scalePx, FlowWheel wheel);

/// Each may be empty.
struct AnalysisCallbacks {
    Progress measuring;  ///< first pass of `FlowScale::Kind::Clip`: pairs
    Progress writing;    ///< second pass: pairs
    std::function<void(const PairReport&)> onPair;
    StopToken stop;  ///< also ends a pair that is being computed
};

/// The table of errors against ground truth, relative to the export's folder.
inline constexpr const char* kAccuracyFile = "accuracy.csv";

/// The whole export of a scanned source: maps, overlay, table of accuracy, manifest. Keeps two
/// frames in memory. With truth, a resumed export keeps its files but measures every pair again.
/// `planned` describes program, version, source and model; the request's options are added here.
/// When a callback stops it, it leaves a manifest with complete = false and throws
/// `Error{Interrupted}`; the same call later resumes. The export ends at a frame that cannot be
/// read; the report and the manifest describe the damage. Throws `Error{Input}` where no pair can
/// be read or none has truth.
AnalysisReport runAnalysis(FrameSource& source, const AnalysisRequest& request, Manifest planned,
                           InferenceEngine* engine, const AnalysisCallbacks& callbacks);

/// The request's options as they are stored and compared in the manifest.
[[nodiscard]] std::map<std::string, std::string> analysisOptions(const AnalysisRequest& request);

}  // namespace mcj
