#pragma once

#include <span>
#include <string>

#include "inference/engine/inference_engine.h"
#include "media/base/flow_field.h"
#include "media/base/frame.h"

namespace mcj {

/// A way to get a flow field. Its id is what the command line, manifests and keys of products know
/// it by.
struct FlowProvider {
    const char* id;     ///< "model", "model-fast", "dis", "farneback", "zero"
    const char* title;  ///< for people, in figures: "DIS"
    bool needsEngine;
    FlowDetail detail;  ///< how far the model goes; `Fast` where it takes no part
    FlowField (*compute)(const FramePtr& from, const FramePtr& to, InferenceEngine* engine,
                         const StopToken& stop);
};

inline constexpr const char* kModelFlow = "model";
inline constexpr const char* kModelFastFlow = "model-fast";
inline constexpr const char* kDisFlow = "dis";
inline constexpr const char* kZeroFlow = "zero";

/// All of them, in the order in which messages list them. DIS is OpenCV's medium preset, Farneback
/// its documented defaults (pyramid 0.5, 5 levels, window 15, 3 iterations, 7, 1.5).
[[nodiscard]] std::span<const FlowProvider> flowProviders();
/// Throws `Error{Usage}` that lists the ids there are.
[[nodiscard]] const FlowProvider& flowProvider(const std::string& id);

/// Throws `Error{Usage}` where the engine's model learnt content alone; the hint names `instead`
/// ("--method dis"). Commands ask before they write.
void requireFlow(const InferenceEngine& engine, const std::string& instead);

/// Flow from `from` to `to` by the provider of this id, on the grid of `from`. `engine` may be null
/// unless the provider needs one. Throws `Error{Input}` where the frames differ in size, and
/// `Error{Interrupted}` once `stop` asks for it (OpenCV's methods finish what they have begun).
[[nodiscard]] FlowField estimateFlow(const std::string& provider, const FramePtr& from,
                                     const FramePtr& to, InferenceEngine* engine,
                                     const StopToken& stop = {});

}  // namespace mcj
