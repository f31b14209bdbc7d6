#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "inference/analysis/export_folder.h"
#include "inference/analysis/frame_range.h"
#include "media/base/progress.h"
#include "media/io/frame_source.h"
#include "media/io/video_writer.h"
#include "segmentation/mask_formats/mask_picture.h"
#include "segmentation/mask_formats/soft_pictures.h"
#include "segmentation/mask_propagator.h"
#include "segmentation/propagation_plan.h"

namespace mcj {

/// A mask from the user, and its frame.
struct GivenMask {
    FrameIndex frame = 0;
    std::filesystem::path path;
};

struct PropagationExport {
    std::filesystem::path folder;  ///< gets masks/00000.png and manifest.json
    std::vector<GivenMask> masks;  ///< objects of earlier masks that a mask lacks are carried on
    MaskReading reading;           ///< of those masks
    FrameRange range;              ///< clipped to the clip; step 1
    PropagatorOptions propagator;
    Travel travel = Travel::Forward;
    BetweenAnchors between = BetweenAnchors::OneSided;
    std::filesystem::path overlay;  ///< empty: none
    /// A video of the frames with the masks as alpha, by `alphaVideoFormat`; empty: none.
    std::filesystem::path alphaVideo;
    std::optional<ObjectId> alphaObject;  ///< the opaque object; none: all of them
    /// Also writes the probabilities of every object and frame to FORMAT/001/00000.png on. Frames
    /// without probabilities (given masks, frames that no mask reaches, all of Identity) get 0 and
    /// 1; the manifest lists them as "hard-frames".
    std::vector<SoftFormat> soft;
    ExistingFiles existing = ExistingFiles::KeepOrRefuse;
};

/// The result for one frame.
struct MaskReport {
    enum class Origin { Given, Propagated, NoMask };
    FrameIndex frame = 0;
    Origin origin = Origin::Propagated;
    bool kept = false;                ///< exists from an earlier run
    std::optional<float> confidence;  ///< of propagated masks, 0..1
    std::string file;                 ///< relative to the folder
};

struct PropagationReport {
    FrameIndex frames = 0;
    FrameIndex kept = 0;
    FrameIndex withoutMask = 0;  ///< frames that no mask reaches: written as background
    FrameIndex hard = 0;         ///< frames whose soft masks, if wanted, are 0 and 1 only
    std::optional<std::string> damaged;
};

struct PropagationCallbacks {
    Progress writing;  ///< frames
    std::function<void(const MaskReport&)> onFrame;
    StopToken stop;  ///< also ends a frame that is being computed
};

/// ProRes 4444 for .mov, FFV1 for .mkv. Throws `Error{Usage}` for other extensions.
[[nodiscard]] VideoFormat alphaVideoFormat(const std::filesystem::path& path);

/// The plan of a run over `range`, which was clipped to the clip.
[[nodiscard]] PropagationPlan planOf(const PropagationExport& request, const MaskTrack& track,
                                     const FrameRange& range);

/// The track of the request's masks; the meaning of their pixels is decided from all of them
/// (`MaskFolder`). Throws `Error{Input}` that names the file where a size differs from the frames'.
[[nodiscard]] MaskTrack trackOf(const PropagationExport& request, SizePx size);

/// The request's options as they are stored and compared in the manifest: masks by their checksum;
/// "between" ("blend" or "single") only if there are several masks, "soft" only if there are any.
[[nodiscard]] std::map<std::string, std::string> propagationOptions(
    const PropagationExport& request);

/// Propagates and writes, frame by frame. A stopped run leaves complete = false and throws
/// `Error{Interrupted}`. The same call later skips every complete span of the plan and repeats an
/// unfinished one from its anchor, because features carry more from frame to frame than the mask on
/// disk. The result is the same as without the stop. A run that replaces an earlier one also
/// removes what that one wrote in other formats (`removeFormatFolders`).
PropagationReport runPropagation(FrameSource& source, const PropagationExport& request,
                                 Manifest planned, InferenceEngine* engine,
                                 const PropagationCallbacks& callbacks);

}  // namespace mcj
