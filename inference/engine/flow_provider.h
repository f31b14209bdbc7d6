#pragma once

#include <optional>
#include <span>
#include <string>

#include "inference/engine/inference_engine.h"
#include "media/base/flow_field.h"
#include "media/base/frame.h"

namespace mcj {

/// A method to compute flow. The command line, manifests and product keys refer to it by its id.
struct FlowProvider {
    const char* id;     ///< "model", "model-fast", "model-coarse", "dis", "farneback", "zero"
    const char* title;  ///< for people, in figures: "DIS"
    bool needsEngine;
    FlowDetail detail;  ///< the model's level of detail; `Fast` where it is not used
    /// A method whose result can be shown until this one's is there; null if there is none.
    const char* coarser;
    /// `id`: with which the flow is requested; for "command" it contains the command.
    FlowField (*compute)(const std::string& id, const FramePtr& from, const FramePtr& to,
                         InferenceEngine* engine, const StopToken& stop);
};

inline constexpr const char* kModelFlow = "model";
inline constexpr const char* kModelFastFlow = "model-fast";
/// `kModelFastFlow` on pictures reduced to `kCoarseSidePx`.
inline constexpr const char* kModelCoarseFlow = "model-coarse";
inline constexpr const char* kDisFlow = "dis";
inline constexpr const char* kZeroFlow = "zero";

/// Longer side of the pictures of `kModelCoarseFlow`: on two processor cores the network takes
/// about 0.2 s at this size, whatever the size of the video.
inline constexpr int kCoarseSidePx = 320;

/// The id of the network's flow at one level (`InferenceEngine::flowAtLevel`): "model-level-3".
[[nodiscard]] std::string levelFlowId(int level);
/// The level that such an id names, 1 to 6; none for any other id.
[[nodiscard]] std::optional<int> levelOfFlow(const std::string& id);

/// All methods that an id of one word names, in the order in which messages list them. DIS is
/// OpenCV's medium preset, Farneback its documented defaults (pyramid 0.5, 5 levels, window 15, 3
/// iterations, 7, 1.5).
[[nodiscard]] std::span<const FlowProvider> flowProviders();
/// The method with this id; for the id of a `FlowCommand` the row "command", which all commands
/// share, and for that of a level the row "model-level". Throws `Error{Usage}` that lists the known
/// ids.
[[nodiscard]] const FlowProvider& flowProvider(const std::string& id);
/// For captions and tables: "DIS", "model, level 3", or the command's programs, "python raft.py".
/// Throws as `flowProvider`.
[[nodiscard]] std::string flowTitle(const std::string& id);

/// Throws `Error{Usage}` where the engine's model was trained only for content; the hint names
/// `instead` ("--method dis"). Commands call this before they write.
void requireFlow(const InferenceEngine& engine, const std::string& instead);

/// Flow from `from` to `to` by the provider with this id, on the grid of `from`. `engine` may be
/// null unless the provider needs one. Throws `Error{Input}` where the frames differ in size,
/// `Error{Interrupted}` after a stop request (OpenCV's methods always finish), and what
/// `flowByCommand` throws.
[[nodiscard]] FlowField estimateFlow(const std::string& provider, const FramePtr& from,
                                     const FramePtr& to, InferenceEngine* engine,
                                     const StopToken& stop = {});

}  // namespace mcj
