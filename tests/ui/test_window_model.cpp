// The window with the network itself: skipped, in words, where there is none.
#include <QAction>
#include <QComboBox>
#include <QLabel>
#include <QTemporaryDir>
#include <filesystem>

#include "inference/engine/inference_engine.h"
#include "media/io/image_file.h"
#include "segmentation/mask_formats/davis.h"
#include "tests/segmentation/moving_clip.h"
#include "tests/ui/window_fixture.h"
#include "ui/command_registry.h"
#include "ui/message_bar.h"

namespace {

using namespace mcj;
using namespace mcj::test;

constexpr int kFrames = 4;
/// LibTorch comes from a disk that may be slow; sanitizers slow it down again.
constexpr int kLoadingMs = 180'000;

/// The disc, whose radius is 51 px, crosses two cells of the features' grid (8 px) a frame: far
/// enough that a mask left where it was would be found out.
MovingClip clip() {
    return MovingClip({384, 256}, kFrames, {16.0F, 0.0F}, MovingClip::Moves::Object);
}

class TestWindowModel : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!runGuarded([] { return shippedModelPath(); }).ok()) {
            QSKIP("the shipped model is not here");
        }
        if (!std::filesystem::exists(MCJ_BIN_DIR "/../lib/libmcj_torch.so")) {
            QSKIP("libmcj_torch is not built");
        }
        std::filesystem::create_directories(frames().toStdString());
        const MovingClip made = clip();
        for (FrameIndex t = 0; t < kFrames; ++t) {
            writeRgbPng(std::filesystem::path(frames().toStdString()) / davisFileName(t),
                        made.frame(t)->rgb);
        }
        SessionOptions options;
        options.engine.device = "cpu";
        options.projectFolder = folder_.filePath("projects");
        studio_ = std::make_unique<StudioWindow>(std::make_unique<Session>(options));
        QVERIFY(studio_->show());
    }

    void cleanupTestCase() { studio_.reset(); }

    void theModelLoads() {
        studio_->window().open(frames());
        QVERIFY(studio_->shows("disc"));
        const auto state = [this] { return studio_->session().view().engine().state; };
        QTRY_VERIFY_WITH_TIMEOUT(state() == EngineState::Ready || state() == EngineState::Failed,
                                 kLoadingMs);
        QVERIFY2(state() == EngineState::Ready,
                 qPrintable(studio_->find<QLabel>("messageHint")->text()));
        QVERIFY(studio_->find<QLabel>("engineText")->text().contains("on cpu"));
    }

    void theDefaultCarriesAMaskWithTheDisc() {
        Session& session = studio_->session();
        QCOMPARE(session.view().engine().state, EngineState::Ready);
        MaskEditor& masks = session.masks();
        masks.importMask(0, clip().truth(0));
        auto* method = studio_->find<QComboBox>("propagationMethod");
        QCOMPARE(method->currentData().toInt(), static_cast<int>(PropagationMethod::Studio));
        studio_->press(Qt::Key_F);
        QVERIFY(session.runs().run() != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(session.runs().run() == nullptr, kPatienceMs);
        QCOMPARE(masks.track().size(), std::size_t(kFrames));
        // Where the network is not used, or fails, the bar says so.
        auto* bar = studio_->find<MessageBar>("messageBar");
        QVERIFY2(!bar->isVisible(), qPrintable(bar->text()));

        const auto truth = clip().truth(kFrames - 1).labels;
        const double still = overlap(clip().truth(0), truth, 1);
        QVERIFY2(still < 0.5, qPrintable(QString::number(still)));
        const double carried = overlap(*masks.track().mask(kFrames - 1), truth, 1);
        QVERIFY2(carried > 0.7, qPrintable(QString("IoU %1").arg(carried)));
    }

    void theObjectIsFoundInAnotherFrame() {
        Session& session = studio_->session();
        QCOMPARE(session.view().engine().state, EngineState::Ready);
        session.playhead().seek(0);
        QVERIFY(SessionFixture::settle(session));
        session.masks().importMask(0, clip().truth(0));
        session.masks().setActiveObject(1);
        QVERIFY(studio_->window().commands()["similarity_of_object"].isEnabled());
        studio_->press(Qt::Key_S, Qt::ControlModifier | Qt::AltModifier);
        QVERIFY(session.view().query() && session.view().query()->region);
        QVERIFY(session.view().layers().visible(kSimilarityLayer));
        session.playhead().seek(kFrames - 1);
        QVERIFY(SessionFixture::settle(session));
        const auto match = session.view().bestMatch();
        QVERIFY(match);
        const Mask truth = clip().truth(kFrames - 1);
        QCOMPARE(int{truth.labels.at(static_cast<int>(match->where.y),
                                     static_cast<int>(match->where.x))},
                 1);
        // Without a mask on the frame there is nothing to ask for.
        session.masks().clearFrame(kFrames - 1);
        QTRY_VERIFY(!studio_->window().commands()["similarity_of_object"].isEnabled());
    }

    void fourFeatureLevelsAreSideBySide() {
        Session& session = studio_->session();
        QCOMPARE(session.view().engine().state, EngineState::Ready);
        studio_->press(Qt::Key_L, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(session.views().arrangement(), Arrangement::Grid);
        int finer = 0;
        for (std::size_t i = 0; i < session.views().size(); ++i) {
            const View& view = session.views().at(i);
            QVERIFY(view.level() > finer);
            finer = view.level();
            QTRY_VERIFY_WITH_TIMEOUT(view.colors(kFeaturesLayer), kPatienceMs);
            QCOMPARE(view.colors(kFeaturesLayer)->size(), session.frames().info().size);
        }
    }

    void fourFlowLevelsAreSideBySide() {
        Session& session = studio_->session();
        QCOMPARE(session.view().engine().state, EngineState::Ready);
        session.playhead().seek(0);
        QVERIFY(SessionFixture::settle(session));
        studio_->press(Qt::Key_L, Qt::ControlModifier | Qt::AltModifier);
        QCOMPARE(session.views().arrangement(), Arrangement::Grid);
        const auto* box = studio_->find<QComboBox>("flowMethod");
        FlowPtr finer;
        for (const int level : {1, 2, 4, 5}) {
            const std::string id = levelFlowId(level);
            QVERIFY2(box->findData(QString::fromStdString(id)) >= 0, id.c_str());
            const auto place = static_cast<std::size_t>(level < 3 ? level - 1 : level - 2);
            const View& view = session.views().at(place);
            QCOMPARE(view.flowInUse(), id);
            QTRY_VERIFY_WITH_TIMEOUT(view.flow(kFlowLayer, View::Stage::Final), kPatienceMs);
            const FlowPtr flow = view.flow(kFlowLayer, View::Stage::Final);
            QCOMPARE(flow->size(), session.frames().info().size);
            QVERIFY(!finer || flow->vectors != finer->vectors);
            finer = flow;
        }
        QCOMPARE(box->currentData().toString().toStdString(), session.view().flowInUse());
    }

private:
    [[nodiscard]] QString frames() const { return folder_.filePath("disc"); }

    QTemporaryDir folder_;
    std::unique_ptr<StudioWindow> studio_;
};

}  // namespace

int main(int argc, char** argv) { return runOnDisplay<TestWindowModel>(argc, argv); }

#include "test_window_model.moc"
