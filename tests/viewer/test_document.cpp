// The document by itself: what it writes, what it says where that fails, and what a kill leaves.
#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QProcess>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "media/io/manifest.h"
#include "segmentation/mask_export.h"
#include "segmentation/mask_formats/mask_format.h"
#include "tests/segmentation/made_masks.h"
#include "viewer/session/document.h"
#include "viewer/session/export_run.h"
#include "viewer/session/mask_editor.h"
#include "viewer/session/project_place.h"
#include "viewer/session/view_settings.h"

namespace {

using namespace mcj;

constexpr SizePx kSize{64, 48};

VideoInfo videoAt(const QString& path, SizePx size = kSize) {
    VideoInfo video;
    video.path = path.toStdString();
    video.size = size;
    return video;
}

constexpr FrameIndex kFrames = 11;

/// A propagated mask for `frame`, as part of an edit of `state`.
MaskEdit propagatedMask(const ProjectState& state, FrameIndex frame, std::uint32_t seed) {
    MaskFacts facts;
    facts.origin = MaskOrigin::Propagated;
    facts.confidence = static_cast<float>(seed % 100) / 100.0F;
    return {kMainTrack, frame, state.track().entryAt(frame),
            makeEntry(randomMask(kSize, 4, seed), facts)};
}

/// Step `number` of a fixed session: strokes, propagations that grow frame by frame or come whole,
/// objects, locks, undo, redo.
/// `commit`, `extend`, `undo` and `redo` do it to a document, or to bare values.
template <typename Target>
void scriptedStep(Target& target, int number) {
    const ProjectState& state = target.state();
    const EditLog& log = target.log();
    const auto seed = static_cast<std::uint32_t>(number);
    const FrameIndex frame = number % kFrames;
    const MaskEntry* found = state.track().find(frame);
    const MaskEdit stroke{kMainTrack, frame, state.track().entryAt(frame),
                          makeEntry(randomMask(kSize, 4, seed), {})};
    const int kind = number % 16;
    if (kind == 4 && log.nextUndo() != nullptr) {
        target.undo();
    } else if (kind == 5 && log.nextRedo() != nullptr) {
        target.redo();
    } else if (kind == 13) {
        Edit whole{0, "Propagate forward", {}};
        for (std::uint32_t i = 0; i < 6; ++i) {
            whole.parts.emplace_back(propagatedMask(state, (frame + i) % kFrames, seed * 8 + i));
        }
        target.commit(std::move(whole));
    } else if (kind > 13 && log.nextUndo() != nullptr && log.nextRedo() == nullptr) {
        target.extend(log.nextUndo()->id, propagatedMask(state, frame, seed));
    } else if (kind > 8 && log.nextUndo() != nullptr && log.nextRedo() == nullptr) {
        target.extend(log.nextUndo()->id, stroke);
    } else if (kind == 6 && found != nullptr) {
        MaskFacts facts = found->facts;
        facts.locked = !facts.locked;
        target.commit({0, "Lock", {FactsEdit{kMainTrack, frame, found->facts, facts}}});
    } else if (kind == 8) {
        const auto subject = StatusSubject::ofFrame(frame);
        const StatusNote noted{static_cast<WorkStatus>(number % 3), std::to_string(number)};
        target.commit({0, "Note", {StatusEdit{subject, state.statuses.of(subject), noted}}});
    } else if (kind == 7) {
        std::optional<MaskObject> row;
        if (const MaskObject* object = state.objects.find(2)) row = *object;
        target.commit({0, "Name", {ObjectEdit{row, MaskObject{2, std::to_string(number), {}}}}});
    } else {
        target.commit({0, "Paint", {stroke}});
    }
}

/// What the document must come to.
class Model {
public:
    Model() { state_.objects.set(defaultObject(1)); }
    [[nodiscard]] const ProjectState& state() const { return state_; }
    [[nodiscard]] const EditLog& log() const { return log_; }
    void commit(Edit edit) {
        applyEdit(state_, edit);
        log_.push(std::move(edit));
        (void)log_.trim();
    }
    void extend(EditId id, const EditPart& part) {
        applyParts(state_, {&part, 1});
        log_.extend(id, part);
    }
    void undo() {
        revertEdit(state_, *log_.nextUndo());
        log_.stepBack();
    }
    void redo() {
        applyEdit(state_, *log_.nextRedo());
        log_.stepForward();
    }

private:
    ProjectState state_;
    EditLog log_;
};

/// Exports what a document is at that moment, again and again, beside its edits as the window does:
/// in turn to a new folder and to one that is replaced. Tells the names of finished folders.
class ScriptedExports {
public:
    explicit ScriptedExports(std::filesystem::path folder) : folder_(std::move(folder)) {
        std::filesystem::create_directory(folder_);
    }

    /// `step`: how many steps led to the state.
    void serve(const ProjectState& state, std::int64_t step) {
        if (lane_.busy()) return;
        MaskExportRequest request;
        const std::string name = number_ % 2 == 0 ? "latest" : std::to_string(number_);
        request.folder = folder_ / name;
        request.end = kFrames;
        request.size = kSize;
        request.existing = ExistingFolder::Replace;
        request.format = std::array{"davis", "coco", "mots-png"}[number_ % 3];
        request.objects = state.objects;
        request.loss = MaskLoss::Allow;
        request.manifest.program = kMaskExportProgram;
        request.manifest.options["step"] = std::to_string(step);
        ++number_;
        lane_.start([track = state.track(), request] { return exportMasks(track, request).files; },
                    [name](const Outcome<std::int64_t>& outcome) {
                        if (!outcome.ok()) {
                            std::fprintf(stderr, "%s\n", outcome.error().what());
                            std::abort();
                        }
                        std::printf("exported %s\n", name.c_str());
                        std::fflush(stdout);
                    });
    }

private:
    std::filesystem::path folder_;
    std::size_t number_ = 0;
    Lane lane_{"exports"};
};

/// Whether an exported folder is whole and has the masks of the step that its manifest names.
bool isWhole(const std::filesystem::path& folder) {
    const Manifest manifest = readManifest(folder / "manifest.json");
    Model model;
    const int steps = std::stoi(manifest.options.at("step"));
    for (int step = 0; step < steps; ++step) scriptedStep(model, step);
    const MaskTrack& track = model.state().track();
    if (!manifest.complete) return false;
    for (const std::string& file : manifest.files) {
        if (!std::filesystem::exists(folder / file)) return false;
    }
    // A format of objects has nothing to read without any.
    if (track.objects().none()) return true;
    MaskReadRequest request;
    request.path = folder;
    request.pixels = LabelPixels::AsStored;
    const MaskSet set = readMaskSet(maskFormat(manifest.options.at("format")), request);
    const MaskTrack read = importedTrack(set, kSize, kFrames, {});
    for (FrameIndex frame = 0; frame < kFrames; ++frame) {
        const Mask blank(kSize);
        const MaskPtr wanted = track.mask(frame);
        const MaskPtr there = read.mask(frame);
        if ((wanted ? *wanted : blank) != (there ? *there : blank)) return false;
    }
    return true;
}

/// The other process of the kill test: works until it is killed, telling how many of its steps the
/// window would show as saved, and which exports are done.
int runScript(const char* video) {
    ScriptedExports exports(std::filesystem::path(std::string(video) + ".exports"));
    Document document({});
    document.attach(videoAt(QString::fromUtf8(video)));
    std::int64_t done = 0;
    std::int64_t told = 0;
    QObject::connect(&document, &Document::saveStateChanged, &document, [&] {
        const std::int64_t saved = done - document.unsavedChanges();
        if (saved <= told) return;
        told = saved;
        std::printf("%lld\n", static_cast<long long>(told));
        std::fflush(stdout);
    });
    QTimer steps;
    QObject::connect(&steps, &QTimer::timeout, &document, [&] {
        for (int i = 0; i < 3; ++i) {
            const auto number = static_cast<int>(done);
            ++done;
            scriptedStep(document, number);
        }
        exports.serve(document.state(), done);
    });
    steps.start(1);
    return QCoreApplication::exec();
}

class TestDocument : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        video_ = folder_->filePath("clip.bin");
        QFile file(video_);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray(1000, 'v'));
    }

    void whatIsKilledHasWhatItShowedAsSaved() {
        QRandomGenerator random(11);
        const int rounds = qEnvironmentVariableIsSet("MCJ_KILL_ROUNDS")
                               ? qEnvironmentVariableIntValue("MCJ_KILL_ROUNDS")
                               : 20;
        for (int round = 0; round < rounds; ++round) {
            const QString clip = folder_->filePath(QStringLiteral("clip%1.bin").arg(round));
            QProcess writer;
            writer.start(QCoreApplication::applicationFilePath(), {"--script", clip});
            QVERIFY(writer.waitForStarted());
            int told = 0;
            QStringList exported;
            const auto readAll = [&] {
                while (writer.canReadLine()) {
                    const QString line = QString::fromUtf8(writer.readLine()).trimmed();
                    if (line.startsWith("exported ")) {
                        exported.append(line.section(' ', 1));
                    } else {
                        told = line.toInt();
                    }
                }
            };
            // From the first change that is saved on, at any moment; once also from the first
            // finished export on, however slow the disk is.
            while (told == 0 || (round == 0 && exported.isEmpty())) {
                QVERIFY(writer.waitForReadyRead(20'000));
                readAll();
            }
            QTest::qSleep(random.bounded(250));
            writer.kill();
            QVERIFY(writer.waitForFinished());
            readAll();
            const ProjectContent content =
                ProjectFile::open(projectBeside(clip).toStdString()).load();
            Model model;
            for (int step = 0; step < told; ++step) scriptedStep(model, step);
            // What was under way when it ended may be there beside it, and nothing in between.
            int more = 0;
            while (more < 2000 && !(model.state() == content.state && model.log() == content.log)) {
                scriptedStep(model, told + more++);
            }
            QVERIFY2(more < 2000, qPrintable(QString("round %1, told %2").arg(round).arg(told)));
            // Folders without a dot: what is written aside has one.
            const QDir exports(clip + ".exports");
            const QStringList there = exports.entryList(QDir::Dirs | QDir::NoDotAndDotDot);
            for (const QString& name : exported) QVERIFY2(there.contains(name), qPrintable(name));
            for (const QString& name : there) {
                QVERIFY2(isWhole(exports.filePath(name).toStdString()), qPrintable(name));
            }
        }
    }

    void aFailureIsSaidOnceAndSoIsItsEnd() {
        // A file where the project's folder should be.
        QFile blocker(folder_->filePath("blocked"));
        QVERIFY(blocker.open(QIODevice::WriteOnly));
        blocker.close();
        const QString project = folder_->filePath("blocked/clip.mcjepa");
        Document document({});
        QSignalSpy notices(&document, &Document::noticed);
        document.attach(videoAt(video_), project);
        for (int step = 0; step < 5; ++step) scriptedStep(document, step);
        QTRY_COMPARE(document.saveState(), Document::SaveState::Failing);
        for (int step = 5; step < 10; ++step) {
            scriptedStep(document, step);
            QTest::qWait(5);
        }
        QCOMPARE(document.unsavedChanges(), std::int64_t(10));
        QCOMPARE(notices.size(), 1);
        QVERIFY(notices[0][0].value<Notice>().text.contains("not being saved"));
        QVERIFY(!notices[0][0].value<Notice>().hint.isEmpty());
        QVERIFY(blocker.remove());
        // Without another edit: it is tried again by itself.
        QTRY_COMPARE_WITH_TIMEOUT(document.saveState(), Document::SaveState::Saved, 10'000);
        QCOMPARE(document.unsavedChanges(), std::int64_t(0));
        QCOMPARE(notices.size(), 2);
        QVERIFY(notices[1][0].value<Notice>().text.contains("saved again"));
        const ProjectState state = document.state();
        const EditLog log = document.log();
        document.detach({});
        const ProjectContent content = ProjectFile::open(project.toStdString()).load();
        QVERIFY(content.state == state);
        QVERIFY(content.log == log);
    }

    void aFileThatWentIsWrittenAnewWhole() {
        Document document({});
        document.attach(videoAt(video_));
        for (int step = 0; step < 12; ++step) scriptedStep(document, step);
        QTRY_COMPARE(document.saveState(), Document::SaveState::Saved);
        QSignalSpy notices(&document, &Document::noticed);
        QVERIFY(QFile::remove(document.path()));
        scriptedStep(document, 12);
        QTRY_COMPARE_WITH_TIMEOUT(notices.size(), 2, 10'000);
        QVERIFY(notices[0][0].value<Notice>().text.contains("no longer exists"));
        QVERIFY(notices[1][0].value<Notice>().text.contains("saved again"));
        const ProjectState state = document.state();
        const std::string path = document.path().toStdString();
        document.detach({});
        QVERIFY(ProjectFile::open(path).load().state == state);
    }

    void aProjectThatCannotBeReadIsLeftAlone() {
        QFile file(projectBeside(video_));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray(4096, 'x'));
        file.close();
        Document document({});
        QSignalSpy notices(&document, &Document::noticed);
        document.attach(videoAt(video_));
        QVERIFY(document.loading());
        QTRY_VERIFY(document.ready());
        QCOMPARE(notices.size(), 1);
        scriptedStep(document, 0);
        scriptedStep(document, 1);
        QTest::qWait(50);
        QCOMPARE(document.saveState(), Document::SaveState::Failing);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), QByteArray(4096, 'x'));
        file.close();
        // As the notice says.
        QVERIFY(QFile::rename(file.fileName(), file.fileName() + ".old"));
        QTRY_COMPARE_WITH_TIMEOUT(document.saveState(), Document::SaveState::Saved, 10'000);
        const ProjectState state = document.state();
        document.detach({});
        QVERIFY(ProjectFile::open(file.fileName().toStdString()).load().state == state);
    }

    void anOldProjectOpensWithItsUndo() {
        const QString project = projectBeside(video_);
        QVERIFY(QFile::copy(QStringLiteral(MCJ_SOURCE_DIR "/tests/data/format-1.mcjepa"), project));
        Document document({});
        MaskEditor masks(document);
        QSignalSpy notices(&document, &Document::noticed);
        QSignalSpy restored(&document, &Document::restored);
        document.attach(videoAt(video_, {96, 64}));
        QTRY_COMPARE(restored.size(), 1);
        QVERIFY(QFileInfo::exists(project + ".format-1"));
        QVERIFY(notices[0][0].value<Notice>().text.contains("format-1"));
        Lane lane("inference");
        const ProductCache products(1);
        EnginePool engines(lane, &loadEngine);
        ViewSet views(products, engines, engines.add({}));
        Marks marks;
        QCOMPARE(restoreSettings(restored[0][0].value<ProjectSettings>(), views, masks, marks),
                 FrameIndex(6));
        QVERIFY(!masks.objectVisible(2) && masks.objectVisible(1));
        QCOMPARE(masks.object(1)->name, std::string("disc"));
        masks.redo();
        QCOMPARE(masks.track().size(), std::size_t(15));
        for (int step = 0; step < 7; ++step) masks.undo();
        QVERIFY(masks.track().empty());
        // The fixture's video is another one, and that is said.
        QVERIFY(notices[1][0].value<Notice>().text.contains("is not the video"));
    }

    void anUndoThatFailsIsSaidAndChangesNothing() {
        // A log that does not fit the masks, as a damaged file might bring it.
        ProjectContent content;
        content.video = identityOf(videoAt(video_));
        const MaskEdit misfit{kMainTrack, 40, {}, makeEntry(Mask(kSize), {})};
        content.log.push({0, "Paint", {misfit}});
        (void)ProjectFile::create(projectBeside(video_).toStdString(), content);
        Document document({});
        QSignalSpy notices(&document, &Document::noticed);
        document.attach(videoAt(video_));
        QTRY_VERIFY(document.ready());
        QVERIFY(!document.undo());
        QCOMPARE(notices.size(), 1);
        QVERIFY(notices[0][0].value<Notice>().text.contains("frame 40"));
        QCOMPARE(document.log().done(), std::size_t(1));
        QVERIFY_EXCEPTION_THROWN(
            document.commit({0, "Clear", {MaskEdit{kMainTrack, 40, misfit.after, {}}}}), Error);
        QCOMPARE(document.log().size(), std::size_t(1));
        document.commit({0, "Paint", {misfit}});
        QVERIFY(document.undo());
        QVERIFY(document.state().track().empty());
    }

    void whatADoneCallbackThrowsIsSaid() {
        Lane lane("test");
        QSignalSpy failures(&lane, &Lane::failed);
        lane.start([] { return 1; }, [](Outcome<int>) { throw 7; });
        QTRY_COMPARE(failures.size(), 1);
        QVERIFY(!lane.busy());
        QString text;
        lane.start([]() -> int { throw 7; },
                   [&text](Outcome<int> outcome) { text = outcome.error().what(); });
        QTRY_VERIFY(text.contains("unknown type"));
    }

    // How long each takes is measured by bench_masks.
    void fiveThousandFramesAreEditedAndUndone() {
        constexpr FrameIndex kFrames = 5000;
        const SizePx hd{1920, 1080};
        const QString project = projectBeside(video_);
        {
            std::vector<PackedMaskPtr> masks;
            for (int i = 0; i < 8; ++i) {
                Mask mask(hd);
                for (int object = 1; object <= 5; ++object) {
                    const Mask disk =
                        diskMask(hd, {200.0F + 300.0F * static_cast<float>(object), 500.0F},
                                 static_cast<float>(90 + i), static_cast<ObjectId>(object));
                    mask = mergeObjects(mask, disk);
                }
                masks.push_back(PackedMask::pack(mask));
            }
            ProjectContent content;
            content.video = identityOf(videoAt(video_, hd));
            ObjectSet five;
            for (std::size_t object = 1; object <= 5; ++object) five.set(object);
            content.state.objects.addMissing(five);
            Edit edit{0, "Propagate forward", {}};
            for (FrameIndex frame = 0; frame < kFrames; ++frame) {
                const auto bytes = masks[static_cast<std::size_t>(frame) % 8]->bytes();
                const MaskEntry entry{PackedMask::fromBytes({bytes.begin(), bytes.end()}),
                                      {.origin = MaskOrigin::Propagated}};
                edit.parts.emplace_back(MaskEdit{kMainTrack, frame, {}, entry});
            }
            applyEdit(content.state, edit);
            content.log.push(std::move(edit));
            (void)ProjectFile::create(project.toStdString(), content);
        }
        Document document({});
        MaskEditor masks(document);
        const auto settled = [&] {
            return document.ready() && masks.preparing().isEmpty() && document.atRest();
        };
        constexpr int kPatienceMs = 60'000;
        document.attach(videoAt(video_, hd));
        QTRY_VERIFY_WITH_TIMEOUT(settled(), kPatienceMs);
        QCOMPARE(masks.track().size(), std::size_t(kFrames));
        masks.undo();
        QTRY_VERIFY_WITH_TIMEOUT(settled(), kPatienceMs);
        QVERIFY(masks.track().empty());
        masks.redo();
        QTRY_VERIFY_WITH_TIMEOUT(settled(), kPatienceMs);
        QCOMPARE(masks.track().size(), std::size_t(kFrames));
        masks.setLock(17, MaskEditor::Lock::On);
        QTRY_VERIFY_WITH_TIMEOUT(settled(), kPatienceMs);
        masks.removeObject(3);
        // 5,000 masks are not repacked inside the call: the window goes on meanwhile.
        QVERIFY(!masks.preparing().isEmpty());
        QTRY_VERIFY_WITH_TIMEOUT(settled(), kPatienceMs);
        const auto isOn = [&masks](FrameIndex frame, ObjectId object) {
            const auto mask = masks.track().mask(frame);
            const auto labels = mask->labels.values();
            return std::ranges::find(labels, object) != labels.end();
        };
        QVERIFY(isOn(17, 3));  // locked
        QVERIFY(!isOn(18, 3));
        QVERIFY(isOn(18, 2));
        QCOMPARE(document.log().size(), std::size_t(3));
        masks.undo();
        QTRY_VERIFY_WITH_TIMEOUT(settled(), kPatienceMs);
        QVERIFY(isOn(18, 3));
        QTRY_COMPARE(document.saveState(), Document::SaveState::Saved);
        const ProjectState state = document.state();
        document.detach({});
        QVERIFY(ProjectFile::open(project.toStdString()).load().state == state);
    }

    void anEditWhileAnObjectIsRemovedStays() {
        Document document({});
        MaskEditor masks(document);
        document.attach(videoAt(video_));
        for (FrameIndex frame = 0; frame < 100; ++frame) {
            masks.importMask(frame, diskMask(kSize, {20, 20}, 8));
        }
        Mask both = diskMask(kSize, {20, 20}, 8);
        both.labels.at(40, 50) = 2;
        masks.removeObject(1);
        QVERIFY(!masks.preparing().isEmpty());
        masks.importMask(50, both);
        QTRY_VERIFY(masks.preparing().isEmpty());
        QCOMPARE(masks.track().size(), std::size_t(1));
        QCOMPARE(areaOf(*masks.track().mask(50), 2), std::int64_t(1));
        QVERIFY(!masks.object(1) && masks.object(2));
        masks.undo();
        QCOMPARE(masks.track().size(), std::size_t(100));
        // What is given up leaves everything as it was.
        masks.removeObject(1);
        masks.stopPreparing();
        QTest::qWait(50);
        QCOMPARE(masks.track().size(), std::size_t(100));
        QVERIFY(masks.object(1));
    }

private:
    std::unique_ptr<QTemporaryDir> folder_;
    QString video_;
};

}  // namespace

int main(int argc, char** argv) {
    QCoreApplication app(argc, argv);
    if (argc == 3 && std::strcmp(argv[1], "--script") == 0) return runScript(argv[2]);
    TestDocument test;
    return QTest::qExec(&test, argc, argv);
}
#include "test_document.moc"
