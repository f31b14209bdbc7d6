#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "inference/analysis/frame_range.h"
#include "inference/analysis/product_key.h"
#include "inference/analysis/trajectory.h"
#include "inference/engine/flow_provider.h"
#include "inference/engine/inference_engine.h"
#include "media/base/progress.h"
#include "media/io/frame_source.h"

namespace mcj {

// One point of a frame in the other frames of a clip, in two ways: by chained flow (`Trajectory`)
// and by the most similar feature of each frame.

struct TrackRequest {
    SimilarityQuery query;
    std::string method = kModelFlow;  ///< a flow provider
    int level = 3;                    ///< of the features
    FrameRange range;                 ///< frames of the result, with an end
};

struct TrackRow {
    FrameIndex frame = 0;
    double secs = 0.0;            ///< since the first frame
    std::optional<PointF> track;  ///< none beyond the ends of the trajectory
    BestMatch match;
    std::optional<float> distancePx;  ///< between the two
};

struct TrackReport {
    std::vector<TrackRow> rows;  ///< one for each frame of the range, ascending
    /// `Open` where the trajectory reaches the end of the range.
    TrajectoryEnd forward = TrajectoryEnd::Open;
    TrajectoryEnd backward = TrajectoryEnd::Open;
    std::optional<std::string> damaged;  ///< why there are fewer rows
};

/// Follows the point through every frame between the query's and the ends of the range, also where
/// the range leaves out frames, and compares it with every frame of the range. `progress` counts
/// frames. Rows end before a frame that cannot be read. Throws `Error{Usage}` for a frame or a
/// point that does not exist, `Error{Interrupted}` once `progress` or `stop` asks for it.
[[nodiscard]] TrackReport trackPoint(FrameSource& source, const TrackRequest& request,
                                     InferenceEngine& engine, const Progress& progress,
                                     const StopToken& stop = {});

/// frame,secs,track_x,track_y,match_x,match_y,cosine,distance_px; absent values are empty. Written
/// atomically.
void writeTrackCsv(const std::filesystem::path& path, const TrackReport& report);

}  // namespace mcj
