#include "viewer/session/command_line.h"

#include <QFileInfo>
#include <QStringList>
#include <algorithm>

#include "inference/analysis/analysis_export.h"
#include "inference/engine/flow_command.h"
#include "media/figure/motion_lines.h"
#include "segmentation/rle.h"

namespace mcj {
namespace {

/// Without quotes where none are needed.
QString quoted(const QString& word) {
    const auto plain = [](QChar c) {
        return (c.isLetterOrNumber() && c.unicode() < 128) || QStringLiteral("_-./:=,").contains(c);
    };
    if (!word.isEmpty() && std::all_of(word.begin(), word.end(), plain)) return word;
    QString inside = word;
    inside.replace(QLatin1Char('\''), QStringLiteral("'\\''"));
    return QLatin1Char('\'') + inside + QLatin1Char('\'');
}

/// Maps of `mcjepa analyze` that the visible layers show; flow where none is visible.
QStringList mapsOf(const View& view) {
    QStringList maps;
    std::vector<std::string> kinds;
    for (const Layer& layer : view.layers().layers()) {
        if (!layer.drawn()) continue;
        if (layer.kind != kDifferenceLayer) {
            kinds.push_back(layer.kind);
            continue;
        }
        // Both maps by the methods of this view: the command has no difference.
        kinds.push_back(view.difference().first.layer);
        kinds.push_back(view.difference().second.layer);
    }
    const bool fromFiles = isFlowFiles(view.flowInUse());
    for (const std::string& layer : kinds) {
        const char* product = layerTraits(layer).product;
        if (product == nullptr) continue;
        const ProductKind& kind = productKind(product);
        const bool ofFrame = !kind.ofPair && !kind.byClip;
        // Streamlines are in the overlay.
        if (kind.byQuery || kind.byTruth || ofFrame || layer == kStreamlinesLayer) continue;
        if (fromFiles && needsBackwardFlow(parseAnalysisMap(product))) continue;
        maps.append(QString::fromLatin1(product));
    }
    maps.removeDuplicates();
    return maps.isEmpty() ? QStringList{"flow"} : maps;
}

/// The options that say what of the frame is searched. An object's pixels are written out: the mask
/// may be in no file, or differ from the one of the query by now.
QStringList whereOf(const SimilarityQuery& query) {
    if (!query.region) {
        return {"--point", QStringLiteral("%1,%2").arg(query.where.x).arg(query.where.y)};
    }
    const Mask mask(query.region->inside());
    const std::string counts = cocoCountsToString(encodeCocoRle(mask, 1).counts);
    return {"--object", QString::number(query.region->object()), "--pixels",
            quoted(QString::fromStdString(counts))};
}

QStringList engineOptions(const View& view) {
    QStringList words;
    const EngineOptions& options = view.engine().options;
    if (!options.model.empty()) {
        words << "--model" << quoted(QString::fromStdString(options.model.string()));
    }
    if (options.precision != "auto") {
        words << "--precision" << QString::fromStdString(options.precision);
    }
    if (options.maxSidePx > 0) words << "--max-side" << QString::number(options.maxSidePx);
    return words;
}

/// Whether the command draws them: with a gap it has no flow from each frame to the next.
bool showsStreamlines(const View& view) {
    return view.gap() == 1 && view.layers().layer(kStreamlinesLayer).drawn();
}

/// An overlay where lines are shown.
QStringList overlayOptions(const View& view, const QString& folder) {
    const auto options = [&folder](const char* style, int spacingPx, LineColors colors) {
        return QStringList{
            "--overlay",       quoted(folder + QStringLiteral(".mp4")),
            "--overlay-style", style,
            "--spacing",       QString::number(spacingPx),
            "--line-colors",   QString::fromStdString(std::string(lineColorsName(colors)))};
    };
    if (showsStreamlines(view)) {
        const StreamLook& look = view.layers().layer(kStreamlinesLayer).streams();
        return options("streamlines", look.spacingPx, look.colors)
               << "--line-frames" << QString::number(look.frames);
    }
    const Layer& arrows = view.layers().layer(kArrowsLayer);
    if (!arrows.drawn()) return {};
    const ArrowLook& look = arrows.arrows();
    return options("arrows", look.spacingPx, look.colors)
           << "--arrow-length" << QString::number(static_cast<double>(look.length));
}

/// The flow method, where it is not flow from files.
QStringList methodOptions(const View& view) {
    const std::string flow = view.flowInUse();
    if (!isFlowCommand(flow)) return {"--method", QString::fromStdString(flow)};
    return {"--flow-command", quoted(QString::fromStdString(flowCommandOf(flow).line()))};
}

/// The command of the curves under the timeline; empty where they are not shown, and for flow from
/// files, which has no curves.
QString curvesCommand(const Session& session, const QString& video) {
    const View& view = session.view();
    if (!session.timeline().curves.shown() || isFlowFiles(view.flowInUse())) return {};
    const QString table = QFileInfo(video).completeBaseName() + QStringLiteral("-curves.csv");
    QStringList words{"mcjepa", "curves", quoted(video), "-o", quoted(table)};
    if (const Marks& marks = session.timeline().marks; marks.limited()) {
        const FrameSpan part = marks.span(session.frames().frameCount());
        words << "--range" << QStringLiteral("%1:%2").arg(part.begin).arg(part.end);
    }
    return (words + methodOptions(view) + engineOptions(view)).join(QLatin1Char(' '));
}

/// The command of the maps that the active view shows for its frame.
QString mapsCommand(const Session& session, const QString& video) {
    const View& view = session.view();
    const QString folder = QFileInfo(video).completeBaseName() + QStringLiteral("-maps");
    const FrameIndex frame = view.frame()->index;
    QStringList words{"mcjepa"};
    const bool similarity = view.query() && view.layers().layer(kSimilarityLayer).drawn();
    if (similarity) {
        const SimilarityQuery query = *view.query();
        words << "similarity" << quoted(video) << "-o" << quoted(folder) << "--frame"
              << QString::number(query.frame) << whereOf(query) << "--level"
              << QString::number(view.level()) << "--range"
              << QStringLiteral("%1:%2").arg(frame).arg(frame + 1);
        return (words + engineOptions(view)).join(QLatin1Char(' '));
    }
    const QStringList maps = mapsOf(view);
    // Of the shown frame and all that its streamlines go through.
    const StreamlinesPtr lines =
        showsStreamlines(view) ? view.streamlines(kStreamlinesLayer) : nullptr;
    const FrameIndex frames = lines ? std::ssize(lines->places) - 1 : view.gap();
    words << "analyze" << quoted(video) << "-o" << quoted(folder) << "--maps"
          << maps.join(QLatin1Char(',')) << "--range"
          << QStringLiteral("%1:%2").arg(frame).arg(frame + frames + 1);
    if (view.gap() > 1) words << "--gap" << QString::number(view.gap());
    if (const FlowFilesPtr files = view.files(view.flowInUse())) {
        words << "--flow-from" << quoted(QString::fromStdString(files->path()));
    } else {
        words << methodOptions(view);
    }
    if (view.truth()) words << "--truth" << quoted(QString::fromStdString(view.truth()->path()));
    if (maps.contains("feature-error") || maps.contains("feature-colors")) {
        words << "--level" << QString::number(view.level());
    }
    if (maps.contains("flow")) {
        const FlowLook& look = view.layers().layer(kFlowLayer).flow();
        words << "--flow-scale" << QString::number(static_cast<double>(look.scalePx));
        if (look.wheel == FlowWheel::VisionSafe) words << "--wheel" << "vision-safe";
    }
    if (const OcclusionRule& rule = view.occlusionRule();
        maps.contains("occlusion") && rule != OcclusionRule{}) {
        words << "--occlusion-alpha" << QString::number(static_cast<double>(rule.alpha))
              << "--occlusion-beta" << QString::number(static_cast<double>(rule.beta));
    }
    words << overlayOptions(view, folder);
    return (words + engineOptions(view)).join(QLatin1Char(' '));
}

}  // namespace

QString commandLineOf(const Session& session) {
    if (!session.isOpen() || !session.view().frame()) return {};
    const QString video = QString::fromStdString(session.frames().info().path);
    const QString curves = curvesCommand(session, video);
    const QString maps = mapsCommand(session, video);
    return curves.isEmpty() ? maps : maps + QStringLiteral(" && ") + curves;
}

}  // namespace mcj
