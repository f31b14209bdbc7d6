#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "training/ablation_study.h"

namespace mcj {

/// The values of one finished run by the columns of the table.
struct RunResult {
    std::string run;  ///< "POINT-seedK"
    StudyPoint point;
    std::uint64_t seed = 0;
    std::int64_t steps = 0;
    std::string failure;  ///< why it has no values: a loss became NaN; empty: it has values
    std::map<std::string, double> values;
};

enum class ColumnKind { FlowError, Content, Other };

/// A measure: its name in the table and its panel in the plot.
struct ResultColumn {
    std::string name;
    ColumnKind kind = ColumnKind::Other;
};

/// Several seeds of one point.
struct PointResult {
    StudyPoint point;
    int seeds = 0;   ///< with values
    int failed = 0;  ///< without
    std::map<std::string, double> mean;
    std::map<std::string, double> deviation;  ///< of the sample; absent for one seed
};

struct AblationResults {
    std::vector<RunResult> runs;        ///< by place, then seed
    std::vector<ResultColumn> columns;  ///< those with a value
};

/// The finished runs in DIR/STUDY with their own measures, and scores from files of JSON lines as
/// `mcjepa evaluate --json` writes them, each with the key "run" added: end-point errors of the
/// model, J&F of its masks, mIoU of a probe. A later score replaces an earlier one. Throws
/// `Error{Input}` that names the file.
[[nodiscard]] AblationResults collectResults(const std::filesystem::path& studyFolder,
                                             const std::vector<std::filesystem::path>& scoreFiles);

/// Means over seeds, in order of the places.
[[nodiscard]] std::vector<PointResult> averageSeeds(const AblationResults& results);

}  // namespace mcj
