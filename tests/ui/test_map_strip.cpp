#include "ui/map_strip.h"

#include <QPixmap>

#include "tests/viewer/session_fixture.h"

namespace {

using namespace mcj;
using namespace mcj::test;

class TestMapStrip : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        fixture_ = std::make_unique<SessionFixture>(4);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
    }

    void signedThumbnailsHaveZeroInTheMiddle() {
        const auto session = fixture_->openSession();
        session->view().layers().setVisible(kWarpErrorLayer, true);
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(session->view().map(kWarpErrorLayer));
        MapStrip strip(*session);
        strip.resize(strip.sizeHint());
        const auto drawn = [&](Colormap colors, float low, float high) {
            Layer layer = session->view().layers().layer(kWarpErrorLayer);
            layer.scalar().colormap = colors;
            layer.scalar().low = low;
            layer.scalar().high = high;
            session->view().layers().set(layer);
            return strip.grab().toImage();
        };
        // Whichever side is longer, the range is one scale for signed colours, and only for them.
        QCOMPARE(drawn(Colormap::Signed, -4.0F, 1.0F), drawn(Colormap::Signed, -4.0F, 4.0F));
        QVERIFY(drawn(Colormap::Turbo, -4.0F, 1.0F) != drawn(Colormap::Turbo, -4.0F, 4.0F));
    }

private:
    std::unique_ptr<SessionFixture> fixture_;
};

}  // namespace

QTEST_MAIN(TestMapStrip)
#include "test_map_strip.moc"
