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

constexpr double kCaption = 20.0;
constexpr double kGap = 8.0;

/// One colour per thumbnail pixel by nearest sampling. Values are not averaged, so that all colours
/// are those of the scale.
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
    chooseShown();
    connect(&session, &Session::changed, this, qOverload<>(&QWidget::update));
    connect(&session.views(), &ViewSet::flowChoiceChanged, this, &MapStrip::chooseShown);
    // Layers of another view may look different at the same revision.
    connect(&session.views(), &ViewSet::arranged, this, [this] { pictures_.clear(); });
    connect(&session, &Session::opened, this, &MapStrip::chooseShown);
    connect(&session, &Session::closed, this, &MapStrip::chooseShown);
}

void MapStrip::chooseShown() {
    shown_.clear();
    hovered_ = -1;
    for (const LayerTraits& traits : layerTraits()) {
        const Layer& layer = session_.view().layers().layer(traits.kind);
        if (layer.isPicture() && !session_.view().lacksTruth(layer))
            shown_.emplace_back(traits.kind);
    }
    update();
}

void MapStrip::showEvent(QShowEvent*) { session_.views().setMapDemand(MapDemand::All); }
void MapStrip::hideEvent(QHideEvent*) { session_.views().setMapDemand(MapDemand::Visible); }

QRectF MapStrip::cell(int index) const {
    const auto count = static_cast<double>(shown_.size());
    const double wide = (width() - 24.0 - (count - 1.0) * kGap) / count;
    return {12.0 + index * (wide + kGap), 4.0, wide, height() - 10.0};
}

int MapStrip::cellAt(QPointF pos) const {
    for (int i = 0; i < static_cast<int>(shown_.size()); ++i) {
        if (cell(i).contains(pos)) return i;
    }
    return -1;
}

std::shared_ptr<const void> MapStrip::contentOf(const Layer& layer) const {
    if (layer.is<ImageLook>()) return session_.view().frame();
    if (layer.is<FlowLook>()) return session_.view().flow(layer.id);
    if (layer.is<ColorsLook>()) return session_.view().colors(layer.id);
    return session_.view().map(layer.id);
}

const QImage& MapStrip::picture(const Layer& layer, QSize devicePixels) {
    Picture& kept = pictures_[layer.id];
    std::shared_ptr<const void> content = contentOf(layer);
    if (kept.content == content && kept.size == devicePixels &&
        kept.layersRevision == session_.view().layers().revision()) {
        return kept.image;
    }
    kept.content = std::move(content);
    kept.layersRevision = session_.view().layers().revision();
    kept.size = devicePixels;
    kept.image = {};
    const FramePtr& frame = session_.view().frame();
    if (!frame) return kept.image;
    if (layer.is<ImageLook>()) {
        const QImage whole(frame->rgb.data(), frame->rgb.width(), frame->rgb.height(),
                           frame->rgb.width() * 3, QImage::Format_RGB888);
        kept.image = whole.scaled(devicePixels, Qt::IgnoreAspectRatio, Qt::FastTransformation);
    } else if (layer.is<FlowLook>()) {
        if (const FlowPtr flow = session_.view().flow(layer.id)) {
            kept.image = sample(flow->size(), devicePixels, [&](int y, int x) {
                const PointF at = flow->at(y, x);
                const FlowLook& look = layer.flow();
                return rgbOf(flowColor({at.x / look.scalePx, at.y / look.scalePx}, look.wheel));
            });
        }
    } else if (layer.is<ColorsLook>()) {
        if (const RgbPtr colors = session_.view().colors(layer.id)) {
            kept.image = sample(colors->size(), devicePixels, [&](int y, int x) {
                return qRgb(colors->at(y, x, 0), colors->at(y, x, 1), colors->at(y, x, 2));
            });
        }
    } else if (const ScalarMapPtr map = session_.view().map(layer.id)) {
        const ScalarLook& look = layer.scalar();
        const auto& table = colormapTable(look.colormap);
        const ScalarSpan span = scalarSpan(look.colormap, look.low, look.high);
        kept.image = sample(map->size(), devicePixels, [&](int y, int x) {
            const float value = map->values.at(y, x);
            if (std::isnan(value)) return qRgb(0, 0, 0);
            return rgbOf(table[span.indexOf(value)]);
        });
    }
    return kept.image;
}

QString MapStrip::missingText(const Layer& layer) const {
    const char* product = layerTraits(layer.kind).product;
    if (product != nullptr) {
        const ProductKind& kind = productKind(product);
        const bool failed = session_.view().engine().state == EngineState::Failed;
        if (kind.byEngine && failed) return tr("needs the model");
        if (kind.byClip && !session_.frames().scanned()) return tr("when counted");
        if (kind.byQuery && !session_.view().query()) return tr("press S, click a point");
        if (kind.ofPair && session_.frames().scanned() && session_.view().frame() &&
            session_.view().frame()->index + session_.view().gap() >=
                session_.frames().frameCount()) {
            return session_.view().gap() == 1 ? tr("last frame") : tr("beyond the last frame");
        }
    }
    if (const QString why = session_.view().whyEmpty(layer); !why.isEmpty()) return why;
    return session_.playhead().playing() || session_.runs().run() != nullptr ? tr("when paused")
                                                                             : tr("computing...");
}

void MapStrip::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QFont font = painter.font();
    font.setPointSizeF(8.5);
    painter.setFont(font);
    for (int i = 0; i < static_cast<int>(shown_.size()); ++i) {
        const Layer& layer = session_.view().layers().layer(shown_[static_cast<std::size_t>(i)]);
        const QRectF box = cell(i);
        QRectF frame = box.adjusted(0, 0, 0, -kCaption);
        painter.fillRect(frame, QColor(Theme::kField));
        const bool shown = !layer.is<ImageLook>() && layer.visible;
        painter.setPen(QColor(shown ? Theme::kText : Theme::kDim));
        painter.drawText(QRectF(box.left(), frame.bottom(), box.width(), kCaption), Qt::AlignCenter,
                         QString::fromUtf8(layerTraits(layer.kind).title));
        if (!session_.view().frame()) continue;
        QSizeF fitted =
            QSizeF(session_.view().frame()->size().width, session_.view().frame()->size().height)
                .scaled(frame.size(), Qt::KeepAspectRatio);
        frame = QRectF(frame.center().x() - fitted.width() / 2.0,
                       frame.center().y() - fitted.height() / 2.0, fitted.width(), fitted.height());
        const QSize pixels = (fitted * devicePixelRatioF()).toSize().expandedTo({1, 1});
        const QImage& image = picture(layer, pixels);
        if (image.isNull()) {
            painter.setPen(QColor(Theme::kDim));
            painter.drawText(frame, Qt::AlignCenter | Qt::TextWordWrap, missingText(layer));
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
    const std::string& layer = shown_[static_cast<std::size_t>(at)];
    session_.view().layers().showOnly(layer);
    Q_EMIT chosen(layer);
}

bool MapStrip::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip) return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const int at = cellAt(help->pos());
    if (at >= 0) {
        const Layer& layer = session_.view().layers().layer(shown_[static_cast<std::size_t>(at)]);
        QToolTip::showText(help->globalPos(),
                           QString::fromUtf8(layerTraits(layer.kind).explanation), this);
    }
    return true;
}

}  // namespace mcj
