#include "ui/export_start.h"

#include <QDir>
#include <QFileInfo>
#include <filesystem>

#include "viewer/session/export_run.h"
#include "viewer/session/frame_picture.h"

namespace mcj {
namespace {

std::filesystem::path targetOf(const ExportChoice& choice) {
    return std::filesystem::path(choice.target.toStdString());
}

std::unique_ptr<Run> maskExport(Session& session, const ExportChoice& choice) {
    MaskExportRequest request;
    request.folder = targetOf(choice);
    request.begin = choice.begin;
    request.end = choice.end;
    request.size = session.frames().info().size;
    request.existing = choice.existing == ExistingFiles::Replace ? ExistingFolder::Replace
                                                                 : ExistingFolder::Refuse;
    request.format = choice.maskFormat;
    request.loss = choice.maskLoss;
    for (const MaskObject& object : session.masks().objects()) request.objects.set(object);
    return std::make_unique<MaskExportRun>(session.masks(), session.view().engine(), request,
                                           session.frames().info());
}

std::unique_ptr<Run> mapExport(Session& session, const ExportChoice& choice) {
    const View& view = session.view();
    MapExportSettings settings;
    settings.analysis.folder = targetOf(choice);
    settings.analysis.existing = choice.existing;
    settings.analysis.maps = choice.maps;
    settings.analysis.formats = choice.formats;
    settings.analysis.range = {choice.begin, choice.end, 1};
    const FlowLook& flow = view.layers().layer(kFlowLayer).flow();
    settings.analysis.scale = {FlowScale::Kind::Fixed, flow.scalePx};
    settings.scalePinned = flow.pinned;
    settings.analysis.wheel = flow.wheel;
    settings.analysis.method = view.flowProvider();
    settings.analysis.gap = view.gap() > 1 ? view.gap() : 0;
    settings.analysis.flowFiles = view.files(view.flowProvider());
    // Without maps that need it, the truth would only cost time.
    if (choice.maps.contains(AnalysisMap::FlowError) ||
        choice.maps.contains(AnalysisMap::AngleError)) {
        settings.analysis.truth = view.truth();
    }
    settings.analysis.featureLevel = view.level();
    settings.analysis.occlusionRule = view.occlusionRule();
    settings.similarityLook = view.layers().layer(kSimilarityLayer).scalar();
    if (choice.similarity) {
        settings.query = view.query();
        settings.queryFrame = view.queryFrame();
        if (!settings.queryFrame) {
            throw Error(
                ErrorCode::Usage,
                QObject::tr("The frame of the selected pin is not in memory").toStdString(),
                QObject::tr("Go to the frame of the pin, then export again.").toStdString());
        }
    }
    return std::make_unique<ExportRun>(session.engines(), view.engine().id, std::move(settings),
                                       session.frames().info());
}

}  // namespace

bool startExport(Session& session, const ExportChoice& choice) {
    const QString parent = QFileInfo(choice.target).absolutePath();
    if (!QDir().mkpath(parent)) {
        throw Error(ErrorCode::Input,
                    QObject::tr("The folder %1 cannot be created").arg(parent).toStdString(),
                    QObject::tr("Choose another folder.").toStdString());
    }
    switch (choice.kind) {
    case ExportKind::ShownFrame:
        return session.runs().start(
            std::make_unique<PictureExportRun>(pictureOfShownFrame(session), targetOf(choice)));
    case ExportKind::Masks: return session.runs().start(maskExport(session, choice));
    case ExportKind::Maps: break;
    }
    return session.runs().start(mapExport(session, choice));
}

}  // namespace mcj
