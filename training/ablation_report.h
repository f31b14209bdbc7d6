#pragma once

#include <filesystem>
#include <string>

#include "training/ablation_results.h"
#include "training/paper_figures.h"
#include "training/svg_plot.h"

namespace mcj {

/// The study as a Markdown page: a table of points with means and deviations over seeds, a
/// description of the measures, and the paper's figures with their sources.
[[nodiscard]] std::string ablationTable(const Study& study, const AblationResults& results);

/// The same as JSON, with every run.
[[nodiscard]] std::string ablationJson(const Study& study, const AblationResults& results);

/// Panels over the study's axis: flow errors, content measures, and the paper's figures.
[[nodiscard]] Plot ablationPlot(const Study& study, const AblationResults& results);

/// Writes table.md, table.json, plot.svg, and models.txt (run, tab, model file) for scoring.
void writeAblationReport(const Study& study, const AblationResults& results,
                         const std::filesystem::path& studyFolder);

}  // namespace mcj
