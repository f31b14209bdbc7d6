#include "viewer/session/view_settings.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <algorithm>

#include "segmentation/project_paths.h"
#include "viewer/session/layer_settings.h"

namespace mcj {
namespace {

// The names must not change: project files contain them. The layers of the first view have a
// setting of their own, which programs with one view read.

constexpr const char* kOverlapsSetting = "overlaps";
constexpr const char* kOverlapsKept = "keep";

/// Of a damaged project: beyond any clip, and sums with it do not overflow.
constexpr FrameIndex kMostFrame = 1'000'000'000'000;
/// Ids of flow from files begin with it, then the path; the flow of a view whose files are not open
/// is this alone.
const QString kUnopenedFlow = QStringLiteral("files:");

/// Of "places", which is missing where zoom and position are linked.
const QString kSeparatePlaces = QStringLiteral("separate");

QJsonObject toJson(const DifferenceTerm& term) {
    return {{"view", static_cast<int>(term.view)}, {"layer", QString::fromStdString(term.layer)}};
}

/// `usual` where the row names no map.
DifferenceTerm termOf(const QJsonObject& row, DifferenceTerm usual) {
    const std::string layer = row["layer"].toString().toStdString();
    const LayerTraits* traits = findLayerTraits(layer);
    if (traits == nullptr || !isDifferenceTerm(*traits)) return usual;
    constexpr int kLast = static_cast<int>(ViewSet::kMost) - 1;
    return {static_cast<std::size_t>(std::clamp(row["view"].toInt(), 0, kLast)), layer};
}

QJsonObject toJson(const View& view) {
    QJsonObject row{{"layers", QString::fromStdString(layersToJson(view.layers()))},
                    {"flow", QString::fromStdString(view.flowProvider())},
                    {"level", view.wantedLevel()},
                    {"offset", static_cast<qint64>(view.offset())},
                    {"gap", static_cast<qint64>(view.gap())},
                    {"occlusion-alpha", view.occlusionRule().alpha},
                    {"occlusion-beta", view.occlusionRule().beta},
                    {"difference", QJsonArray{toJson(view.difference().first),
                                              toJson(view.difference().second)}}};
    // The id changes with the contents of the files.
    if (const FlowFilesPtr files = view.files(view.flowProvider())) {
        row["flow-path"] = QString::fromStdString(files->path());
    } else if (!view.awaitedFlow().empty()) {
        row["flow"] = kUnopenedFlow;
        row["flow-path"] = QString::fromStdString(view.awaitedFlow());
    }
    return row;
}

/// The loaded files that a view used when it was stored; null for none.
FlowFilesPtr filesOf(const QJsonObject& row, const View& view) {
    const std::string id = row["flow"].toString().toStdString();
    if (!isFlowFiles(id)) return nullptr;
    if (FlowFilesPtr same = view.files(id)) return same;
    const std::string path = row["flow-path"].toString().toStdString();
    const auto& all = view.flowFiles();
    const auto found = std::find_if(all.begin(), all.end(), [&path](const FlowFilesPtr& files) {
        return files->path() == path;
    });
    return found == all.end() ? nullptr : *found;
}

void fromJson(const QJsonObject& row, View& view) {
    layersFromJson(row["layers"].toString().toStdString(), view.layers());
    const std::string flow = row["flow"].toString().toStdString();
    const auto known = flowProviders();
    if (levelOfFlow(flow) ||
        std::any_of(known.begin(), known.end(),
                    [&flow](const FlowProvider& provider) { return flow == provider.id; })) {
        view.setFlowProvider(flow);
    } else if (const FlowFilesPtr files = filesOf(row, view)) {
        view.setFlowProvider(files->id());
    } else if (isFlowFiles(flow)) {
        view.awaitFlow(row["flow-path"].toString().toStdString());
    }
    view.setLevel(std::clamp(row["level"].toInt(view.wantedLevel()), 1, 6));
    view.setOffset(
        std::clamp<FrameIndex>(row["offset"].toInteger(), -View::kMostOffset, View::kMostOffset));
    view.setGap(row["gap"].toInteger(1));
    const QJsonArray terms = row["difference"].toArray();
    const MapDifference difference;
    view.setDifference({termOf(terms.at(0).toObject(), difference.first),
                        termOf(terms.at(1).toObject(), difference.second)});
    const OcclusionRule usual;
    view.setOcclusionRule({static_cast<float>(row["occlusion-alpha"].toDouble(usual.alpha)),
                           static_cast<float>(row["occlusion-beta"].toDouble(usual.beta))});
}

QJsonObject objectOf(const std::string& text) {
    return QJsonDocument::fromJson(QByteArray::fromStdString(text)).object();
}

}  // namespace

std::string viewsToJson(const ViewSet& views) {
    QJsonArray rows;
    for (std::size_t i = 0; i < views.size(); ++i) {
        QJsonObject row = toJson(views.at(i));
        row["model"] = QString::fromStdString(views.ownModel(i).string());
        rows.append(row);
    }
    QJsonObject all{{"arrangement", arrangementName(views.arrangement())},
                    {"wipe", views.wipe()},
                    {"active", static_cast<int>(views.activeIndex())},
                    {"views", rows}};
    if (views.frameLinking() == FrameLinking::Separate) {
        all["offsets-from"] = static_cast<qint64>(views.offsetsFrom());
    }
    if (views.placeLinking() == PlaceLinking::Separate) all["places"] = kSeparatePlaces;
    return QJsonDocument(all).toJson(QJsonDocument::Compact).toStdString();
}

void viewsFromJson(const std::string& text, ViewSet& views) {
    const QJsonObject all = objectOf(text);
    const QJsonArray rows = all["views"].toArray();
    if (rows.isEmpty()) return;
    // The stored offsets are taken over as they are.
    views.setFrameLinking(FrameLinking::Linked);
    for (qsizetype i = 0; i < rows.size(); ++i) {
        const auto index = static_cast<std::size_t>(i);
        if (index >= ViewSet::kMost) break;
        views.ensure(index + 1);
        const QJsonObject row = rows.at(i).toObject();
        // Earlier versions kept none of the first view.
        if (row.contains("model")) {
            views.useModel(index, row["model"].toString().toStdString());
        }
        fromJson(row, views.at(index));
    }
    views.arrange(arrangementNamed(all["arrangement"].toString().toStdString()));
    views.setWipe(all["wipe"].toDouble(views.wipe()));
    views.activate(static_cast<std::size_t>(std::max(0, all["active"].toInt())));
    views.setPlaceLinking(all["places"].toString() == kSeparatePlaces ? PlaceLinking::Separate
                                                                      : PlaceLinking::Linked);
    // Missing where the views are linked.
    const QJsonValue from = all["offsets-from"];
    if (from.isDouble())
        views.restoreSeparate(std::clamp<FrameIndex>(from.toInteger(), 0, kMostFrame));
}

ProjectSettings settingsOf(const ViewSet& views, const MaskEditor& masks, const Marks& marks,
                           FrameIndex frame) {
    ProjectSettings settings{{"layers", layersToJson(views.at(0).layers())},
                             {kViewsSetting, viewsToJson(views)},
                             {"pins", pinsToJson(views.active().pins())},
                             {"hidden-objects", masks.hiddenObjects()},
                             {"marks", marks.toJson()},
                             {"frame", std::to_string(frame)}};
    // Projects in which it was never chosen stay as they are.
    if (const auto chosen = masks.chosenOverlaps()) {
        settings[kOverlapsSetting] = *chosen == Overlaps::Keep ? kOverlapsKept : "replace";
    }
    return settings;
}

FrameIndex restoreSettings(const ProjectSettings& settings, ViewSet& views, MaskEditor& masks,
                           Marks& marks) {
    const auto named = [&settings](const char* name) {
        const auto found = settings.find(name);
        return found == settings.end() ? std::string() : found->second;
    };
    layersFromJson(named("layers"), views.at(0).layers());
    viewsFromJson(named(kViewsSetting), views);
    // A point clicked meanwhile is kept instead.
    if (views.active().pins().empty()) views.active().setPins(pinsFromJson(named("pins")));
    masks.setHiddenObjects(named("hidden-objects"));
    if (settings.contains(kOverlapsSetting)) {
        masks.setOverlaps(named(kOverlapsSetting) == kOverlapsKept ? Overlaps::Keep
                                                                   : Overlaps::Replace);
    }
    if (settings.contains("marks")) marks.fromJson(named("marks"));
    return QString::fromStdString(named("frame")).toLongLong();
}

}  // namespace mcj
