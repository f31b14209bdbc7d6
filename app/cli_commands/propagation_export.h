#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "inference/engine/export_folder.h"
#include "inference/engine/frame_range.h"
#include "media/base/progress.h"
#include "media/io/frame_source.h"
#include "segmentation/mask_formats/mask_picture.h"
#include "segmentation/mask_propagator.h"
#include "segmentation/propagation_plan.h"

namespace mcj {

/// A mask that the user has, and the frame that it is true for.
struct GivenMask {
    FrameIndex frame = 0;
    std::filesystem::path path;
};

struct PropagationExport {
    std::filesystem::path folder;  ///< gets masks/00000.png and manifest.json
    std::vector<GivenMask>
        masks;            ///< a mask that lacks objects of earlier ones says nothing of those
    MaskReading reading;  ///< of those masks
    FrameRange range;     ///< clipped to the clip; step 1
    PropagatorOptions propagator;
    Travel travel = Travel::Forward;
    std::filesystem::path overlay;  ///< empty: none
    ExistingFiles existing = ExistingFiles::KeepOrRefuse;
};

/// What became of one frame.
struct MaskReport {
    enum class Origin { Given, Propagated, NoMask };
    FrameIndex frame = 0;
    Origin origin = Origin::Propagated;
    bool kept = false;                ///< was there from an earlier run
    std::optional<float> confidence;  ///< of propagated masks, 0..1
    std::string file;                 ///< relative to the folder
};

struct PropagationReport {
    FrameIndex frames = 0;
    FrameIndex kept = 0;
    FrameIndex withoutMask = 0;  ///< frames that no mask reaches: written as background
    std::optional<std::string> damaged;
};

struct PropagationCallbacks {
    Progress writing;  ///< frames
    std::function<void(const MaskReport&)> onFrame;
    StopToken stop;  ///< also ends a frame that is being computed
};

/// The track of the request's masks, each of the size of the frames; what their pixels stand for is
/// decided over all of them (`MaskFolder`). Throws `Error{Input}` that names the file otherwise.
[[nodiscard]] MaskTrack trackOf(const PropagationExport& request, SizePx size);

/// The request's options as the manifest keeps and compares them: masks by their checksum.
[[nodiscard]] std::map<std::string, std::string> propagationOptions(
    const PropagationExport& request);

/// Propagates and writes, frame by frame. A stopped run leaves complete = false and throws
/// `Error{Interrupted}`; the same call later skips every span of the plan that is whole and goes
/// over an unfinished one again from its anchor, because features carry more from frame to frame
/// than the mask on disk: the result is that of a run that was never stopped.
PropagationReport runPropagation(FrameSource& source, const PropagationExport& request,
                                 Manifest planned, InferenceEngine* engine,
                                 const PropagationCallbacks& callbacks);

}  // namespace mcj
