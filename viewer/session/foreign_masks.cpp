#include "viewer/session/foreign_masks.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <filesystem>
#include <memory>
#include <string_view>
#include <utility>

#include "media/base/error.h"
#include "media/io/image_sequence_reader.h"
#include "segmentation/mask_formats/clip_masks.h"
#include "segmentation/mask_formats/mask_picture.h"
#include "viewer/session/mask_import_run.h"
#include "viewer/session/mask_write_back_run.h"
#include "viewer/session/project_place.h"

namespace mcj {
namespace {

bool holdsPictures(const std::filesystem::path& folder) {
    return runGuarded([&folder] { return listImages(folder.string()); }).ok();
}

}  // namespace

ForeignMasks::ForeignMasks(const Parts& parts, QObject* parent) : QObject(parent), parts_(parts) {
    connect(&parts_.frames, &FrameProvider::scanAdvanced, this, &ForeignMasks::openWaiting);
    connect(&parts_.document, &Document::reset, this, &ForeignMasks::openWaiting);
    // An edit after an undo drops the opening from the log, as if it had never been. (The log may
    // also forget old edits that are done; their masks are still those that were opened.)
    const auto wasUndone = std::make_shared<bool>(false);
    const auto look = [this, wasUndone] {
        if (!edit_) {
            *wasUndone = false;
            return;
        }
        if (!parts_.document.ready()) return;
        const bool dropped = *wasUndone && !parts_.document.log().holds(*edit_);
        *wasUndone = undone();
        if (!dropped) return;
        *wasUndone = false;
        clear();
        Q_EMIT edited();
    };
    connect(&parts_.document, &Document::logChanged, this, look);
    connect(this, &ForeignMasks::changed, this, look);
}

bool ForeignMasks::takes(const QString& path) const {
    if (!parts_.frames.isOpen()) return false;
    const std::filesystem::path chosen(path.toStdString());
    const auto masks = runGuarded([&] {
        const MaskFormat& format = detectMaskFormat(chosen);
        if (std::string_view(format.id) == "cutie" && holdsPictures(chosen)) return false;
        if (std::string_view(format.id) != "davis") return true;
        // A folder of pictures may as well be a clip.
        const std::filesystem::path first = listMaskFiles(chosen).front();
        return !reasonAgainstLabels(first) &&
               readMaskPng(first).size() == parts_.frames.info().size;
    });
    return masks.ok() && masks.value();
}

void ForeignMasks::open(const QString& path) {
    waiting_ = QDir::cleanPath(QFileInfo(path).absoluteFilePath());
    openWaiting();
}

void ForeignMasks::openWaiting() {
    if (waiting_.isEmpty() || !parts_.document.ready() || !parts_.frames.scanned()) return;
    const QString path = std::exchange(waiting_, {});
    const auto outcome = runGuarded([&] {
        const MaskedClip clip{parts_.frames.info().path, parts_.frames.frameCount()};
        auto run = std::make_unique<MaskImportRun>(
            parts_.masks, requestFor(clip, maskSetPath(path.toStdString())),
            parts_.frames.info().size, clip.frames, ImportPurpose::Review);
        connect(run.get(), &MaskImportRun::imported, this,
                [this, path](const QString& format, const QString& digest) {
                    adopt(path, format, digest);
                });
        return parts_.runs.start(std::move(run));
    });
    if (!outcome.ok()) Q_EMIT noticed(noticeOf(outcome.error()));
}

void ForeignMasks::adopt(const QString& path, const QString& format, const QString& digest) {
    path_ = path;
    format_ = format;
    digest_ = digest;
    edit_.reset();
    if (const Edit* edit = parts_.document.log().nextUndo()) edit_ = edit->id;
    parts_.reviews.setShown(true);
    Q_EMIT changed();
    Q_EMIT edited();
}

bool ForeignMasks::undone() const {
    if (!edit_) return false;
    const EditLog& log = parts_.document.log();
    // The log forgets its oldest edits, not one between others.
    if (!log.holds(*edit_)) return log.size() > 0 && log.at(0).id < *edit_;
    for (std::size_t i = log.done(); i < log.size(); ++i) {
        if (log.at(i).id == *edit_) return true;
    }
    return false;
}

QString ForeignMasks::whyNotBack() const {
    if (path_.isEmpty()) return tr("No masks of another program are open.");
    if (digest_.isEmpty()) {
        return tr("Masks of this format are not written back; export them instead.");
    }
    if (undone()) return tr("The opening of these masks was undone.");
    return {};
}

void ForeignMasks::writeBack() {
    if (const QString why = whyNotBack(); !why.isEmpty()) {
        Q_EMIT noticed(warningNotice(why));
        return;
    }
    parts_.masks.endStroke();
    const auto outcome = runGuarded([&] {
        const MaskedClip clip{parts_.frames.info().path, parts_.frames.frameCount()};
        MaskWriteBackRun::Order order;
        order.format = &readableMaskFormat(format_.toStdString());
        order.request = requestFor(clip, maskSetPath(path_.toStdString()));
        order.digest = digest_.toStdString();
        order.drawing = parts_.masks.rules().order;
        auto run = std::make_unique<MaskWriteBackRun>(parts_.masks.track(), std::move(order));
        connect(run.get(), &MaskWriteBackRun::written, this, [this](const QString& digest) {
            digest_ = digest;
            Q_EMIT changed();
            Q_EMIT edited();
        });
        return parts_.runs.start(std::move(run));
    });
    if (!outcome.ok()) Q_EMIT noticed(noticeOf(outcome.error()));
}

std::string ForeignMasks::toJson(const QString& project) const {
    if (path_.isEmpty()) return {};
    QJsonObject all{
        {"path", pathInProject(path_, project)}, {"format", format_}, {"digest", digest_}};
    if (edit_) all["edit"] = static_cast<qint64>(*edit_);
    return QJsonDocument(all).toJson(QJsonDocument::Compact).toStdString();
}

void ForeignMasks::fromJson(const std::string& text, const QString& project) {
    const QJsonObject all = QJsonDocument::fromJson(QByteArray::fromStdString(text)).object();
    path_ = pathOfProject(all["path"].toString(), project);
    format_ = all["format"].toString();
    digest_ = all["digest"].toString();
    edit_.reset();
    if (const qint64 edit = all["edit"].toInteger(-1); edit >= 0) {
        edit_ = static_cast<EditId>(edit);
    }
    Q_EMIT changed();
}

void ForeignMasks::clear() {
    waiting_.clear();
    path_.clear();
    format_.clear();
    digest_.clear();
    edit_.reset();
    Q_EMIT changed();
}

}  // namespace mcj
