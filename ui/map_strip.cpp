#include "ui/map_strip.h"

#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <array>
#include <cmath>

#include "ui/theme.h"

namespace mcj {
namespace {

constexpr std::array kShown{LayerKind::Image,       LayerKind::Flow,      LayerKind::WarpError,
                            LayerKind::Consistency, LayerKind::Occlusion, LayerKind::FeatureError,
                            LayerKind::Similarity};
constexpr double kCaption = 20.0;
constexpr double kGap = 8.0;

QString text(std::string_view words) {
    return QString::fromUtf8(words.data(), static_cast<qsizetype>(words.size()));
}

/// One colour a thumbnail pixel, nearest sample: a thumbnail of a map averages nothing, so its
/// colours are those of the scale.
template <typename ColorOf>
QImage sample(SizePx from, QSize to, ColorOf&& colorOf) {
    QImage image(to, QImage::Format_RGB32);
    for (int y = 0; y < to.height(); ++y) {
        const int sourceY = std::min(y * from.height / to.height(), from.height - 1);
        auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
        for (int x = 0; x < to.width(); ++x) {
            const int sourceX = std::min(x * from.width / to.width(), from.width - 1);
            line[x] = colorOf(sourceY, sourceX);
        }
    }
    return image;
}

QRgb rgbOf(const std::array<std::uint8_t, 3>& color) { return qRgb(color[0], color[1], color[2]); }

}  // namespace

MapStrip::MapStrip(Session& session, QWidget* parent) : QWidget(parent), session_(session) {
    setObjectName("mapStrip");
    setAccessibleName(tr("All maps of the shown frame"));
    setMouseTracking(true);
    setCursor(Qt::PointingHandCursor);
    connect(&session, &Session::changed, this, qOverload<>(&QWidget::update));
}

void MapStrip::showEvent(QShowEvent*) { session_.view().setMapDemand(MapDemand::All); }
void MapStrip::hideEvent(QHideEvent*) { session_.view().setMapDemand(MapDemand::Visible); }

QRectF MapStrip::cell(int index) const {
    const auto count = static_cast<double>(kShown.size());
    const double wide = (width() - 24.0 - (count - 1.0) * kGap) / count;
    return {12.0 + index * (wide + kGap), 4.0, wide, height() - 10.0};
}

int MapStrip::cellAt(QPointF pos) const {
    for (int i = 0; i < static_cast<int>(kShown.size()); ++i) {
        if (cell(i).contains(pos)) return i;
    }
    return -1;
}

std::shared_ptr<const void> MapStrip::contentOf(LayerKind kind) const {
    if (kind == LayerKind::Image) return session_.frame();
    if (kind == LayerKind::Flow) return session_.view().flow();
    return session_.view().map(kind);
}

const QImage& MapStrip::picture(LayerKind kind, QSize devicePixels) {
    Picture& kept = pictures_[kind];
    std::shared_ptr<const void> content = contentOf(kind);
    if (kept.content == content && kept.size == devicePixels &&
        kept.layersRevision == session_.layers().revision()) {
        return kept.image;
    }
    kept.content = std::move(content);
    kept.layersRevision = session_.layers().revision();
    kept.size = devicePixels;
    kept.image = {};
    const Layer& layer = session_.layers().layer(kind);
    const FramePtr& frame = session_.frame();
    if (!frame) return kept.image;
    if (kind == LayerKind::Image) {
        const QImage whole(frame->rgb.data(), frame->rgb.width(), frame->rgb.height(),
                           frame->rgb.width() * 3, QImage::Format_RGB888);
        kept.image = whole.scaled(devicePixels, Qt::IgnoreAspectRatio, Qt::FastTransformation);
    } else if (kind == LayerKind::Flow) {
        if (const FlowPtr flow = session_.view().flow()) {
            kept.image = sample(flow->size(), devicePixels, [&](int y, int x) {
                const PointF at = flow->at(y, x);
                return rgbOf(
                    flowColor({at.x / layer.flowScalePx, at.y / layer.flowScalePx}, layer.wheel));
            });
        }
    } else if (const ScalarMapPtr map = session_.view().map(kind)) {
        const auto& table = colormapTable(layer.colormap);
        const ScalarSpan span = scalarSpan(layer.colormap, layer.rangeLow, layer.rangeHigh);
        kept.image = sample(map->size(), devicePixels, [&](int y, int x) {
            const float value = map->values.at(y, x);
            if (std::isnan(value)) return qRgb(0, 0, 0);
            return rgbOf(table[span.indexOf(value)]);
        });
    }
    return kept.image;
}

QString MapStrip::missingText(LayerKind kind) const {
    const EngineState engine = session_.view().engine().state;
    const bool needsModel = kind == LayerKind::FeatureError || kind == LayerKind::Similarity;
    if (needsModel && engine == EngineState::Failed) return tr("needs the model");
    if (kind == LayerKind::Similarity && !session_.view().query())
        return tr("press S, click a point");
    if (session_.frameCountExact() && session_.frame() &&
        session_.frame()->index + 1 >= session_.frameCount() && kind != LayerKind::Similarity) {
        return tr("last frame");
    }
    return session_.playing() || session_.run() != nullptr ? tr("when paused") : tr("computing...");
}

void MapStrip::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QFont font = painter.font();
    font.setPointSizeF(8.5);
    painter.setFont(font);
    for (int i = 0; i < static_cast<int>(kShown.size()); ++i) {
        const LayerKind kind = kShown[static_cast<std::size_t>(i)];
        const QRectF box = cell(i);
        QRectF frame = box.adjusted(0, 0, 0, -kCaption);
        painter.fillRect(frame, QColor(Theme::kField));
        const bool shown = kind != LayerKind::Image && session_.layers().visible(kind);
        painter.setPen(QColor(shown ? Theme::kText : Theme::kDim));
        painter.drawText(QRectF(box.left(), frame.bottom(), box.width(), kCaption), Qt::AlignCenter,
                         text(layerTitle(kind)));
        if (!session_.frame()) continue;
        QSizeF fitted = QSizeF(session_.frame()->size().width, session_.frame()->size().height)
                            .scaled(frame.size(), Qt::KeepAspectRatio);
        frame = QRectF(frame.center().x() - fitted.width() / 2.0,
                       frame.center().y() - fitted.height() / 2.0, fitted.width(), fitted.height());
        const QSize pixels = (fitted * devicePixelRatioF()).toSize().expandedTo({1, 1});
        const QImage& image = picture(kind, pixels);
        if (image.isNull()) {
            painter.setPen(QColor(Theme::kDim));
            painter.drawText(frame, Qt::AlignCenter | Qt::TextWordWrap, missingText(kind));
        } else {
            painter.drawImage(frame, image);
        }
        if (i == hovered_ || shown) {
            painter.setBrush(Qt::NoBrush);
            painter.setPen(QPen(QColor(i == hovered_ ? Theme::kAccent : 0xff4a80abU), 1.5));
            painter.drawRect(frame);
        }
    }
}

void MapStrip::mouseMoveEvent(QMouseEvent* event) {
    const int at = cellAt(event->position());
    if (at == hovered_) return;
    hovered_ = at;
    update();
}

void MapStrip::leaveEvent(QEvent*) {
    hovered_ = -1;
    update();
}

void MapStrip::mousePressEvent(QMouseEvent* event) {
    const int at = cellAt(event->position());
    if (event->button() != Qt::LeftButton || at < 0) return;
    const LayerKind kind = kShown[static_cast<std::size_t>(at)];
    session_.layers().showOnly(kind);
    Q_EMIT chosen(kind);
}

bool MapStrip::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip) return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const int at = cellAt(help->pos());
    if (at >= 0) {
        QToolTip::showText(help->globalPos(),
                           text(layerExplanation(kShown[static_cast<std::size_t>(at)])), this);
    }
    return true;
}

}  // namespace mcj
