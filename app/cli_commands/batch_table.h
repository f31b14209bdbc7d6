#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "inference/analysis/flow_accuracy.h"
#include "inference/analysis/pair_table.h"
#include "media/base/error.h"
#include "media/base/frame.h"

namespace mcj {

enum class ClipState {
    Waiting,  ///< not begun
    Done,
    Failed,
    Stopped,  ///< interrupted: the same command continues it
};

/// A row of a batch's summary.
struct BatchRow {
    std::string clip;  ///< as it was named
    std::string folder;
    ClipState state = ClipState::Waiting;
    FrameIndex frames = 0;  ///< of the clip; 0: not known
    FrameIndex pairs = 0;
    FrameIndex kept = 0;  ///< of them from an earlier run; not in the file
    float flowScalePx = 0.0F;
    std::vector<ColumnMean> means;
    std::optional<FlowAccuracy> accuracy;
    std::optional<std::string> damaged;
    std::optional<Error> error;
    double secs = 0.0;  ///< not in the file
};

/// "clip,folder,state,frames,pairs,flow_scale_px,mean_...,<errors>,damaged,error": the columns of
/// means and of errors against true flow that any clip has. It does not depend on how often a batch
/// was interrupted.
[[nodiscard]] std::string batchCsv(const std::vector<BatchRow>& rows);
/// Whether `text` begins like such a table.
[[nodiscard]] bool isBatchCsv(const std::string& text);

/// The "clip" event of a row.
[[nodiscard]] nlohmann::json batchJson(const BatchRow& row);
/// "done", "failed", ...
[[nodiscard]] const char* clipStateName(ClipState state) noexcept;

}  // namespace mcj
