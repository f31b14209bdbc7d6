#include <cmath>

#include "tests/ui/window_fixture.h"
#include "ui/command_registry.h"
#include "viewer/canvas/canvas_widget.h"
#include "viewer/canvas/key_pointer.h"

namespace {

using namespace mcj;
using namespace mcj::test;

/// Clicks in the picture that are made by keys.
class TestKeyPointer : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
    }

    void init() {
        fixture_ = std::make_unique<SessionFixture>(8);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
        studio_ = std::make_unique<StudioWindow>(fixture_->makeSession());
        QVERIFY(studio_->show());
    }

    void cleanup() { studio_.reset(); }

    void keysMoveThePointer() {
        openClip();
        CanvasWidget& canvas = studio_->window().canvas();
        const KeyPointer& pointer = studio_->window().keyPointer();
        studio_->press(Qt::Key_Q, Qt::ShiftModifier);
        QVERIFY(pointer.active() && registry()["pointer_keys"].isChecked());
        const PointPx start = *pointer.pixel();
        const FrameIndex frame = studio_->session().playhead().current();
        studio_->press(Qt::Key_Right);
        studio_->press(Qt::Key_Down);
        studio_->press(Qt::Key_Left, Qt::ShiftModifier);
        const PointPx moved{start.x + 1 - 10, start.y + 1};
        QVERIFY(*pointer.pixel() == moved);
        QVERIFY(canvas.hoveredPixel() == moved);
        // The arrows did not step.
        QCOMPARE(studio_->session().playhead().current(), frame);
        const QString spoken = canvas.accessibleName();
        QVERIFY2(spoken.contains(QStringLiteral("x %1, y %2").arg(moved.x).arg(moved.y)),
                 qPrintable(spoken));
        // It stays in the picture, and the picture under it on screen.
        canvas.zoomBy(8.0);
        for (int i = 0; i < 10; ++i) studio_->press(Qt::Key_Left, Qt::ShiftModifier);
        QCOMPARE(pointer.pixel()->x, 0);
        QVERIFY(canvas.hoveredPixel() == *pointer.pixel());
        const ViewPos at = canvas.view().viewFromImage({0.0, double(pointer.pixel()->y)});
        QVERIFY(at.x >= 0.0 && at.x < canvas.width());
        studio_->press(Qt::Key_Escape);
        QVERIFY(!pointer.active() && !registry()["pointer_keys"].isChecked());
        QCOMPARE(canvas.accessibleName(), "Picture");
        studio_->press(Qt::Key_Right);
        QTRY_COMPARE(studio_->session().playhead().current(), frame + 1);
    }

    void enterClicksWithTheTool() {
        openClip();
        Session& session = studio_->session();
        QTRY_VERIFY(session.document().ready());
        const KeyPointer& pointer = studio_->window().keyPointer();
        studio_->press(Qt::Key_S);
        studio_->press(Qt::Key_Q, Qt::ShiftModifier);
        studio_->press(Qt::Key_Return);
        QVERIFY(session.view().query());
        const PointPx first = *pointer.pixel();
        QVERIFY(std::abs(session.view().query()->where.x - float(first.x)) < 0.01F);
        QVERIFY(std::abs(session.view().query()->where.y - float(first.y)) < 0.01F);
        // Shift adds a pin, as with the mouse.
        studio_->press(Qt::Key_Right, Qt::ShiftModifier);
        studio_->press(Qt::Key_Return, Qt::ShiftModifier);
        QCOMPARE(session.view().pins().all().size(), std::size_t{2});
        // A dab of the brush is one step of the log.
        studio_->press(Qt::Key_P);
        session.masks().setBrushRadiusPx(2.0F);
        studio_->press(Qt::Key_Return);
        const PointPx dab = *pointer.pixel();
        QVERIFY(session.mask());
        QVERIFY(session.mask()->labels.at(dab.y, dab.x) != kBackground);
        QCOMPARE(session.document().log().size(), std::size_t{1});
        // The mouse takes the pointer back.
        QTest::mouseClick(&studio_->window().canvas(), Qt::MiddleButton);
        QVERIFY(!pointer.active());
    }

private:
    void openClip() {
        studio_->window().open(fixture_->video());
        QVERIFY(studio_->shows("clip.mkv"));
        QVERIFY(SessionFixture::settle(studio_->session()));
    }
    [[nodiscard]] CommandRegistry& registry() { return studio_->window().commands(); }

    std::unique_ptr<SessionFixture> fixture_;
    std::unique_ptr<StudioWindow> studio_;
};

}  // namespace

int main(int argc, char** argv) { return runOnDisplay<TestKeyPointer>(argc, argv); }
#include "test_key_pointer.moc"
