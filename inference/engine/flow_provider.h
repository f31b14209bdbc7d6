#pragma once

#include <span>
#include <string>

#include "inference/engine/inference_engine.h"
#include "media/base/flow_field.h"
#include "media/base/frame.h"

namespace mcj {

/// A method to compute flow. The command line, manifests and product keys refer to it by its id.
struct FlowProvider {
    const char* id;     ///< "model", "model-fast", "dis", "farneback", "zero"
    const char* title;  ///< for people, in figures: "DIS"
    bool needsEngine;
    FlowDetail detail;  ///< the model's level of detail; `Fast` where it is not used
    FlowField (*compute)(const FramePtr& from, const FramePtr& to, InferenceEngine* engine,
                         const StopToken& stop);
};

inline constexpr const char* kModelFlow = "model";
inline constexpr const char* kModelFastFlow = "model-fast";
inline constexpr const char* kDisFlow = "dis";
inline constexpr const char* kZeroFlow = "zero";

/// All methods, in the order in which messages list them. DIS is OpenCV's medium preset, Farneback
/// its documented defaults (pyramid 0.5, 5 levels, window 15, 3 iterations, 7, 1.5).
[[nodiscard]] std::span<const FlowProvider> flowProviders();
/// Throws `Error{Usage}` that lists the known ids.
[[nodiscard]] const FlowProvider& flowProvider(const std::string& id);

/// Throws `Error{Usage}` where the engine's model was trained only for content; the hint names
/// `instead` ("--method dis"). Commands call this before they write.
void requireFlow(const InferenceEngine& engine, const std::string& instead);

/// Flow from `from` to `to` by the provider with this id, on the grid of `from`. `engine` may be
/// null unless the provider needs one. Throws `Error{Input}` where the frames differ in size, and
/// `Error{Interrupted}` after a stop request (OpenCV's methods always finish).
[[nodiscard]] FlowField estimateFlow(const std::string& provider, const FramePtr& from,
                                     const FramePtr& to, InferenceEngine* engine,
                                     const StopToken& stop = {});

}  // namespace mcj
