#include "viewer/session/project_store.h"
#include "viewer/session/layer_settings.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace mcj {
namespace {

const QString kSuffix = QStringLiteral(".mcjepa");

std::filesystem::path toPath(const QString& path) {
    return std::filesystem::path(path.toStdString());
}

std::string toJson(const QJsonDocument& document) {
    return document.toJson(QJsonDocument::Compact).toStdString();
}

std::string objectsToJson(const std::vector<MaskObject>& objects) {
    QJsonArray rows;
    for (const MaskObject& object : objects) {
        rows.append(
            QJsonObject{{"id", object.id},
                        {"name", object.name},
                        {"color", QJsonArray{object.color[0], object.color[1], object.color[2]}},
                        {"visible", object.visible}});
    }
    return toJson(QJsonDocument(rows));
}

std::vector<MaskObject> objectsFromJson(const std::string& text) {
    std::vector<MaskObject> objects;
    const QJsonArray rows = QJsonDocument::fromJson(QByteArray::fromStdString(text)).array();
    for (const auto& value : rows) {
        const QJsonObject row = value.toObject();
        const int id = row["id"].toInt();
        if (id < 1 || id >= kVoid) continue;
        MaskObject object;
        object.id = static_cast<ObjectId>(id);
        object.name = row["name"].toString();
        const QJsonArray color = row["color"].toArray();
        for (int c = 0; c < 3; ++c) {
            object.color[static_cast<std::size_t>(c)] =
                static_cast<std::uint8_t>(std::clamp(color.at(c).toInt(), 0, 255));
        }
        object.visible = row["visible"].toBool(true);
        objects.push_back(object);
    }
    return objects;
}

}  // namespace

ProjectStore::ProjectStore(MaskEditor& masks, LayerStack& layers, QString fallbackFolder,
                           QObject* parent)
    : QObject(parent), masks_(masks), layers_(layers), fallbackFolder_(std::move(fallbackFolder)) {
    connect(&masks_, &MaskEditor::committed, this, [this](const TrackEdit& edit) {
        guarded([&] {
            if (ensureStore()) lastEdit_ = store_->commit(edit);
        });
    });
    connect(&masks_, &MaskEditor::extended, this, [this](const FrameChange& change) {
        guarded([&] {
            if (store_ && lastEdit_) store_->extend(*lastEdit_, {change});
        });
    });
    connect(&masks_, &MaskEditor::walked, this, [this](bool undone) {
        guarded([&] {
            if (!store_) return;
            if (undone) {
                store_->undo();
            } else {
                store_->redo();
            }
        });
    });
    masks_.storedEdit = [this](MaskEditor::Step step) -> std::optional<TrackEdit> {
        std::optional<TrackEdit> edit;
        guarded([&] {
            if (!store_) return;
            edit = step == MaskEditor::Step::Revert ? store_->undo() : store_->redo();
        });
        return edit;
    };
    connect(&masks_, &MaskEditor::objectsChanged, this, [this] {
        guarded([&] {
            if (store_) store_->setSetting("objects", objectsToJson(masks_.objects()));
        });
    });
}

ProjectStore::~ProjectStore() { masks_.storedEdit = nullptr; }

template <typename Work>
void ProjectStore::guarded(Work&& work) {
    if (broken_) return;
    const auto outcome = runGuarded([&] {
        work();
        return true;
    });
    if (outcome.ok()) return;
    broken_ = true;
    Notice notice = noticeOf(outcome.error());
    notice.text = tr("Changes are not being saved: %1").arg(notice.text);
    if (notice.hint.isEmpty()) {
        notice.hint = tr("Export the masks before you close the window.");
    }
    Q_EMIT noticed(notice);
}

bool ProjectStore::isProject(const QString& path) {
    return path.endsWith(kSuffix, Qt::CaseInsensitive) && QFileInfo(path).isFile();
}

QString ProjectStore::videoOf(const QString& projectPath) {
    const MaskStore store = MaskStore::open(toPath(projectPath));
    const QString recorded = QString::fromStdString(store.video().path);
    if (QFileInfo::exists(recorded) || recorded.contains(QLatin1Char('*'))) return recorded;
    const QString beside = QFileInfo(projectPath).dir().filePath(QFileInfo(recorded).fileName());
    if (QFileInfo::exists(beside)) return beside;
    throw Error(ErrorCode::Input,
                tr("the video of %1 is not at %2").arg(projectPath, recorded).toStdString(),
                tr("Put the video beside the project file.").toStdString());
}

QString ProjectStore::pathBeside(const QString& videoPath) {
    QString name = QDir::cleanPath(videoPath);
    name.replace(QLatin1Char('*'), QLatin1Char('_')).replace(QLatin1Char('?'), QLatin1Char('_'));
    return name + kSuffix;
}

bool ProjectStore::holds(const QString& projectPath) const {
    if (!store_) return false;
    const QString asked = QFileInfo(projectPath).canonicalFilePath();
    return !asked.isEmpty() && asked == QFileInfo(path_).canonicalFilePath();
}

VideoIdentity ProjectStore::identity() const {
    VideoIdentity identity;
    const QFileInfo file(QString::fromStdString(video_.path));
    identity.path = file.exists() ? file.absoluteFilePath().toStdString() : video_.path;
    identity.bytes = file.isFile() ? static_cast<std::uint64_t>(file.size()) : 0;
    identity.frames = video_.frames;
    identity.size = video_.size;
    return identity;
}

FrameIndex ProjectStore::attach(const VideoInfo& video, const QString& projectPath) {
    store_.reset();
    lastEdit_.reset();
    broken_ = false;
    savedFrame_ = 0;
    video_ = video;
    const QString videoPath = QString::fromStdString(video.path);
    QString path = projectPath.isEmpty() ? pathBeside(videoPath) : projectPath;
    if (projectPath.isEmpty() && !QFileInfo::exists(path)) {
        const bool writable = QFileInfo(QFileInfo(path).absolutePath()).isWritable();
        const QByteArray key =
            QCryptographicHash::hash(QFileInfo(videoPath).absoluteFilePath().toUtf8(),
                                     QCryptographicHash::Sha1)
                .toHex()
                .left(12);
        const QString fallback = QDir(fallbackFolder_)
                                     .filePath(QFileInfo(videoPath).fileName() + QLatin1Char('-') +
                                               QString::fromLatin1(key) + kSuffix);
        if (!fallbackFolder_.isEmpty() && (!writable || QFileInfo::exists(fallback))) {
            path = fallback;
        }
    }
    path_ = path;
    if (QFileInfo::exists(path_)) {
        guarded([&] {
            MaskStore store = MaskStore::open(toPath(path_));
            const SizePx size = store.video().size;
            if (size != video_.size) {
                throw Error(ErrorCode::Input,
                            tr("%1 belongs to a video of %2 x %3 pixels, this one has %4 x %5")
                                .arg(path_)
                                .arg(size.width)
                                .arg(size.height)
                                .arg(video_.size.width)
                                .arg(video_.size.height)
                                .toStdString(),
                            tr("Rename the project file to start a new one.").toStdString());
            }
            savedFrame_ = restoreFrom(store);
            store_ = std::move(store);
        });
        if (store_) return savedFrame_;
    }
    masks_.reset(video_.size);
    return 0;
}

FrameIndex ProjectStore::restoreFrom(MaskStore& store) {
    masks_.restore(video_.size, store.loadTrack(),
                   objectsFromJson(store.setting("objects").value_or("[]")));
    std::vector<QString> labels;
    for (const EditSummary& edit : store.edits()) {
        if (edit.done) labels.push_back(QString::fromStdString(edit.label));
    }
    masks_.restoreUndo(labels);
    if (const auto layers = store.setting("layers")) layersFromJson(*layers, layers_);
    return QString::fromStdString(store.setting("frame").value_or("0")).toLongLong();
}

bool ProjectStore::ensureStore() {
    if (store_) return true;
    if (path_.isEmpty()) return false;
    QDir().mkpath(QFileInfo(path_).absolutePath());
    store_ = MaskStore::create(toPath(path_), identity());
    store_->setSetting("objects", objectsToJson(masks_.objects()));
    Q_EMIT created(path_);
    return true;
}

void ProjectStore::writeSettings(FrameIndex current) {
    store_->setSetting("objects", objectsToJson(masks_.objects()));
    store_->setSetting("layers", layersToJson(layers_));
    store_->setSetting("frame", std::to_string(current));
}

void ProjectStore::saveNow(FrameIndex current) {
    guarded([&] {
        if (ensureStore()) writeSettings(current);
    });
}

void ProjectStore::detach(FrameIndex current) {
    guarded([&] {
        if (store_) writeSettings(current);
    });
    store_.reset();
    lastEdit_.reset();
    path_.clear();
}

}  // namespace mcj
