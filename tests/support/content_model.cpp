#include "tests/support/content_model.h"

#include <QByteArray>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtEndian>

namespace mcj::test {

QString writeContentModel(const std::filesystem::path& from, const QString& path) {
    QFile shipped(QString::fromStdString(from.string()));
    if (!shipped.open(QIODevice::ReadOnly)) return shipped.errorString();
    const QByteArray bytes = shipped.readAll();
    constexpr qsizetype kLengthBytes = 8;
    const auto headerBytes = static_cast<qsizetype>(qFromLittleEndian<quint64>(bytes.constData()));
    const QJsonObject header =
        QJsonDocument::fromJson(bytes.mid(kLengthBytes, headerBytes)).object();
    QJsonObject config =
        QJsonDocument::fromJson(header["__metadata__"].toObject()["config"].toString().toUtf8())
            .object();
    config["mode"] = "vicreg";
    const QString configText =
        QString::fromUtf8(QJsonDocument(config).toJson(QJsonDocument::Compact));
    QJsonObject written{{"__metadata__", QJsonObject{{"config", configText}}}};
    QByteArray data;
    for (auto it = header.begin(); it != header.end(); ++it) {
        if (!it.key().startsWith("encoder.")) continue;
        QJsonObject tensor = it.value().toObject();
        const QJsonArray offsets = tensor["data_offsets"].toArray();
        const auto begin = static_cast<qsizetype>(offsets[0].toInteger());
        const auto end = static_cast<qsizetype>(offsets[1].toInteger());
        tensor["data_offsets"] = QJsonArray{data.size(), data.size() + end - begin};
        data += bytes.mid(kLengthBytes + headerBytes + begin, end - begin);
        written[it.key()] = tensor;
    }
    const QByteArray text = QJsonDocument(written).toJson(QJsonDocument::Compact);
    const quint64 length = qToLittleEndian(static_cast<quint64>(text.size()));
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly)) return file.errorString();
    file.write(reinterpret_cast<const char*>(&length), kLengthBytes);
    file.write(text);
    file.write(data);
    return file.flush() ? QString() : file.errorString();
}

}  // namespace mcj::test
