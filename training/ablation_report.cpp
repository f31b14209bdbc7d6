#include "training/ablation_report.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "training/text_table.h"
#include "training/whole_file.h"

namespace mcj {
namespace {

using nlohmann::json;

std::string meanCell(const PointResult& point, const std::string& column) {
    const auto mean = point.mean.find(column);
    if (mean == point.mean.end()) return "-";
    const auto deviation = point.deviation.find(column);
    if (deviation == point.deviation.end()) return cell(mean->second);
    return cell(mean->second) + " ± " + cell(deviation->second, 2);
}

TextTable measuredTable(const AblationResults& results) {
    TextTable table;
    table.head = {"point", "seeds"};
    for (const auto& column : results.columns) table.head.push_back(column.name);
    for (const auto& point : averageSeeds(results)) {
        std::string seeds = std::to_string(point.seeds);
        if (point.failed > 0) seeds += ", " + std::to_string(point.failed) + " failed";
        std::vector<std::string> row{point.point.name, seeds};
        for (const auto& column : results.columns) row.push_back(meanCell(point, column.name));
        table.rows.push_back(std::move(row));
    }
    return table;
}

/// A run whose loss became NaN is a result: it shows what fails without the setting under study.
std::string failures(const AblationResults& results) {
    std::string out;
    for (const auto& run : results.runs) {
        if (!run.failure.empty()) out += "\nFailed: " + run.run + ", " + run.failure + "\n";
    }
    return out;
}

TextTable paperTable(const PaperStudy& paper) {
    TextTable table;
    table.head = {"point", "KITTI-15 EPE px", "VOC mIoU %", "DAVIS J&F %", "source"};
    for (const auto& figure : paper.figures) {
        table.rows.push_back({figure.point, cell(figure.kittiEpePx), cell(figure.vocMiou),
                              cell(figure.davisJf), sourceName(figure.source)});
    }
    return table;
}

/// The steps of the runs, which differ where tasks take turns.
std::string stepsText(const AblationResults& results) {
    if (results.runs.empty()) return "no finished run";
    const auto [least, most] = std::minmax_element(
        results.runs.begin(), results.runs.end(),
        [](const RunResult& a, const RunResult& b) { return a.steps < b.steps; });
    const auto text = std::to_string(least->steps);
    return least->steps == most->steps
               ? text + " steps per run"
               : text + " to " + std::to_string(most->steps) + " steps per run";
}

PlotPanel panelOver(const Study& study, const std::string& title, const std::string& unit) {
    PlotPanel panel;
    panel.title = title;
    panel.x.label = study.axisLabel;
    panel.x.names = study.words;
    panel.y.label = unit;
    if (const auto choice = paperStudy(study.name).choice) {
        panel.marks.push_back({MarkAxis::X, choice->value, choice->label});
    }
    return panel;
}

/// Means, joined by a line if the axis has numbers, and each seed as a separate dot.
void addColumn(PlotPanel& panel, const Study& study, const AblationResults& results,
               const std::string& column, int color) {
    PlotCurve seeds{"", {}, {}, CurveStyle::Dots, color};
    PlotCurve mean{column, {}, {}, CurveStyle::Line, color};
    if (study.axis == StudyAxis::Words) mean.style = CurveStyle::Dots;
    for (const auto& point : averageSeeds(results)) {
        const auto found = point.mean.find(column);
        if (found == point.mean.end()) continue;
        mean.x.push_back(point.point.place);
        mean.y.push_back(found->second);
    }
    for (const auto& run : results.runs) {
        const auto found = run.values.find(column);
        if (found == run.values.end()) continue;
        seeds.x.push_back(run.point.place);
        seeds.y.push_back(found->second);
    }
    if (mean.x.empty()) return;
    if (study.axis == StudyAxis::Words) {
        seeds.name = column;  // without a line, means could not be told from seeds
        panel.curves.push_back(std::move(seeds));
        return;
    }
    panel.curves.push_back(std::move(mean));
    panel.curves.push_back(std::move(seeds));
}

void addPaperPanel(Plot& plot, const Study& study, const std::string& title,
                   const std::string& unit, std::optional<double> PaperFigure::* value) {
    PlotPanel panel = panelOver(study, title, unit);
    PlotCurve curve{"the paper", {}, {}, CurveStyle::Dots, 6};
    for (const auto& figure : paperStudy(study.name).figures) {
        const auto place = std::find(study.words.begin(), study.words.end(), figure.point);
        if (!(figure.*value) || place == study.words.end()) continue;
        curve.x.push_back(static_cast<double>(place - study.words.begin()));
        curve.y.push_back(*(figure.*value));
    }
    if (curve.x.empty()) return;
    panel.heightPx = 110;
    panel.curves.push_back(std::move(curve));
    plot.panels.push_back(std::move(panel));
}

/// Logarithmic for weights from 0.01 to 1, unless one of them is zero.
AxisScale axisScale(const Study& study, const AblationResults& results) {
    if (study.axis == StudyAxis::Words || results.runs.empty()) return AxisScale::Linear;
    const double low = results.runs.front().point.place;
    return low > 0.0 && results.runs.back().point.place > 20.0 * low ? AxisScale::Log
                                                                     : AxisScale::Linear;
}

}  // namespace

std::string ablationTable(const Study& study, const AblationResults& results) {
    const auto paper = paperStudy(study.name);
    std::string out =
        "# Ablation: " + study.name + "\n\n" + study.question + " Measured here, " +
        stepsText(results) + ", mean ± deviation over seeds:\n\n" +
        measuredTable(results).markdown() + failures(results) +
        "\nThe validation EPE is over synthetic pairs with motion that training did not see; lower "
        "is better. A rank is the effective number of dimensions of image features: of the pooled "
        "coarsest trained level, and of single positions of level 4; a rank close to 1 means that "
        "the features have collapsed. Content losses are weighted and can be compared only if "
        "their weights are the same.\n\n## The paper\n\n" +
        paper.reading + "\n";
    if (!paper.figures.empty()) {
        out += "\n" + paperTable(paper).markdown() +
               "\nIts figures are for other data and a far larger budget: compare their order, not "
               "their size. \"digest\": from a summary by readers of the paper; \"recalled\": from "
               "memory, not checked.\n";
    }
    return out;
}

std::string ablationJson(const Study& study, const AblationResults& results) {
    const auto paper = paperStudy(study.name);
    json points = json::array();
    for (const auto& point : averageSeeds(results)) {
        points.push_back({{"point", point.point.name},
                          {"place", point.point.place},
                          {"seeds", point.seeds},
                          {"failed", point.failed},
                          {"mean", point.mean},
                          {"deviation", point.deviation}});
    }
    json runs = json::array();
    for (const auto& run : results.runs) {
        runs.push_back(
            {{"run", run.run},
             {"point", run.point.name},
             {"seed", run.seed},
             {"steps", run.steps},
             {"model", run.failure.empty() ? json(run.run + "/model.safetensors") : json()},
             {"failure", run.failure.empty() ? json() : json(run.failure)},
             {"values", run.values}});
    }
    const auto orNull = [](std::optional<double> value) { return value ? json(*value) : json(); };
    json figures = json::array();
    for (const auto& figure : paper.figures) {
        figures.push_back({{"point", figure.point},
                           {"kitti_epe_px", orNull(figure.kittiEpePx)},
                           {"voc_miou", orNull(figure.vocMiou)},
                           {"davis_jf", orNull(figure.davisJf)},
                           {"source", sourceName(figure.source)}});
    }
    const json whole = {{"study", study.name},
                        {"points", points},
                        {"runs", runs},
                        {"paper", {{"reading", paper.reading}, {"figures", figures}}}};
    return whole.dump(2) + "\n";
}

Plot ablationPlot(const Study& study, const AblationResults& results) {
    Plot plot;
    plot.title = study.question;
    plot.widthPx = 760;
    auto errors = panelOver(study, "Flow error: lower is better", "EPE, px");
    std::vector<PlotPanel> content;
    int color = 0;
    for (const auto& column : results.columns) {
        if (column.kind == ColumnKind::FlowError) {
            addColumn(errors, study, results, column.name, color++);
        } else if (column.kind == ColumnKind::Content) {
            // Ranks, J&F and mIoU do not share an axis.
            content.push_back(
                panelOver(study, "Content, " + column.name + ": higher is better", ""));
            addColumn(content.back(), study, results, column.name, 2);
        }
    }
    plot.panels.push_back(std::move(errors));
    for (auto& panel : content) plot.panels.push_back(std::move(panel));
    for (auto& panel : plot.panels) panel.x.scale = axisScale(study, results);
    addPaperPanel(plot, study, "The paper: flow", "KITTI EPE, px", &PaperFigure::kittiEpePx);
    addPaperPanel(plot, study, "The paper: segmentation", "VOC mIoU, %", &PaperFigure::vocMiou);
    addPaperPanel(plot, study, "The paper: masks", "DAVIS J&F, %", &PaperFigure::davisJf);
    plot.notes.push_back("Measured: " + stepsText(results) + "; each dot is one seed.");
    if (paperStudy(study.name).figures.empty()) {
        plot.notes.push_back("The paper's curve is not known.");
    } else {
        plot.notes.push_back("The paper's figures are for other data and a larger budget.");
    }
    return plot;
}

void writeAblationReport(const Study& study, const AblationResults& results,
                         const std::filesystem::path& studyFolder) {
    writeWholeFile(studyFolder / "table.md", ablationTable(study, results));
    writeWholeFile(studyFolder / "table.json", ablationJson(study, results));
    writeWholeFile(studyFolder / "plot.svg", svgOf(ablationPlot(study, results)));
    std::string models;
    for (const auto& run : results.runs) {
        if (!run.failure.empty()) continue;
        models += run.run + "\t" + (studyFolder / run.run / "model.safetensors").string() + "\n";
    }
    writeWholeFile(studyFolder / "models.txt", models);
}

}  // namespace mcj
