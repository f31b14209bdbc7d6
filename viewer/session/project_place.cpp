#include "viewer/session/project_place.h"

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <algorithm>

#include "media/base/error.h"
#include "segmentation/project_paths.h"

namespace mcj {
namespace {

const QString kSuffix = QStringLiteral(".mcjepa");
constexpr qint64 kBlockBytes = 64 << 10;
constexpr qint64 kBlocks = 16;

/// A file, a folder, or the folder of a glob.
bool isThere(const QString& path) {
    const bool glob = path.contains(QLatin1Char('*')) || path.contains(QLatin1Char('?'));
    return QFileInfo::exists(path) || (glob && QFileInfo::exists(QFileInfo(path).absolutePath()));
}

QString tr(const char* text) { return QCoreApplication::translate("mcj::Document", text); }

}  // namespace

bool isProject(const QString& path) {
    return path.endsWith(kSuffix, Qt::CaseInsensitive) && QFileInfo(path).isFile();
}

QString projectBeside(const QString& videoPath) {
    QString name = QDir::cleanPath(videoPath);
    name.replace(QLatin1Char('*'), QLatin1Char('_')).replace(QLatin1Char('?'), QLatin1Char('_'));
    return name + kSuffix;
}

QString projectFor(const QString& videoPath, const QString& fallbackFolder) {
    const QString beside = projectBeside(videoPath);
    if (fallbackFolder.isEmpty() || QFileInfo::exists(beside)) return beside;
    const bool writable = QFileInfo(QFileInfo(beside).absolutePath()).isWritable();
    const QByteArray key =
        QCryptographicHash::hash(QFileInfo(videoPath).absoluteFilePath().toUtf8(),
                                 QCryptographicHash::Sha1)
            .toHex()
            .left(12);
    const QString fallback = QDir(fallbackFolder)
                                 .filePath(QFileInfo(videoPath).fileName() + QLatin1Char('-') +
                                           QString::fromLatin1(key) + kSuffix);
    return !writable || QFileInfo::exists(fallback) ? fallback : beside;
}

bool hasContentOf(const VideoIdentity& recorded, const QString& path) {
    const QFileInfo file(path);
    if (recorded.bytes == 0 || !file.isFile()) return false;
    if (static_cast<std::uint64_t>(file.size()) != recorded.bytes) return false;
    return recorded.sample.empty() || sampleOfVideo(path.toStdString()) == recorded.sample;
}

QString relativeTo(const QString& video, const QString& project) {
    return QFileInfo(project).absoluteDir().relativeFilePath(QFileInfo(video).absoluteFilePath());
}

QString videoOfProject(const QString& projectPath) {
    const VideoIdentity recorded =
        ProjectFile::videoIn(std::filesystem::path(projectPath.toStdString()));
    const QString path = QString::fromStdString(recorded.path);
    const QDir folder = QFileInfo(projectPath).absoluteDir();
    QStringList places{path, folder.filePath(QFileInfo(path).fileName())};
    if (!recorded.relative.empty()) {
        places.prepend(pathOfProject(QString::fromStdString(recorded.relative), projectPath));
    }
    for (const QString& place : places) {
        if (hasContentOf(recorded, place)) return place;
    }
    if (recorded.bytes != 0) {
        for (const QFileInfo& file : folder.entryInfoList(QDir::Files)) {
            if (hasContentOf(recorded, file.filePath())) return file.filePath();
        }
    }
    for (const QString& place : places) {
        if (isThere(place)) return place;
    }
    throw Error(
        ErrorCode::Input,
        tr("the video of %1 was not found at %2").arg(projectPath, path).toStdString(),
        tr("Move the video next to the project file, or use Look for the project's video in the "
           "File menu: it looks for a file with the same content.")
            .toStdString());
}

QString pathInProject(const QString& path, const QString& project) {
    if (path.isEmpty()) return {};
    const QString relative = QFileInfo(project).absoluteDir().relativeFilePath(path);
    const bool below = relative != QLatin1String("..") &&
                       !relative.startsWith(QLatin1String("../")) && QDir::isRelativePath(relative);
    return below ? relative : path;
}

QString pathOfProject(const QString& stored, const QString& project) {
    if (stored.isEmpty()) return {};
    return QDir::cleanPath(QFileInfo(project).absoluteDir().absoluteFilePath(stored));
}

Opening openingOf(const QString& path) {
    return isProject(path) ? Opening{videoOfProject(path), path} : Opening{path, {}};
}

VideoIdentity identityOf(const VideoInfo& video) {
    VideoIdentity identity;
    const QFileInfo file(QString::fromStdString(video.path));
    identity.path = file.exists() ? file.absoluteFilePath().toStdString() : video.path;
    identity.bytes = file.isFile() ? static_cast<std::uint64_t>(file.size()) : 0;
    identity.frames = video.frames;
    identity.size = video.size;
    return identity;
}

std::string sampleOfVideo(const std::string& path) {
    QFile file(QString::fromStdString(path));
    if (!QFileInfo(file).isFile() || !file.open(QIODevice::ReadOnly)) return {};
    QCryptographicHash hash(QCryptographicHash::Sha256);
    hash.addData(QByteArray::number(file.size()));
    const qint64 step = std::max(file.size() / kBlocks, kBlockBytes);
    for (qint64 at = 0; at < file.size(); at += step) {
        if (!file.seek(at)) return {};
        hash.addData(file.read(kBlockBytes));
    }
    return hash.result().toHex().toStdString();
}

QString differenceOf(const VideoIdentity& recorded, const VideoIdentity& now) {
    if (recorded.bytes != 0 && now.bytes != 0 && recorded.bytes != now.bytes) {
        return tr("It has %1 bytes, the recorded video has %2.").arg(now.bytes).arg(recorded.bytes);
    }
    if (!recorded.sample.empty() && !now.sample.empty() && recorded.sample != now.sample) {
        return tr("Its content differs from the recorded video.");
    }
    if (recorded.frames && now.frames && *recorded.frames != *now.frames) {
        return tr("It has %1 frames, the recorded video has %2.")
            .arg(static_cast<qint64>(*now.frames))
            .arg(static_cast<qint64>(*recorded.frames));
    }
    return {};
}

}  // namespace mcj
