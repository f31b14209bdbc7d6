#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "inference/analysis/product_key.h"
#include "inference/engine/analysis_export.h"
#include "inference/engine/export_folder.h"
#include "inference/engine/inference_engine.h"
#include "viewer/session/layer.h"

namespace mcj {

struct MapExportSettings {
    AnalysisRequest analysis;  ///< folder, maps, formats, range (with an end), scale in px
    std::optional<SimilarityQuery> query;  ///< with it, similarity maps are written too
    FramePtr queryFrame;
    ScalarLook similarityLook;  ///< colours of its pictures
    /// The user's own scale. Else a stopped export that goes on keeps the scale it began with: the
    /// window's rises while one looks around.
    bool scalePinned = false;
};

/// What an export could not keep or reach.
struct MapExportReport {
    std::int64_t clampedVectors = 0;       ///< KITTI PNG holds +-512 px
    std::optional<FrameIndex> unreadable;  ///< the frame that the maps end before
};

/// The files of one export of maps: what `ExportRun` does on the inference lane. One thread at a
/// time: between two jobs of the lane the GUI thread may set and ask.
class MapExport {
public:
    MapExport(MapExportSettings settings, VideoInfo video, int maxSidePx, FolderHints hints)
        : settings_(std::move(settings)), video_(std::move(video)), maxSidePx_(maxSidePx),
          hints_(std::move(hints)) {}

    [[nodiscard]] const MapExportSettings& settings() const noexcept { return settings_; }
    [[nodiscard]] const VideoInfo& video() const noexcept { return video_; }
    [[nodiscard]] const MapExportReport& report() const noexcept { return report_; }

    void setMethod(const std::string& method) { settings_.analysis.method = method; }
    void setEngine(std::shared_ptr<InferenceEngine> engine) { engine_ = std::move(engine); }
    /// The maps end before `frame`, which cannot be read; the manifest will say so.
    void endBefore(FrameIndex frame) noexcept { report_.unreadable = frame; }

    /// Writes the similarity of `first`, and the maps of the pair where there is a `second`. Null:
    /// a frame that does not exist. The first call reads the whole video for its hash and makes the
    /// folder. Throws `Error{Interrupted}` once `stop` asks for it.
    void write(const FramePtr& first, const FramePtr& second, const StopToken& stop = {});
    void finish();

private:
    void takeUpScale();
    void begin(const StopToken& stop);
    void writePair(const FramePtr& first, const FramePtr& second, const StopToken& stop);
    void writeSimilarity(const FramePtr& frame, const StopToken& stop);

    MapExportSettings settings_;
    VideoInfo video_;
    int maxSidePx_ = 0;
    FolderHints hints_;
    std::shared_ptr<InferenceEngine> engine_;
    FeatureMapPtr queryFeatures_;
    std::optional<ExportFolder> folder_;
    MapExportReport report_;
};

}  // namespace mcj
