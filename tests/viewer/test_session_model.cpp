#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSignalSpy>
#include <QtEndian>
#include <filesystem>

#include "inference/engine/engine_loader.h"
#include "media/io/manifest.h"
#include "tests/viewer/session_fixture.h"
#include "viewer/session/export_run.h"

namespace {

using namespace mcj;
using namespace mcj::test;

/// The shipped model as one that learnt content alone: its encoder, and "vicreg" as its mode. What
/// went wrong, else nothing.
QString writeContentModel(const QString& path) {
    QFile shipped(QString::fromStdString(shippedModelPath().string()));
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

/// A session on the network itself: skipped, in words, where there is none.
class TestSessionModel : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        if (!runGuarded([] { return shippedModelPath(); }).ok()) {
            QSKIP("the shipped model is not here");
        }
        if (!std::filesystem::exists(MCJ_BIN_DIR "/../lib/libmcj_torch.so")) {
            QSKIP("libmcj_torch is not built");
        }
        fixture_ = std::make_unique<SessionFixture>(6);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
        contentModel_ = fixture_->path("content.safetensors");
        const QString problem = writeContentModel(contentModel_);
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
    }

    void aModelOfContentAloneIsSaidAndLeavesFlowToDis() {
        const auto session = sessionWith(contentModel_);
        QSignalSpy notices(session.get(), &Session::noticed);
        session->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(session->analysis().engineState(), EngineState::Ready);
        QVERIFY(!session->analysis().engineInfo()->hasFlow);
        QCOMPARE(session->analysis().method(), FlowMethod::ModelFast);
        QCOMPARE(session->analysis().methodInUse(), FlowMethod::Dis);
        QCOMPARE(notices.size(), 1);
        const auto notice = notices.front().front().value<Notice>();
        QCOMPARE(notice.level, Notice::Level::Warning);
        QVERIFY2(notice.text.contains("no flow") && notice.text.contains("DIS"),
                 qPrintable(notice.text));
        QVERIFY(session->flow());
        // What such a model has learnt, it does.
        session->setQuery({30.0F, 32.0F});
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(session->map(LayerKind::Similarity));
        QCOMPARE(notices.size(), 1);
    }

    void moreDetailIsAFlowOfItsOwn() {
        const auto session = sessionWith({});
        session->setFlowMethod(FlowMethod::Model);
        session->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(session->analysis().methodInUse(), FlowMethod::Model);
        const FlowPtr full = session->flow();
        QVERIFY(full);
        session->setFlowMethod(FlowMethod::ModelFast);
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(session->analysis().methodInUse(), FlowMethod::ModelFast);
        QVERIFY(session->flow() && session->flow() != full);
        QVERIFY(session->flow()->vectors != full->vectors);
    }

    void anExportStartedWhileTheModelLoadsIsTheModels() {
        const Manifest manifest = exportedAtOnce({}, "early maps");
        QVERIFY(manifest.complete);
        QCOMPARE(manifest.options.at("method"), std::string("model-fast"));
        QCOMPARE(manifest.modelSha256, sha256OfFile(shippedModelPath()));
    }

    void anExportByAModelOfContentAloneIsByDis() {
        const Manifest manifest = exportedAtOnce(contentModel_, "content maps");
        QVERIFY(manifest.complete);
        QCOMPARE(manifest.options.at("method"), std::string("dis"));
        // No model took part in what was written.
        QVERIFY(manifest.modelSha256.empty());
    }

private:
    [[nodiscard]] std::unique_ptr<Session> sessionWith(const QString& model) const {
        SessionOptions options;
        options.engine.model = model.toStdString();
        options.engine.device = "cpu";
        options.projectFolder = fixture_->path("projects");
        return std::make_unique<Session>(options);
    }

    /// The manifest of an export started before the model is there; empty where it does not end.
    [[nodiscard]] Manifest exportedAtOnce(const QString& model, const QString& name) const {
        const auto session = sessionWith(model);
        session->open(fixture_->video());
        if (!QTest::qWaitFor([&] { return session->isOpen() && session->frameCountExact(); },
                             30'000)) {
            return {};
        }
        if (session->analysis().engineState() == EngineState::Ready) return {};
        MapExportSettings settings;
        settings.analysis.folder = fixture_->path(name).toStdString();
        settings.analysis.formats = {MapFormat::Flo};
        settings.analysis.range = {0, 3, 1};
        settings.analysis.scale = {FlowScale::Kind::Fixed, 2.0F};
        settings.analysis.method = session->analysis().method();
        if (!session->startRun(std::make_unique<ExportRun>(session->analysis(), settings,
                                                           session->video()))) {
            return {};
        }
        if (!QTest::qWaitFor([&] { return session->run() == nullptr; }, 60'000)) return {};
        return readManifest(settings.analysis.folder / "manifest.json");
    }

    std::unique_ptr<SessionFixture> fixture_;
    QString contentModel_;
};

}  // namespace

QTEST_MAIN(TestSessionModel)
#include "test_session_model.moc"
