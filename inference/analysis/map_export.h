#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "inference/analysis/analysis_export.h"
#include "inference/analysis/export_folder.h"
#include "inference/analysis/product_key.h"
#include "inference/engine/inference_engine.h"
#include "media/base/colormap.h"

namespace mcj {

struct MapExportSettings {
    AnalysisRequest analysis;  ///< folder, maps, formats, range (with an end), scale in px
    std::optional<SimilarityQuery> query;  ///< if set, similarity maps are written too
    FramePtr queryFrame;
    ScalarLook similarityLook;  ///< colours of its pictures
    /// The user chose the scale. Otherwise a resumed export keeps the scale it began with, because
    /// the scale in the window rises while the user browses the video.
    bool scalePinned = false;
};

/// Values and frames that an export could not write exactly.
struct MapExportReport {
    std::int64_t clampedVectors = 0;       ///< KITTI PNG holds +-512 px
    std::optional<FrameIndex> unreadable;  ///< the maps end before this frame
};

/// The files of one export of maps: the work of `ExportRun` on the inference lane. One thread at a
/// time: the GUI thread may call it only between two jobs of the lane.
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
    /// Ends the maps before `frame`, which cannot be read; the manifest records it.
    void endBefore(FrameIndex frame) noexcept { report_.unreadable = frame; }

    /// Writes the similarity of `first`, and the maps of the pair if `second` is not null. A frame
    /// that does not exist is null. The first call reads the whole video to hash it and creates the
    /// folder. Throws `Error{Interrupted}` when `stop` is requested.
    void write(const FramePtr& first, const FramePtr& second, const StopToken& stop = {});
    void finish();

private:
    void takeUpScale();
    void begin(const StopToken& stop);
    void writePair(const FramePtr& first, const FramePtr& second, const StopToken& stop);
    void writeSimilarity(const FramePtr& frame, const StopToken& stop);
    /// The basis of feature colours; null where none are written. The first call reads frames of
    /// the whole video.
    [[nodiscard]] const FeatureBasis* basis(const StopToken& stop);

    MapExportSettings settings_;
    VideoInfo video_;
    int maxSidePx_ = 0;
    FolderHints hints_;
    std::shared_ptr<InferenceEngine> engine_;
    FeatureMapPtr queryFeatures_;
    std::optional<FeatureBasis> basis_;
    std::optional<ExportFolder> folder_;
    MapExportReport report_;
};

}  // namespace mcj
