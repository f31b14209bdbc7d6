#include <QSignalSpy>
#include <cmath>

#include "tests/viewer/session_fixture.h"
#include "viewer/tools/tool.h"

namespace {

using namespace mcj;
using namespace mcj::test;

/// What the tools make of the canvas's events.
class TestTools : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
    }

    void init() {
        fixture_ = std::make_unique<SessionFixture>(8);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
        session_ = fixture_->openSession();
        view_.setViewport({960, 640}, 1.0);
        view_.setImageSize({96, 64});
        view_.fit();
        session_->masks().setBrushRadiusPx(1.0F);
    }

    void cleanup() { session_.reset(); }

    void shiftDrawsALineFromTheLastStroke() {
        const auto brush = makeTool(ToolKind::Brush, *session_, view_);
        click(*brush, {10, 10});
        QCOMPARE(objectAt({30, 10}), kBackground);
        click(*brush, {50, 10}, Qt::ShiftModifier);
        for (int x = 10; x <= 50; ++x) QCOMPARE(objectAt({x, 10}), ObjectId(1));
        QCOMPARE(session_->document().log().size(), std::size_t(2));
    }

    void shiftWithoutAStrokeOnTheFramePaintsADot() {
        const auto brush = makeTool(ToolKind::Brush, *session_, view_);
        click(*brush, {10, 10}, Qt::ShiftModifier);
        QCOMPARE(objectAt({10, 10}), ObjectId(1));
        session_->playhead().seek(1);
        QVERIFY(SessionFixture::settle(*session_));
        click(*brush, {50, 10}, Qt::ShiftModifier);
        QCOMPARE(objectAt({30, 10}), kBackground);
        QCOMPARE(objectAt({50, 10}), ObjectId(1));
    }

    void aStrokeStaysOnTheFrameOnScreenWhileAnotherIsDecoded() {
        const auto brush = makeTool(ToolKind::Brush, *session_, view_);
        Playhead& playhead = session_->playhead();
        playhead.seek(5);
        QCOMPARE(playhead.current(), FrameIndex(5));
        QCOMPARE(playhead.shown()->index, FrameIndex(0));
        brush->press(pointer({20, 20}));
        // The frame that was wanted does not come in between.
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(playhead.shown()->index, FrameIndex(0));
        QVERIFY(session_->masks().stroking());
        brush->drag(pointer({40, 20}));
        brush->release(pointer({60, 20}));
        QCOMPARE(playhead.current(), FrameIndex(0));
        for (int x = 20; x <= 60; ++x) QCOMPARE(objectAt({x, 20}), ObjectId(1));
        QCOMPARE(session_->masks().track().size(), std::size_t(1));
        QCOMPARE(session_->document().log().size(), std::size_t(1));
    }

    void altChoosesTheObjectUnderThePointer() {
        const auto brush = makeTool(ToolKind::Brush, *session_, view_);
        session_->masks().setActiveObject(3);
        click(*brush, {20, 20});
        session_->masks().setActiveObject(1);
        const std::size_t edits = session_->document().log().size();
        click(*brush, {20, 20}, Qt::AltModifier);
        QCOMPARE(session_->masks().activeObject(), ObjectId(3));
        click(*brush, {60, 40}, Qt::AltModifier);
        QCOMPARE(session_->masks().activeObject(), ObjectId(3));
        click(*brush, {-5, 900}, Qt::AltModifier);
        QCOMPARE(session_->document().log().size(), edits);
    }

    void ctrlAndAltEraseDuringADrag() {
        const auto brush = makeTool(ToolKind::Brush, *session_, view_);
        for (const int y : {10, 20, 30}) outline(*brush, {{10, y}, {60, y}});
        const std::size_t edits = session_->document().log().size();
        brush->press(pointer({20, 10}, Qt::ControlModifier));
        QCOMPARE(brush->overlay().brush, std::optional(StrokeMode::Erase));
        brush->drag(pointer({30, 10}, Qt::ControlModifier));
        brush->release(pointer({30, 10}, Qt::ControlModifier));
        QCOMPARE(brush->overlay().brush, std::optional(StrokeMode::Paint));
        outline(*brush, {{20, 20}, {30, 20}}, Qt::AltModifier);
        for (const int y : {10, 20}) {
            QCOMPARE(objectAt({25, y}), kBackground);
            QCOMPARE(objectAt({50, y}), ObjectId(1));
        }
        QCOMPARE(session_->document().log().size(), edits + 2);
        // Escape before the pointer has moved: nothing.
        brush->press(pointer({20, 30}, Qt::AltModifier));
        brush->cancel();
        brush->release(pointer({40, 30}));
        QCOMPARE(session_->document().log().size(), edits + 2);
    }

    void aPenPaintsThinnerWhereItIsPressedLess() {
        const auto brush = makeTool(ToolKind::Brush, *session_, view_);
        MaskEditor& masks = session_->masks();
        masks.setBrushRadiusPx(10.0F);
        const auto areaAt = [&](int x, float pressure) {
            ToolPointer at = pointer({x, 30});
            at.pressure = pressure;
            const MaskPtr before = session_->mask();
            brush->press(at);
            brush->release(at);
            return areaOf(*session_->mask(), 1) - (before ? areaOf(*before, 1) : 0);
        };
        const std::int64_t full = areaAt(14, 1.0F);
        QVERIFY(std::abs(double(full) - 314.0) < 12.0);
        const std::int64_t half = areaAt(40, 0.5F);
        QVERIFY(std::abs(double(half) - 78.5) < 6.0);
        QCOMPARE(areaAt(55, 0.0F), std::int64_t(1));
        masks.setPenPressure(PenPressure::Ignored);
        QCOMPARE(areaAt(80, 0.5F), full);
    }

    void ctrlAndTheWheelSizeTheBrush() {
        const auto brush = makeTool(ToolKind::Brush, *session_, view_);
        const auto pan = makeTool(ToolKind::Pan, *session_, view_);
        session_->masks().setBrushRadiusPx(10.0F);
        QVERIFY(brush->wheel(pointer({5, 5}, Qt::ControlModifier), 1.0));
        QVERIFY(session_->masks().brushRadiusPx() > 10.0F);
        QVERIFY(!brush->wheel(pointer({5, 5}), 1.0));
        QVERIFY(!pan->wheel(pointer({5, 5}, Qt::ControlModifier), 1.0));
    }

    void aDoubleClickChangesBetweenTheWholePictureAndActualPixels() {
        const auto pan = makeTool(ToolKind::Pan, *session_, view_);
        const double fitted = view_.deviceScale();
        QVERIFY(fitted != 1.0);
        pan->doubleClick(pointer({40, 30}));
        QCOMPARE(view_.deviceScale(), 1.0);
        pan->doubleClick(pointer({40, 30}));
        QCOMPARE(view_.deviceScale(), fitted);
    }

    void similarityFollowsThePointerWithCtrlAndIsForgottenByDelete() {
        const auto similarity = makeTool(ToolKind::Similarity, *session_, view_);
        similarity->hover(pointer({20, 20}));
        QVERIFY(!session_->view().query());
        similarity->hover(pointer({20, 20}, Qt::ControlModifier));
        QVERIFY(session_->view().query()->where == (PointF{20.0F, 20.0F}));
        similarity->hover(pointer({-20, 20}, Qt::ControlModifier));
        QVERIFY(session_->view().query()->where == (PointF{20.0F, 20.0F}));
        QVERIFY(!similarity->key(Qt::Key_A, Qt::NoModifier));
        QVERIFY(similarity->key(Qt::Key_Delete, Qt::NoModifier));
        QVERIFY(!session_->view().query());
    }

    void shiftAddsPinsAndAClickOnOneSelectsIt() {
        const View& view = session_->view();
        const auto similarity = makeTool(ToolKind::Similarity, *session_, view_);
        click(*similarity, {20, 20}, Qt::ShiftModifier);
        click(*similarity, {60, 30}, Qt::ShiftModifier);
        QCOMPARE(view.pins().all().size(), std::size_t(2));
        QCOMPARE(view.pins().all()[1].color, std::size_t(1));
        QVERIFY(view.query()->where == (PointF{60.0F, 30.0F}));
        // A drag from a pin that is not selected selects it and moves none.
        similarity->press(pointer({20, 20}));
        similarity->drag(pointer({25, 25}));
        similarity->release(pointer({25, 25}));
        QVERIFY(view.query()->where == (PointF{20.0F, 20.0F}));
        QVERIFY(view.pins().all()[1].query.where == (PointF{60.0F, 30.0F}));
        // Elsewhere the selected one is moved, and keeps its colour.
        click(*similarity, {40, 50});
        QCOMPARE(view.pins().all().size(), std::size_t(2));
        QVERIFY(view.pins().all()[0].query.where == (PointF{40.0F, 50.0F}));
        QCOMPARE(view.pins().selected()->color, std::size_t(0));
        QVERIFY(similarity->key(Qt::Key_Delete, Qt::NoModifier));
        QCOMPARE(view.pins().all().size(), std::size_t(1));
        QVERIFY(view.query()->where == (PointF{60.0F, 30.0F}));
        // The colour that is free again is used first.
        click(*similarity, {10, 10}, Qt::ShiftModifier);
        QCOMPARE(view.pins().selected()->color, std::size_t(0));
        click(*similarity, {-20, 10}, Qt::ShiftModifier);
        QCOMPARE(view.pins().all().size(), std::size_t(2));
    }

    void thereIsAPinForEachColour() {
        const auto similarity = makeTool(ToolKind::Similarity, *session_, view_);
        QSignalSpy notices(session_.get(), &Session::noticed);
        for (int i = 0; i <= static_cast<int>(kPinColors.size()); ++i) {
            click(*similarity, {5 + 10 * i, 30}, Qt::ShiftModifier);
        }
        QCOMPARE(session_->view().pins().all().size(), kPinColors.size());
        QCOMPARE(notices.size(), 1);
        session_->view().clearPins();
        QVERIFY(!session_->view().query() && session_->view().pins().empty());
    }

    void clicksMakeAPolygonThatEnterCloses() {
        const auto polygon = makeTool(ToolKind::Polygon, *session_, view_);
        QVERIFY(polygon->edits() && !polygon->claims(Qt::Key_Return));
        for (const PointPx at : {PointPx{10, 10}, {40, 10}, {40, 30}}) click(*polygon, at);
        QCOMPARE(polygon->overlay().outline->points.size(), std::size_t(3));
        QVERIFY(polygon->overlay().outline->toPointer);
        // A wrong point is taken back, a right one is moved.
        click(*polygon, {80, 60});
        QVERIFY(polygon->claims(Qt::Key_Backspace));
        QVERIFY(polygon->key(Qt::Key_Backspace, Qt::NoModifier));
        click(*polygon, {20, 55});
        polygon->press(pointer({20, 55}));
        polygon->drag(pointer({10, 30}));
        polygon->release(pointer({10, 30}));
        QVERIFY(!session_->mask());
        QVERIFY(polygon->key(Qt::Key_Return, Qt::NoModifier));
        QVERIFY(!polygon->overlay().outline);
        // Centres on the right and the lower side are outside.
        QCOMPARE(areaOf(*session_->mask(), 1), std::int64_t(30 * 20));
        QCOMPARE(objectAt({10, 10}), ObjectId(1));
        QCOMPARE(objectAt({40, 29}), kBackground);
        QCOMPARE(session_->document().log().size(), std::size_t(1));
        session_->masks().undo();
        QVERIFY(!session_->mask());
    }

    void aClickOnTheFirstPointClosesAPolygon() {
        const auto polygon = makeTool(ToolKind::Polygon, *session_, view_);
        click(*polygon, {10, 10});
        click(*polygon, {40, 10});
        click(*polygon, {10, 10});
        QVERIFY(!session_->mask());
        click(*polygon, {40, 40});
        // The hand moves a little.
        polygon->press(pointer({10, 10}));
        polygon->drag({{10.1, 10.1}, view_.viewFromImage({10.1, 10.1})});
        polygon->release(pointer({10, 10}));
        QVERIFY(session_->mask() && areaOf(*session_->mask(), 1) > 300);
        // A double click closes with its own point.
        QVERIFY(polygon->doubleClick(pointer({10, 10})));
        QCOMPARE(session_->document().log().size(), std::size_t(1));
        click(*polygon, {50, 10});
        click(*polygon, {70, 10});
        click(*polygon, {70, 40});
        QVERIFY(polygon->doubleClick(pointer({70, 40})));
        QCOMPARE(session_->document().log().size(), std::size_t(2));
        QCOMPARE(objectAt({65, 12}), ObjectId(1));
    }

    void escapeAndAnotherFrameForgetAPolygon() {
        const auto polygon = makeTool(ToolKind::Polygon, *session_, view_);
        click(*polygon, {10, 10});
        click(*polygon, {40, 10});
        // Escape during a drag puts the point back.
        polygon->press(pointer({40, 10}));
        polygon->drag(pointer({60, 60}));
        polygon->cancel();
        QCOMPARE(polygon->overlay().outline->points.back().x, 40.0);
        polygon->press(pointer({40, 40}));
        polygon->cancel();
        QCOMPARE(polygon->overlay().outline->points.size(), std::size_t(2));
        QVERIFY(polygon->key(Qt::Key_Escape, Qt::NoModifier));
        QVERIFY(!polygon->claims(Qt::Key_Escape));
        for (const PointPx at : {PointPx{10, 10}, {40, 10}, {40, 30}}) click(*polygon, at);
        session_->playhead().seek(1);
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(!polygon->overlay().outline && !polygon->claims(Qt::Key_Return));
        QVERIFY(!polygon->key(Qt::Key_Return, Qt::NoModifier));
        QCOMPARE(session_->document().log().size(), std::size_t(0));
    }

    void altAndCtrlTakeAwayOnlyTheActiveObject() {
        Mask mask({96, 64});
        for (int y = 0; y < 64; ++y) {
            for (int x = 0; x < 96; ++x) mask.labels.at(y, x) = x < 48 ? 1 : 2;
        }
        session_->masks().importMask(0, mask);
        session_->masks().setActiveObject(2);
        const auto polygon = makeTool(ToolKind::Polygon, *session_, view_);
        click(*polygon, {40, 10}, Qt::AltModifier);
        QCOMPARE(polygon->overlay().outline->mode, StrokeMode::Erase);
        click(*polygon, {56, 10});
        click(*polygon, {56, 20});
        click(*polygon, {40, 20});
        polygon->key(Qt::Key_Enter, Qt::NoModifier);
        QCOMPARE(objectAt({45, 15}), ObjectId(1));
        QCOMPARE(objectAt({50, 15}), kBackground);
        const auto lasso = makeTool(ToolKind::Lasso, *session_, view_);
        outline(*lasso, {{40, 30}, {56, 30}, {56, 40}, {40, 40}}, Qt::ControlModifier);
        QCOMPARE(objectAt({45, 35}), ObjectId(1));
        QCOMPARE(objectAt({50, 35}), kBackground);
        QCOMPARE(session_->document().log().size(), std::size_t(3));
    }

    void aLassoIsOneDrag() {
        const auto lasso = makeTool(ToolKind::Lasso, *session_, view_);
        session_->masks().setActiveObject(4);
        const std::size_t edits = session_->document().log().size();
        outline(*lasso, {{-20, 10}, {40, 10}, {40, 30}, {-20, 30}});
        QCOMPARE(areaOf(*session_->mask(), 4), std::int64_t(40 * 20));
        QCOMPARE(session_->document().log().size(), edits + 1);
        // A click encloses nothing, and Escape leaves nothing.
        click(*lasso, {60, 40});
        lasso->press(pointer({60, 30}));
        lasso->drag(pointer({80, 30}));
        lasso->drag(pointer({80, 50}));
        QCOMPARE(lasso->overlay().outline->points.size(), std::size_t(3));
        lasso->cancel();
        lasso->release(pointer({60, 50}));
        QCOMPARE(session_->document().log().size(), edits + 1);
    }

    void aClickFillsAConnectedArea() {
        MaskEditor& masks = session_->masks();
        const auto lasso = makeTool(ToolKind::Lasso, *session_, view_);
        const auto fill = makeTool(ToolKind::Fill, *session_, view_);
        QVERIFY(fill->edits());
        outline(*lasso, {{10, 10}, {30, 10}, {30, 30}, {10, 30}});
        outline(*lasso, {{50, 10}, {70, 10}, {70, 30}, {50, 30}});
        masks.setActiveObject(2);
        const std::size_t edits = session_->document().log().size();
        click(*fill, {20, 20});
        QCOMPARE(areaOf(*session_->mask(), 2), std::int64_t(400));
        QCOMPARE(areaOf(*session_->mask(), 1), std::int64_t(400));
        QCOMPARE(session_->document().log().size(), edits + 1);
        // Neither again nor outside of the picture.
        click(*fill, {20, 20});
        click(*fill, {-4, 20});
        QCOMPARE(session_->document().log().size(), edits + 1);
        click(*fill, {60, 20}, Qt::AltModifier);
        QCOMPARE(areaOf(*session_->mask(), 1), std::int64_t(0));
        click(*fill, {90, 60});
        QCOMPARE(areaOf(*session_->mask(), 2), std::int64_t(96 * 64));
        masks.undo();
        QCOMPARE(areaOf(*session_->mask(), 2), std::int64_t(400));
    }

    void scribblesProposeACutOutObject() {
        const auto cut = makeTool(ToolKind::CutOut, *session_, view_);
        MaskEditor& masks = session_->masks();
        QVERIFY(cut->edits() && !cut->claims(Qt::Key_Escape));
        outline(*cut, {{26, 28}, {34, 36}});
        QCOMPARE(cut->overlay().scribbles.size(), std::size_t(1));
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(masks.preview());
        QCOMPARE(objectAt({30, 32}), ObjectId(1));
        outline(*cut, {{70, 10}, {80, 50}}, Qt::ControlModifier);
        QCOMPARE(cut->overlay().scribbles.back().mode, StrokeMode::Erase);
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(objectAt({70, 10}), kBackground);
        QCOMPARE(session_->document().log().size(), std::size_t(0));
        // A line that was drawn by mistake.
        const MaskPtr before = session_->mask();
        outline(*cut, {{90, 10}, {90, 20}});
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(objectAt({90, 15}), ObjectId(1));
        QVERIFY(cut->key(Qt::Key_Backspace, Qt::NoModifier));
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(*session_->mask() == *before);
        masks.acceptPreview();
        QCOMPARE(session_->document().log().size(), std::size_t(1));
        QCOMPARE(objectAt({30, 32}), ObjectId(1));
        QVERIFY(cut->overlay().scribbles.empty());
        // Escape leaves the mask as it was.
        masks.setActiveObject(2);
        const MaskPtr kept = session_->mask();
        outline(*cut, {{86, 50}, {90, 56}});
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(*session_->mask() != *kept);
        QVERIFY(cut->key(Qt::Key_Escape, Qt::NoModifier));
        QVERIFY(*session_->mask() == *kept);
        QVERIFY(cut->overlay().scribbles.empty() && !cut->claims(Qt::Key_Escape));
        // A drag that is cancelled marks nothing.
        cut->press(pointer({20, 20}));
        cut->cancel();
        cut->release(pointer({40, 20}));
        QVERIFY(cut->overlay().scribbles.empty());
    }

    void theWandNeedsAModel() {
        const auto wand = makeTool(ToolKind::Wand, *session_, view_);
        QVERIFY(wand->edits());
        QSignalSpy notices(session_.get(), &Session::noticed);
        click(*wand, {30, 32});
        QCOMPARE(notices.size(), 1);
        QVERIFY(!session_->maskTools().wand.waits());
        // The wheel zooms as with other tools.
        QVERIFY(!wand->wheel(pointer({30, 32}), 1.0));
        QVERIFY(!session_->masks().preview());
    }

    void lockedFramesTakeNoOutline() {
        Mask mask({96, 64});
        mask.labels.at(5, 5) = 1;
        session_->masks().importMask(0, mask);
        session_->masks().setLock(0, MaskEditor::Lock::On);
        QSignalSpy notices(session_.get(), &Session::noticed);
        const auto polygon = makeTool(ToolKind::Polygon, *session_, view_);
        click(*polygon, {10, 10});
        QVERIFY(!polygon->overlay().outline);
        const auto lasso = makeTool(ToolKind::Lasso, *session_, view_);
        outline(*lasso, {{10, 10}, {40, 10}, {40, 30}});
        QCOMPARE(notices.size(), 2);
        QVERIFY(*session_->mask() == mask);
    }

    void overlaysSayWhatAToolDoes() {
        QVERIFY(makeTool(ToolKind::Brush, *session_, view_)->overlay().brush == StrokeMode::Paint);
        QVERIFY(makeTool(ToolKind::Eraser, *session_, view_)->overlay().brush == StrokeMode::Erase);
        QVERIFY(makeTool(ToolKind::Similarity, *session_, view_)->overlay().marksQuery);
        const auto pan = makeTool(ToolKind::Pan, *session_, view_);
        QVERIFY(!pan->overlay().hidesValues);
        pan->press(pointer({20, 20}));
        QVERIFY(pan->overlay().hidesValues);
        QCOMPARE(pan->cursor(), ToolCursor::ClosedHand);
    }

private:
    [[nodiscard]] ToolPointer pointer(PointPx at, Qt::KeyboardModifiers modifiers = {}) const {
        const ImagePos place{double(at.x), double(at.y)};
        return {place, view_.viewFromImage(place), modifiers};
    }

    void click(Tool& tool, PointPx at, Qt::KeyboardModifiers modifiers = {}) const {
        tool.press(pointer(at, modifiers));
        tool.release(pointer(at, modifiers));
    }

    void outline(Tool& tool, const std::vector<PointPx>& points,
                 Qt::KeyboardModifiers modifiers = {}) const {
        tool.press(pointer(points.front(), modifiers));
        for (const PointPx at : points) tool.drag(pointer(at, modifiers));
        tool.release(pointer(points.back(), modifiers));
    }

    [[nodiscard]] ObjectId objectAt(PointPx at) const {
        const MaskPtr mask = session_->mask();
        return mask ? mask->labels.at(at.y, at.x) : kBackground;
    }

    std::unique_ptr<SessionFixture> fixture_;
    std::unique_ptr<Session> session_;
    ViewTransform view_;
};

}  // namespace

QTEST_MAIN(TestTools)
#include "test_tools.moc"
