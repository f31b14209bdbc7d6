// A long session of random edits, undone and redone as a whole, with the project closed and opened
// again in between: after every step the masks and objects are those of the first time.
#include <QCryptographicHash>
#include <QFile>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "segmentation/edit.h"
#include "segmentation/region.h"
#include "tests/segmentation/made_masks.h"
#include "viewer/session/clean_proposal.h"
#include "viewer/session/document.h"
#include "viewer/session/mask_editor.h"
#include "viewer/session/mask_proposals.h"

namespace {

using namespace mcj;

constexpr SizePx kSize{64, 48};
constexpr FrameIndex kFrames = 20;
constexpr int kObjects = 5;
constexpr int kActions = 1000;
/// Another one by MCJ_UNDO_SEED.
constexpr quint32 kSeed = 20;

void add(QCryptographicHash& hash, const void* data, std::size_t bytes) {
    hash.addData(QByteArrayView(static_cast<const char*>(data), static_cast<qsizetype>(bytes)));
}

/// Of all masks with their facts, and of the objects.
QByteArray hashOf(const ProjectState& state) {
    QCryptographicHash hash(QCryptographicHash::Sha1);
    for (const auto& [frame, entry] : state.track().entries()) {
        add(hash, &frame, sizeof frame);
        const auto labels = entry.packed->bytes();
        add(hash, labels.data(), labels.size());
        const auto facts = encodeFacts(entry.facts);
        add(hash, facts.data(), facts.size());
    }
    for (const MaskObject& object : state.objects.rows()) {
        const auto row = encodeObject(object);
        add(hash, row.data(), row.size());
    }
    return hash.result();
}

/// The document with its editors, as in a session, without a video.
class Workplace {
public:
    explicit Workplace(const QString& clip) {
        video_.path = clip.toStdString();
        video_.size = kSize;
        QObject::connect(&document_, &Document::logChanged, &document_, [this] {
            // The first time that this number of edits is done.
            if (document_.log().done() == hashes_.size()) record();
        });
        document_.attach(video_);
        hashes_.assign(1, hashOf(document_.state()));
    }

    [[nodiscard]] Document& document() { return document_; }
    [[nodiscard]] MaskEditor& masks() { return masks_; }
    [[nodiscard]] MaskProposals& proposals() { return proposals_; }
    /// By the number of edits that are done.
    [[nodiscard]] const std::vector<QByteArray>& hashes() const { return hashes_; }
    [[nodiscard]] bool asRecorded() const {
        return hashOf(document_.state()) == hashes_.at(document_.log().done());
    }

    /// After an action, which may have added to the newest edit: frames of a propagation, another
    /// name.
    void recordNewest() { hashes_.at(document_.log().done()) = hashOf(document_.state()); }

    /// Returns whether everything was there again.
    [[nodiscard]] bool reopen() {
        const std::size_t done = document_.log().done();
        const std::size_t size = document_.log().size();
        const QByteArray before = hashOf(document_.state());
        recording_ = false;
        document_.detach({});
        document_.attach(video_);
        const bool ready = QTest::qWaitFor([this] { return document_.ready(); }, 30'000);
        recording_ = true;
        return ready && document_.log().done() == done && document_.log().size() == size &&
               hashOf(document_.state()) == before;
    }

private:
    void record() {
        if (recording_) hashes_.push_back(hashOf(document_.state()));
    }

    VideoInfo video_;
    Document document_{QString()};
    MaskEditor masks_{document_};
    MaskProposals proposals_{masks_, document_};
    std::vector<QByteArray> hashes_;
    bool recording_ = true;
};

class TestUndoAll : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        QFile file(folder_->filePath("clip.bin"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray(1000, 'v'));
        file.close();
        bool given = false;
        const auto seed =
            static_cast<quint32>(qEnvironmentVariableIntValue("MCJ_UNDO_SEED", &given));
        seed_ = given ? seed : kSeed;
        random_.seed(seed_);
        work_ = std::make_unique<Workplace>(file.fileName());
    }

    void cleanup() { work_.reset(); }

    void aThousandActionsAreUndoneAndRedone() {
        qInfo("seed %u (MCJ_UNDO_SEED)", seed_);
        const EditLog& log = work_->document().log();
        std::array<int, kKinds> made{};
        for (int action = 0; action < kActions; ++action) {
            const std::size_t before = log.done();
            int kind = 0;
            // Those that change nothing, on a locked frame for instance, are not counted.
            for (int tries = 0; log.done() == before && tries < 200; ++tries) {
                kind = below(kKinds);
                act(kind);
                if (QTest::currentTestFailed()) return;
                work_->recordNewest();
            }
            QVERIFY2(log.done() > before, "no action changes anything");
            ++made.at(static_cast<std::size_t>(kind));
            if (action == kActions / 2) QVERIFY(work_->reopen());
        }
        for (const int count : made) QVERIFY(count > 0);
        const std::size_t steps = log.size();
        QVERIFY(steps >= std::size_t(kActions));
        QCOMPARE(work_->hashes().size(), steps + 1);
        walk(steps, 0);
        if (QTest::currentTestFailed()) return;
        QVERIFY(work_->document().state().track().empty());
        walk(0, steps);
    }

private:
    static constexpr int kKinds = 13;

    /// Undoes or redoes edit by edit; in the middle the project is closed and opened again.
    void walk(std::size_t from, std::size_t to) {
        const EditLog& log = work_->document().log();
        const bool undoes = to < from;
        for (std::size_t step = from; step != to; undoes ? --step : ++step) {
            QCOMPARE(log.done(), step);
            QVERIFY2(work_->asRecorded(), qPrintable(QString::number(step)));
            if (step == (from + to) / 2) QVERIFY(work_->reopen());
            undoes ? work_->masks().undo() : work_->masks().redo();
        }
        QCOMPARE(log.done(), to);
        QVERIFY(work_->asRecorded());
    }

    [[nodiscard]] int below(int end) { return random_.bounded(end); }
    [[nodiscard]] FrameIndex anyFrame() { return below(static_cast<int>(kFrames)); }
    [[nodiscard]] PointF anyPoint() {
        return {static_cast<float>(below(kSize.width)), static_cast<float>(below(kSize.height))};
    }
    [[nodiscard]] StrokeMode anyMode() {
        return below(3) == 0 ? StrokeMode::Erase : StrokeMode::Paint;
    }

    void act(int kind) {
        MaskEditor& masks = work_->masks();
        const auto object = static_cast<ObjectId>(1 + below(kObjects));
        switch (kind) {
        case 0: stroke(StrokeMode::Paint); break;
        case 1: stroke(StrokeMode::Erase); break;
        case 2: {
            const std::array<PointF, 5> points{anyPoint(), anyPoint(), anyPoint(), anyPoint(),
                                               anyPoint()};
            masks.paintRegion(anyFrame(), anyMode(), polygonRegion(kSize, points));
            break;
        }
        case 3: masks.fill(anyFrame(), anyMode(), {below(kSize.width), below(kSize.height)}); break;
        case 4: masks.setActiveObject(object); break;
        case 5:
            if (below(4) == 0) masks.removeObject(object);
            QVERIFY(QTest::qWaitFor([&masks] { return masks.preparing().isEmpty(); }, 30'000));
            break;
        case 6:
            masks.setLock(anyFrame(), below(3) == 0 ? MaskEditor::Lock::On : MaskEditor::Lock::Off);
            break;
        case 7: cleanUp(); break;
        case 8: masks.clearFrame(anyFrame()); break;
        case 9: importOn(anyFrame()); break;
        case 10: masks.renameObject(object, QString("name %1").arg(below(1000))); break;
        case 11:
            masks.setOverlaps(below(4) == 0 ? Overlaps::Replace : Overlaps::Keep);
            masks.moveObject(object, static_cast<StackMove>(below(4)));
            QVERIFY(QTest::qWaitFor([&masks] { return masks.preparing().isEmpty(); }, 30'000));
            break;
        default: propagate(); break;
        }
    }

    void stroke(StrokeMode mode) {
        MaskEditor& masks = work_->masks();
        masks.setBrushRadiusPx(1.0F + static_cast<float>(below(8)));
        masks.beginStroke(anyFrame(), mode, anyPoint());
        for (int point = below(4); point >= 0; --point) masks.extendStroke(anyPoint());
        if (below(8) == 0) {
            masks.cancelStroke();
        } else {
            masks.endStroke();
        }
    }

    void cleanUp() {
        CleanUpRequest request;
        request.scope = static_cast<CleanUpRequest::Scope>(below(2));
        request.frame = anyFrame();
        request.leastPx = 1 + below(60);
        proposeCleanUp(work_->proposals(), work_->masks(), request);
        MaskProposals& proposals = work_->proposals();
        QVERIFY(QTest::qWaitFor([&proposals] { return !proposals.busy(); }, 30'000));
        if (below(4) == 0) proposals.reject();
        work_->masks().acceptPreview();
    }

    void importOn(FrameIndex frame) {
        const MaskEntry* entry = work_->masks().track().find(frame);
        if (entry != nullptr && entry->facts.locked) return;
        work_->masks().importMask(frame, randomMask(kSize, kObjects, random_.generate()));
    }

    /// Frames from one on, as a propagation writes them: not those that are locked, and some of
    /// them twice, as between two anchors.
    void propagate() {
        MaskEditor& masks = work_->masks();
        masks.beginPropagation("Propagate forward");
        const FrameIndex begin = anyFrame();
        const FrameIndex end = std::min<FrameIndex>(kFrames, begin + 1 + below(8));
        for (int pass = below(2); pass >= 0; --pass) {
            for (FrameIndex frame = begin; frame < end; ++frame) {
                const MaskEntry* before = masks.track().find(frame);
                if (before != nullptr && before->anchor()) continue;
                MaskFacts facts;
                facts.origin = MaskOrigin::Propagated;
                facts.confidence = static_cast<float>(below(100)) / 100.0F;
                const Mask mask = randomMask(kSize, kObjects, random_.generate());
                masks.putPropagated(frame, makeEntry(mask, facts), PropagationMethod::Identity);
            }
        }
        masks.endPropagation();
    }

    std::unique_ptr<QTemporaryDir> folder_;
    std::unique_ptr<Workplace> work_;
    QRandomGenerator random_;
    quint32 seed_ = 0;
};

}  // namespace

QTEST_GUILESS_MAIN(TestUndoAll)
#include "test_undo_all.moc"
