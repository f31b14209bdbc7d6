#include "app/cli_commands/analyze_report.h"

#include <optional>
#include <ostream>
#include <string>

#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/text_layout.h"
#include "inference/analysis/flow_accuracy.h"

namespace mcj {
namespace {

/// The errors over all pairs with truth, one in a row.
void tellAccuracy(std::ostream& out, const AnalysisReport& report) {
    const FlowAccuracy all = pooled(report.accuracy);
    out << "errors against ground-truth flow, " << report.accuracy.size()
        << (report.accuracy.size() == 1 ? " pair" : " pairs") << ":\n";
    TextTable table({Align::Left, Align::Right, Align::Left});
    for (const AccuracyColumn& column : accuracyColumns()) {
        const std::optional<double> value = column.value(all);
        if (value) table.add({column.title, numberText(*value, 3), column.unit});
    }
    out << table.text();
}

}  // namespace

nlohmann::json accuracyJson(const FlowAccuracy& accuracy) {
    nlohmann::json fields{{"pixels", accuracy.all.pixels}};
    for (const AccuracyColumn& column : accuracyColumns()) {
        const std::optional<double> value = column.value(accuracy);
        fields[column.id] = value ? nlohmann::json(*value) : nlohmann::json(nullptr);
    }
    return fields;
}

nlohmann::json pairJson(const PairReport& pair) {
    nlohmann::json fields{
        {"frame", pair.first}, {"second", pair.second}, {"kept", pair.kept}, {"files", pair.files}};
    if (pair.meanFlowPx) fields["mean_flow_px"] = *pair.meanFlowPx;
    for (const auto& [map, mean] : pair.means) {
        fields["mean_" + analysisMapFolder(map)] =
            mean ? nlohmann::json(*mean) : nlohmann::json(nullptr);
    }
    if (pair.accuracy) fields["accuracy"] = accuracyJson(*pair.accuracy);
    return fields;
}

void tellReport(CommandContext& context, const AnalysisRequest& request,
                const AnalysisReport& report, double secs) {
    context.emit(
        "summary",
        {{"pairs", report.pairs},
         {"kept", report.kept},
         {"flow_scale_px",
          report.flowScalePx > 0.0F ? nlohmann::json(report.flowScalePx) : nlohmann::json(nullptr)},
         {"clamped_vectors", report.clampedVectors},
         {"accuracy", report.accuracy.empty() ? nlohmann::json(nullptr)
                                              : accuracyJson(pooled(report.accuracy))},
         {"damaged", report.damaged ? nlohmann::json(*report.damaged) : nlohmann::json(nullptr)},
         {"folder", request.folder.string()},
         {"overlay", request.overlay.empty() ? nlohmann::json(nullptr)
                                             : nlohmann::json(request.overlay.string())},
         {"secs", secs}});
    std::ostream& out = context.text();
    out << report.pairs << (report.pairs == 1 ? " pair in " : " pairs in ")
        << request.folder.string();
    if (report.kept > 0) out << ", " << report.kept << " of them kept from an earlier run";
    out << ", " << durationText(secs) << '\n';
    if (report.flowScalePx > 0.0F) {
        out << "flow colours: full saturation at " << report.flowScalePx << " px\n";
    }
    if (!report.accuracy.empty()) tellAccuracy(out, report);
    if (!request.overlay.empty()) out << "overlay: " << request.overlay.string() << '\n';
}

}  // namespace mcj
