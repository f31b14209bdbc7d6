// The window with the network itself: skipped, in words, where there is none.
#include <QComboBox>
#include <QLabel>
#include <QTemporaryDir>
#include <filesystem>

#include "inference/engine/inference_engine.h"
#include "tests/ui/window_fixture.h"
#include "ui/message_bar.h"

namespace {

using namespace mcj;
using namespace mcj::test;

constexpr int kFrames = 4;
/// LibTorch comes from a disk that may be slow; sanitizers slow it down again.
constexpr int kLoadingMs = 180'000;

/// The disc crosses two cells of the features' grid (8 px) a frame: far enough that a mask left
/// where it was would be found out.
MovingScene scene() {
    return MovingScene({384, 256}, {0.0F, 0.0F}, {{{120.0F, 120.0F}, {16.0F, 0.0F}, 60.0F}});
}

class TestWindowModel : public QObject {
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
        const QString error = writeLossless(scene(), kFrames, video());
        QVERIFY2(error.isEmpty(), qPrintable(error));
        SessionOptions options;
        options.engine.device = "cpu";
        options.projectFolder = folder_.filePath("projects");
        studio_ = std::make_unique<StudioWindow>(std::make_unique<Session>(options));
        QVERIFY(studio_->show());
    }

    void cleanupTestCase() { studio_.reset(); }

    void theModelLoads() {
        studio_->window().open(video());
        QVERIFY(studio_->shows("disc.mkv"));
        const auto state = [this] { return studio_->session().analysis().engineState(); };
        QTRY_VERIFY_WITH_TIMEOUT(state() == EngineState::Ready || state() == EngineState::Failed,
                                 kLoadingMs);
        QVERIFY2(state() == EngineState::Ready,
                 qPrintable(studio_->find<QLabel>("messageHint")->text()));
        QVERIFY(studio_->find<QLabel>("engineText")->text().contains("on cpu"));
    }

    void featuresCarryAMaskWithTheDisc() {
        Session& session = studio_->session();
        QCOMPARE(session.analysis().engineState(), EngineState::Ready);
        MaskEditor& masks = session.masks();
        masks.importMask(0, Mask(scene().mask(0)));
        auto* method = studio_->find<QComboBox>("propagationMethod");
        QCOMPARE(method->currentData().toInt(), static_cast<int>(PropagationMethod::Features));
        studio_->press(Qt::Key_F);
        QVERIFY(session.run() != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(session.run() == nullptr, kPatienceMs);
        QCOMPARE(masks.track().size(), std::size_t(kFrames));
        // Where the network is not used, or fails, the bar says so.
        auto* bar = studio_->find<MessageBar>("messageBar");
        QVERIFY2(!bar->isVisible(), qPrintable(bar->text()));

        const auto truth = scene().mask(kFrames - 1);
        const double still = overlap(Mask(scene().mask(0)), truth, 1);
        QVERIFY2(still < 0.5, qPrintable(QString::number(still)));
        const double carried = overlap(*masks.track().mask(kFrames - 1), truth, 1);
        QVERIFY2(carried > 0.7, qPrintable(QString("IoU %1").arg(carried)));
    }

private:
    [[nodiscard]] QString video() const { return folder_.filePath("disc.mkv"); }

    QTemporaryDir folder_;
    std::unique_ptr<StudioWindow> studio_;
};

}  // namespace

int main(int argc, char** argv) { return runOnDisplay<TestWindowModel>(argc, argv); }

#include "test_window_model.moc"
