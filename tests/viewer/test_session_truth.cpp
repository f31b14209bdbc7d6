// Ground truth and another method's flow from files, in the session.
#include <QDir>
#include <QFile>
#include <QSignalSpy>

#include "inference/analysis/flow_metrics.h"
#include "inference/engine/flow_command.h"
#include "media/io/flow_file.h"
#include "segmentation/project_file.h"
#include "tests/support/stand_in_engine.h"
#include "tests/viewer/session_fixture.h"
#include "viewer/session/command_line.h"
#include "viewer/session/project_place.h"
#include "viewer/session/view_settings.h"

namespace {

using namespace mcj;
using namespace mcj::test;

constexpr int kFrames = 8;
/// Truth begins here, as in an export of a range, and has this many frames.
constexpr FrameIndex kFirstTruth = 0;
constexpr FrameIndex kTruths = 5;

bool equal(const FlowPtr& a, const FlowField& b) { return a && a->vectors == b.vectors; }

class TestSessionTruth : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
    }

    void init() {
        fixture_ = std::make_unique<SessionFixture>(kFrames);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
        for (const QString folder : {"truth", "other"}) {
            QVERIFY(QDir().mkpath(fixture_->path(folder)));
        }
        for (FrameIndex frame = kFirstTruth; frame < kTruths; ++frame) {
            const FlowField flow = smallScene().flow(static_cast<int>(frame));
            writeFlow(file("truth", frame), flow, FlowFormat::Flo);
            FlowField wrong = flow;
            for (float& value : wrong.vectors.values()) value += 1.0F;
            writeFlow(file("other", frame), wrong, FlowFormat::Npy);
        }
        session_ = fixture_->openSession();
        QVERIFY(session_->isOpen());
    }

    void cleanup() {
        session_.reset();
        fixture_.reset();
    }

    void theErrorIsThatAgainstTheTruth() {
        View& view = session_->view();
        QVERIFY(view.lacksTruth(view.layers().layer(kFlowErrorLayer)));
        QSignalSpy notices(session_.get(), &Session::noticed);
        QVERIFY(loadFlow(*session_, FlowRole::Truth, fixture_->path("truth")));
        QVERIFY(!view.lacksTruth(view.layers().layer(kFlowErrorLayer)));
        view.layers().setVisible(kTruthLayer, true);
        view.layers().setVisible(kAngleErrorLayer, true);
        QVERIFY(SessionFixture::settle(*session_));
        const FlowField truth = smallScene().flow(0);
        QVERIFY(equal(view.flow(kTruthLayer), truth));
        QVERIFY(view.flow() && !equal(view.flow(), truth));
        QVERIFY(view.map(kFlowErrorLayer) && view.map(kAngleErrorLayer));
        QVERIFY(view.map(kFlowErrorLayer)->values == endPointErrorMap(*view.flow(), truth).values);

        // Beyond the truth there is nothing to compute, and no failure.
        session_->playhead().seek(kTruths);
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(!view.map(kFlowErrorLayer));
        QVERIFY(view.whyEmpty(view.layers().layer(kFlowErrorLayer)).contains("ground truth"));
        QVERIFY(view.whyEmpty(view.layers().layer(kFlowLayer)).isEmpty());
        for (const auto& notice : notices) {
            QVERIFY(notice.front().value<Notice>().level == Notice::Level::Info);
        }
        session_->loadedFlow().removeTruth();
        QVERIFY(view.lacksTruth(view.layers().layer(kFlowErrorLayer)));
    }

    void anotherMethodsFlowIsTheFlow() {
        View& view = session_->view();
        view.layers().setVisible(kConsistencyLayer, true);
        view.layers().setVisible(kWarpErrorLayer, true);
        QVERIFY(SessionFixture::settle(*session_));
        const ScalarMapPtr byDis = view.map(kWarpErrorLayer);
        QSignalSpy notices(session_.get(), &Session::noticed);
        QVERIFY(loadFlow(*session_, FlowRole::Method, fixture_->path("other")));
        QVERIFY(loadFlow(*session_, FlowRole::Truth, fixture_->path("truth")));
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(isFlowFiles(view.flowInUse()));
        QCOMPARE(view.flow()->at(3, 4).x, smallScene().flow(0).at(3, 4).x + 1.0F);
        QVERIFY(view.map(kWarpErrorLayer) && view.map(kWarpErrorLayer) != byDis);
        QVERIFY(std::abs(view.map(kFlowErrorLayer)->values.at(3, 4) - std::sqrt(2.0F)) < 1e-5F);
        // Files have no flow back.
        QVERIFY(!view.map(kConsistencyLayer));
        QVERIFY(view.whyEmpty(view.layers().layer(kConsistencyLayer)).contains("backward"));
        const QString line = commandLineOf(*session_);
        QVERIFY2(line.contains("--flow-from"), qPrintable(line));
        QVERIFY2(!line.contains("consistency"), qPrintable(line));
        QVERIFY2(line.contains("warp-error"), qPrintable(line));
        // The curves are those of the files, as far as they go.
        const PairSummary curve = session_->timeline().curves.numbers().at(0);
        QVERIFY(!std::isnan(curve.at(PairNumber::Motion)));
        QVERIFY(!std::isnan(curve.at(PairNumber::WarpError)));
        QVERIFY(!curve.complete());
        for (const auto& notice : notices) {
            QVERIFY(notice.front().value<Notice>().level == Notice::Level::Info);
        }
        view.setFlowProvider(kDisFlow);
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(view.map(kWarpErrorLayer), byDis);
        QVERIFY_EXCEPTION_THROWN(view.setFlowProvider("files:elsewhere#0"), Error);
    }

    void aCommandIsTheFlow() {
        View& view = session_->view();
        writeFlow(fixture_->path("known.flo").toStdString(), smallScene().flow(0), FlowFormat::Flo);
        const QString line = QString("sh -c 'cp \"$1\" \"$2\"' sh '%1' {out} {first} {second}")
                                 .arg(fixture_->path("known.flo"));
        QSignalSpy notices(session_.get(), &Session::noticed);
        QVERIFY(session_->loadedFlow().useCommand(line));
        view.layers().setVisible(kConsistencyLayer, true);
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(isFlowCommand(view.flowInUse()));
        QVERIFY(equal(view.flow(), smallScene().flow(0)));
        // Unlike files, a command computes flow back.
        QVERIFY(view.map(kConsistencyLayer));
        QVERIFY(commandLineOf(*session_).contains("--flow-command 'sh -c "));
        QCOMPARE(session_->loadedFlow().commands(), QStringList{line});
        for (const auto& notice : notices) {
            QVERIFY(notice.front().value<Notice>().level == Notice::Level::Info);
        }
        // What a project says must not run anything.
        const std::string stored = viewsToJson(session_->views());
        view.setFlowProvider(kDisFlow);
        viewsFromJson(stored, session_->views());
        QCOMPARE(view.flowProvider(), std::string(kDisFlow));
    }

    void aFailingCommandIsReportedOnce() {
        QSignalSpy notices(session_.get(), &Session::noticed);
        for (const QString line : {"raft {first}", "raft {frames} {outdir}", "raft '"}) {
            notices.clear();
            QVERIFY(!session_->loadedFlow().useCommand(line));
            QCOMPARE(notices.size(), 1);
        }
        QVERIFY(session_->loadedFlow().commands().isEmpty());
        notices.clear();
        QVERIFY(session_->loadedFlow().useCommand(
            "sh -c 'echo bad weights >&2; exit 4' {first} {second} {out}"));
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(!session_->view().flow());
        QVERIFY(!notices.isEmpty());
        const Notice notice = notices.front().front().value<Notice>();
        QVERIFY(notice.text.contains("exit code 4") && notice.hint.contains("bad weights"));
    }

    void bookmarksBringBackFlowFromFiles() {
        QVERIFY(loadFlow(*session_, FlowRole::Method, fixture_->path("other")));
        View& view = session_->view();
        const std::string byFiles = viewsToJson(session_->views());
        view.setFlowProvider(kDisFlow);
        viewsFromJson(byFiles, session_->views());
        QVERIFY(isFlowFiles(view.flowProvider()));
        // The files have changed since.
        view.setFlowProvider(kDisFlow);
        const std::string before = view.flowFiles().front()->id();
        QVERIFY(QFile::remove(fixture_->path("other/000004.npy")));
        QVERIFY(loadFlow(*session_, FlowRole::Method, fixture_->path("other")));
        const std::string now = view.flowProvider();
        QVERIFY(now != before);
        view.setFlowProvider(kDisFlow);
        viewsFromJson(byFiles, session_->views());
        QCOMPARE(view.flowProvider(), now);
    }

    void everyViewKeepsItsFlowFromFiles() {
        ViewSet& views = session_->views();
        QVERIFY(loadFlow(*session_, FlowRole::Method, fixture_->path("other")));
        views.arrange(Arrangement::SideBySide);
        views.at(0).setFlowProvider(kDisFlow);
        QVERIFY(isFlowFiles(views.at(1).flowProvider()));
        session_->save();
        QVERIFY(SessionFixture::settle(*session_));
        session_.reset();
        session_ = fixture_->makeSession();
        session_->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(session_->views().size(), std::size_t{2});
        QCOMPARE(session_->views().at(0).flowProvider(), std::string(kDisFlow));
        QVERIFY(isFlowFiles(session_->views().at(1).flowProvider()));
    }

    void aMovedFolderOpensWithTheFilesOfAllViews() {
        ViewSet& views = session_->views();
        QVERIFY(loadFlow(*session_, FlowRole::Method, fixture_->path("other")));
        views.arrange(Arrangement::SideBySide);
        views.at(0).setFlowProvider(kDisFlow);
        QFile model(fixture_->path("small.safetensors"));
        QVERIFY(model.open(QIODevice::WriteOnly));
        model.close();
        views.useModel(1, model.fileName().toStdString());
        QVERIFY(SessionFixture::settle(*session_));
        session_->save();
        QVERIFY(SessionFixture::settle(*session_));
        const QString project = session_->document().path();
        session_.reset();
        QCOMPARE(QFileInfo(project).absolutePath(), QFileInfo(fixture_->video()).absolutePath());
        const QString moved = fixture_->path("moved");
        QVERIFY(QDir().mkpath(moved));
        for (const QString& name : {QFileInfo(project).fileName(), QStringLiteral("clip.mkv"),
                                    QStringLiteral("other"), QStringLiteral("small.safetensors")}) {
            QVERIFY(QDir().rename(fixture_->path(name), moved + '/' + name));
        }
        session_ = fixture_->makeSession();
        session_->open(moved + "/clip.mkv");
        QVERIFY(SessionFixture::settle(*session_));
        const View& second = session_->views().at(1);
        QVERIFY(isFlowFiles(second.flowProvider()));
        QCOMPARE(QString::fromStdString(second.files(second.flowProvider())->path()),
                 QFileInfo(moved + "/other").absoluteFilePath());
        QCOMPARE(QString::fromStdString(second.engine().options.model.string()),
                 moved + "/small.safetensors");
        QCOMPARE(session_->views().at(0).flowProvider(), std::string(kDisFlow));
        const QString outside = "/elsewhere/small.safetensors";
        QCOMPARE(pathInProject(outside, project), outside);
        QCOMPARE(pathOfProject(outside, project), outside);
    }

    void accuracyIsMeasuredOnEveryFrameWithTruth() {
        Accuracy& accuracy = session_->accuracy();
        QVERIFY(!accuracy.measure());
        QVERIFY(loadFlow(*session_, FlowRole::Truth, fixture_->path("truth")));
        QVERIFY(loadFlow(*session_, FlowRole::Method, fixture_->path("other")));
        QSignalSpy added(&accuracy, &Accuracy::rowAdded);
        QVERIFY(accuracy.measure());
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(accuracy.rows().size(), std::size_t(kTruths));
        QCOMPARE(added.size(), qsizetype(kTruths));
        for (const auto& [frame, row] : accuracy.rows()) {
            QVERIFY(std::abs(*row.all.epe() - std::sqrt(2.0)) < 1e-5);
            QVERIFY(row.edges.pixels > 0 && row.edges.pixels < row.all.pixels);
            QVERIFY(row.occluded.pixels < row.all.pixels / 10);
        }
        QVERIFY(!accuracy.outdated());
        session_->view().setFlowProvider(kDisFlow);
        QVERIFY(accuracy.outdated());
        QVERIFY(accuracy.measure());
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(accuracy.rows().size(), std::size_t(kTruths));
        QCOMPARE(accuracy.flowName(), QString("DIS"));
        QVERIFY(*accuracy.rows().at(0).all.epe() < 1.0);

        const QString csv = fixture_->path("accuracy.csv");
        accuracy.write(csv, "clip");
        QFile table(csv);
        QVERIFY(table.open(QIODevice::ReadOnly));
        QCOMPARE(table.readAll().count('\n'), qsizetype(kTruths + 2));
        const QString svg = fixture_->path("accuracy.svg");
        accuracy.write(svg, "clip");
        QFile plot(svg);
        QVERIFY(plot.open(QIODevice::ReadOnly));
        QVERIFY(plot.readAll().contains("clip: DIS"));
        QVERIFY_EXCEPTION_THROWN(accuracy.write(fixture_->path("accuracy.txt"), "clip"), Error);
    }

    void theGapIsThatOfEveryPair() {
        View& view = session_->view();
        view.layers().setVisible(kWarpErrorLayer, true);
        view.setGap(3);
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(view.flow() && view.map(kWarpErrorLayer));
        const auto source = openSource(fixture_->video().toStdString());
        QVERIFY(
            equal(view.flow(), estimateFlow(kDisFlow, source->read(0), source->read(3), nullptr)));
        session_->playhead().seek(kFrames - 3);
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(!view.flow());
        view.setGap(0);
        QCOMPARE(view.gap(), FrameIndex(1));
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(view.flow());
        view.setGap(3);
        QVERIFY(loadFlow(*session_, FlowRole::Truth, fixture_->path("truth")));
        QVERIFY(session_->accuracy().measure());
        QVERIFY(SessionFixture::settle(*session_));
        // Frames 0 to 4 have files, and each a partner: 4 and 7.
        QCOMPARE(session_->accuracy().rows().size(), std::size_t(kTruths));
        QVERIFY(!session_->accuracy().outdated());
        view.setGap(1);
        QVERIFY(session_->accuracy().outdated());
    }

    void truthThatIsLongerThanTheClipEndsWithIt() {
        for (FrameIndex frame = kTruths; frame < kFrames + 3; ++frame) {
            writeFlow(file("truth", frame), smallScene().flow(0), FlowFormat::Flo);
        }
        QVERIFY(loadFlow(*session_, FlowRole::Truth, fixture_->path("truth")));
        QVERIFY(session_->accuracy().measure());
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(session_->runs().run() == nullptr);
        QCOMPARE(session_->accuracy().rows().size(), std::size_t(kFrames - 1));
    }

    void theProjectKeepsTheChoice() {
        QVERIFY(loadFlow(*session_, FlowRole::Truth, fixture_->path("truth")));
        QVERIFY(loadFlow(*session_, FlowRole::Method, fixture_->path("other")));
        QSignalSpy saved(&session_->document(), &Document::saved);
        session_->save();
        QTRY_COMPARE(saved.size(), 1);
        const QString project = session_->document().path();
        session_.reset();
        {
            const ProjectFile file = ProjectFile::open(project.toStdString());
            // The folder can be moved with its project.
            QCOMPARE(file.load().settings.at("truth"), std::string("truth"));
        }
        session_ = fixture_->openSession();
        View& view = session_->view();
        QVERIFY(view.truth());
        QCOMPARE(QString::fromStdString(view.truth()->path()), fixture_->path("truth"));
        QVERIFY(isFlowFiles(view.flowProvider()));
        // Another document begins without them.
        session_->loadedFlow().removeTruth();
        session_->close();
        QVERIFY(view.flowFiles().empty());
        QCOMPARE(view.flowProvider(), std::string(kDisFlow));
        session_->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(!view.truth());
    }

    void filesThatAreAwayStayInTheProject() {
        QVERIFY(loadFlow(*session_, FlowRole::Truth, fixture_->path("truth")));
        QVERIFY(loadFlow(*session_, FlowRole::Method, fixture_->path("other")));
        QSignalSpy saved(&session_->document(), &Document::saved);
        session_->save();
        QTRY_COMPARE(saved.size(), 1);
        const QString project = session_->document().path();
        const QString away = fixture_->path("away");
        QVERIFY(QDir().mkpath(away));
        const auto move = [&](const QString& from, const QString& to) {
            return QDir().rename(from + "/truth", to + "/truth") &&
                   QDir().rename(from + "/other", to + "/other");
        };
        const QString home = fixture_->path(".");
        session_.reset();
        QVERIFY(move(home, away));
        session_ = fixture_->openSession();
        QVERIFY(!session_->view().truth());
        QVERIFY(session_->view().flowFiles().empty());
        QVERIFY(session_->loadedFlow().hasTruth());
        const ProjectSettings kept = session_->loadedFlow().settings(project);
        QCOMPARE(kept.at("truth"), std::string("truth"));
        QCOMPARE(kept.at("flow-files"), std::string("other"));
        QCOMPARE(kept.at("flow-files-in-use"), std::string("other"));
        // Leaving the document writes them again.
        session_.reset();
        QVERIFY(move(away, home));
        session_ = fixture_->openSession();
        QVERIFY(session_->view().truth());
        QVERIFY(isFlowFiles(session_->view().flowProvider()));
        // What the user chooses instead counts.
        session_.reset();
        QVERIFY(move(home, away));
        session_ = fixture_->openSession();
        session_->view().setFlowProvider(kZeroFlow);
        session_->loadedFlow().removeTruth();
        const ProjectSettings chosen = session_->loadedFlow().settings(project);
        QVERIFY(chosen.at("truth").empty());
        QCOMPARE(chosen.at("flow-files"), std::string("other"));
        QVERIFY(chosen.at("flow-files-in-use").empty());
        session_->close();
        QVERIFY(session_->loadedFlow().settings(project).at("flow-files").empty());
    }

    void accuracyIsOfOneEngine() {
        session_.reset();
        SessionOptions options = fixture_->options();
        options.loadEngine = [](const EngineOptions&) { return std::make_unique<StandInEngine>(); };
        session_ = std::make_unique<Session>(options);
        session_->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session_));
        EngineOptions smaller = options.engine;
        smaller.maxSidePx = 48;
        const std::string other = session_->engines().add(smaller);
        session_->engines().request(other);
        QVERIFY(loadFlow(*session_, FlowRole::Truth, fixture_->path("truth")));
        Accuracy& accuracy = session_->accuracy();
        QVERIFY(accuracy.measure());
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(!accuracy.rows().empty() && !accuracy.outdated());
        const std::string first = session_->view().engine().id;
        QSignalSpy chosen(&session_->views(), &ViewSet::flowChoiceChanged);
        session_->view().setEngine(other);
        QCOMPARE(chosen.size(), 1);
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(session_->view().flowInUse(), std::string(kModelFastFlow));
        QVERIFY(accuracy.outdated());
        session_->view().setEngine(first);
        QVERIFY(!accuracy.outdated());
        // Flow that no engine computes is the same with each.
        session_->view().setFlowProvider(kDisFlow);
        QVERIFY(accuracy.measure());
        QVERIFY(SessionFixture::settle(*session_));
        session_->view().setEngine(other);
        QVERIFY(!accuracy.outdated());
    }

    void filesAreReadOnTheReadingLane() {
        const int jobs = session_->pump().lanes().reading.startedJobs();
        session_->loadedFlow().load(FlowRole::Truth, fixture_->path("truth"));
        session_->loadedFlow().load(FlowRole::Method, fixture_->path("other"));
        // Nothing has been read yet.
        QVERIFY(!session_->view().truth() && session_->view().flowFiles().empty());
        QVERIFY(!session_->settled());
        QVERIFY(!session_->pump().working().isEmpty());
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(session_->view().truth());
        QVERIFY(isFlowFiles(session_->view().flowProvider()));
        QVERIFY(session_->pump().lanes().reading.startedJobs() >= jobs + 2);
        // What was asked for another document, or taken back, is not loaded.
        session_->loadedFlow().load(FlowRole::Truth, fixture_->path("truth"));
        session_->loadedFlow().removeTruth();
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(!session_->view().truth());
        session_->loadedFlow().load(FlowRole::Truth, fixture_->path("truth"));
        session_->close();
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(!session_->view().truth() && !session_->loadedFlow().waiting());
    }

    void aChoiceMadeWhileFilesAreReadCounts() {
        View& view = session_->view();
        QVERIFY(loadFlow(*session_, FlowRole::Method, fixture_->path("other")));
        const std::string byFiles = viewsToJson(session_->views());
        session_->close();
        session_->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session_));
        viewsFromJson(byFiles, session_->views());
        QVERIFY(!isFlowFiles(view.flowProvider()));
        QVERIFY(!view.awaitedFlow().empty());
        // Saved meanwhile, the choice is kept.
        QVERIFY(viewsToJson(session_->views()).find("other") != std::string::npos);
        view.setFlowProvider(kZeroFlow);
        QVERIFY(view.awaitedFlow().empty());
        QVERIFY(viewsToJson(session_->views()).find("other") == std::string::npos);
    }

    void filesThatDoNotFitAreRefusedByName() {
        QVERIFY(QDir().mkpath(fixture_->path("small")));
        writeFlow(file("small", 0), FlowField({8, 8}), FlowFormat::Flo);
        QSignalSpy notices(session_.get(), &Session::noticed);
        QVERIFY(!loadFlow(*session_, FlowRole::Truth, fixture_->path("small")));
        QCOMPARE(notices.size(), 1);
        QVERIFY(notices[0].front().value<Notice>().text.contains("000000.flo"));
        QVERIFY(!loadFlow(*session_, FlowRole::Method, fixture_->path("nowhere")));
        QVERIFY(!session_->view().truth());
    }

private:
    [[nodiscard]] std::filesystem::path file(const QString& folder, FrameIndex frame) const {
        const QString ending = folder == QLatin1String("other") ? ".npy" : ".flo";
        return fixture_
            ->path(QStringLiteral("%1/%2%3")
                       .arg(folder)
                       .arg(frame, 6, 10, QLatin1Char('0'))
                       .arg(ending))
            .toStdString();
    }

    std::unique_ptr<SessionFixture> fixture_;
    std::unique_ptr<Session> session_;
};

}  // namespace

QTEST_MAIN(TestSessionTruth)
#include "test_session_truth.moc"
