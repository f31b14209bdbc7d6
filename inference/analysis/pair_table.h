#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "inference/analysis/analysis_export.h"
#include "media/base/frame.h"

namespace mcj {

/// The mean of one number over the pairs of a clip.
struct ColumnMean {
    std::string name;            ///< "mean_flow_px", "mean_warp_error", ...
    std::optional<double> mean;  ///< none: no pair has it, or a kept pair's number is not known
};

/// The means of every pair of a clip, as a file beside its maps, so that a resumed export, which
/// does not compute the pairs that it keeps, still has the numbers of all.
class PairTable {
public:
    PairTable() = default;
    /// With the rows that an earlier run of the same export wrote to `file`; without any where the
    /// file is missing or is not such a table.
    explicit PairTable(const std::filesystem::path& file);

    /// Adds a pair; one that was kept has the numbers of the earlier run.
    void put(const PairReport& pair);
    [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }

    /// Over the pairs that were put, each with the same weight; in the order of their names.
    [[nodiscard]] std::vector<ColumnMean> means() const;
    /// "frame,second,mean_...": a row per pair that was put, by frame. Numbers read back exactly;
    /// what is not known is empty.
    [[nodiscard]] std::string csv() const;

private:
    struct Row {
        FrameIndex second = 0;
        bool measured = false;  ///< false: kept, and not in the earlier table
        std::map<std::string, double> numbers;
    };

    [[nodiscard]] std::vector<std::string> columns() const;

    std::map<FrameIndex, Row> earlier_;
    std::map<FrameIndex, Row> rows_;
};

/// The table's name in the folder of an export.
inline constexpr const char* kPairsFile = "pairs.csv";

}  // namespace mcj
