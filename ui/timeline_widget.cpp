#include "ui/timeline_widget.h"

#include <QHBoxLayout>
#include <QHelpEvent>
#include <QLabel>
#include <QMouseEvent>
#include <QPainter>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QToolButton>
#include <QToolTip>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "ui/command_registry.h"
#include "ui/curve_row.h"
#include "ui/marker_dialog.h"
#include "ui/review_row.h"
#include "ui/theme.h"
#include "ui/timeline_tracks.h"

namespace mcj {
namespace {

constexpr double kLabelWidth = 84.0;  ///< width of the captions left of the tracks
constexpr double kRulerTop = 16.0;
constexpr double kRulerHeight = 10.0;
constexpr double kRowTop = 34.0;  ///< of the first track
constexpr double kRowGap = 6.0;
constexpr double kHandleWidth = 8.0;  ///< of the in and out points

}  // namespace

QString timeText(double secs) {
    const auto millis = static_cast<qint64>(std::llround(std::max(secs, 0.0) * 1000.0));
    const qint64 minutes = millis / 60000;
    const QString rest = QStringLiteral("%1.%2")
                             .arg(millis / 1000 % 60, 2, 10, QLatin1Char('0'))
                             .arg(millis % 1000, 3, 10, QLatin1Char('0'));
    if (minutes < 60) return QStringLiteral("%1:%2").arg(minutes).arg(rest);
    return QStringLiteral("%1:%2:%3")
        .arg(minutes / 60)
        .arg(minutes % 60, 2, 10, QLatin1Char('0'))
        .arg(rest);
}

QString speedText(double rate) {
    // A true minus sign; two digits are enough for a quarter.
    const QString sign = rate < 0.0 ? QString(QChar(0x2212)) : QString();
    return TimelineWidget::tr("%1%2x").arg(sign).arg(std::abs(rate), 0, 'g', 3);
}

TimelineBar::TimelineBar(Session& session, QWidget* parent) : QWidget(parent), session_(session) {
    setObjectName("timelineBar");
    setAccessibleName(tr("Timeline"));
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    tracks_.push_back(std::make_unique<ThumbnailRow>(session));
    tracks_.push_back(std::make_unique<MaskTrackRow>(session));
    tracks_.push_back(std::make_unique<StatusRow>(session));
    tracks_.push_back(std::make_unique<AgreementRow>(session));
    tracks_.push_back(std::make_unique<SimilarityRow>(session));
    auto markers = std::make_unique<MarkerRow>(session);
    markers_ = markers.get();
    tracks_.push_back(std::move(markers));
    tracks_.push_back(std::make_unique<CachedRow>(session));
    for (const PairNumber number : kPairNumbers) {
        tracks_.push_back(std::make_unique<CurveRow>(session, number));
    }
    tracks_.push_back(std::make_unique<ReviewRow>(session));
    height_ = sizeHint().height();
    connect(&session, &Session::changed, this, &TimelineBar::followRows);
    connect(&session, &Session::counted, this, qOverload<>(&QWidget::update));
    connect(&session.timeline().thumbnails, &Thumbnails::arrived, this,
            qOverload<>(&QWidget::update));
}

QSize TimelineBar::sizeHint() const { return {600, static_cast<int>(rowsBottom() + kRowGap)}; }

QSize TimelineBar::minimumSizeHint() const { return {200, sizeHint().height()}; }

QRectF TimelineBar::track() const {
    return {kLabelWidth, kRulerTop, std::max(width() - kLabelWidth - 14.0, 10.0), kRulerHeight};
}

TimelineScale TimelineBar::scale() const {
    return {track().left(), track().width(),
            std::max<FrameIndex>(session_.frames().frameCount(), 1)};
}

double TimelineBar::xOf(FrameIndex frame) const { return scale().xOf(frame); }

template <typename Visit>
void TimelineBar::visitRows(Visit visit) const {
    double top = kRowTop;
    for (const auto& row : tracks_) {
        if (!row->wanted()) continue;
        visit(*row, top);
        top += row->height() + kRowGap;
    }
}

double TimelineBar::rowsBottom() const {
    double bottom = kRowTop - kRowGap;
    visitRows([&bottom](const TimelineTrack& row, double top) { bottom = top + row.height(); });
    return bottom;
}

TimelineTrack* TimelineBar::rowAt(double y) const {
    TimelineTrack* found = nullptr;
    visitRows([&found, y](TimelineTrack& row, double top) {
        // The gap is shared by its neighbours.
        if (y >= top - kRowGap / 2 && y < top + row.height() + kRowGap / 2) found = &row;
    });
    return found;
}

QRectF TimelineBar::rectOf(const TimelineTrack& row) const {
    QRectF rect;
    visitRows([this, &row, &rect](const TimelineTrack& shown, double top) {
        if (&shown == &row) rect = {track().left(), top, track().width(), row.height()};
    });
    return rect;
}

FrameIndex TimelineBar::frameAt(QPointF where) const {
    const TimelineTrack* row = rowAt(where.y());
    return row != nullptr ? row->frameFor(scale(), where.x()) : scale().frameAt(where.x());
}

double TimelineBar::markersY() const {
    double y = 0.0;
    visitRows([this, &y](const TimelineTrack& row, double top) {
        if (&row == markers_) y = top + row.height() / 2.0;
    });
    return y;
}

// Rows come and go with what they show.
void TimelineBar::followRows() {
    if (const int height = sizeHint().height(); height != height_) {
        height_ = height;
        updateGeometry();
    }
    update();
}

// In and out points ------------------------------------------------------------------------------

std::optional<QPointF> TimelineBar::inHandle() const {
    const auto& in = session_.timeline().marks.in();
    if (!in || *in >= scale().frames) return std::nullopt;
    return QPointF(xOf(*in) - scale().cell() / 2.0 - kHandleWidth / 2.0, track().center().y());
}

std::optional<QPointF> TimelineBar::outHandle() const {
    const auto& out = session_.timeline().marks.out();
    if (!out || *out >= scale().frames) return std::nullopt;
    return QPointF(xOf(*out) + scale().cell() / 2.0 + kHandleWidth / 2.0, track().center().y());
}

TimelineBar::Handle TimelineBar::handleAt(QPointF where) const {
    if (!session_.isOpen()) return Handle::None;
    if (const TimelineTrack* row = rowAt(where.y())) {
        return row->grabs(rectOf(*row), where.y()) ? Handle::Row : Handle::None;
    }
    if (std::abs(where.y() - track().center().y()) > kRulerHeight) return Handle::None;
    const auto near = [&where](const std::optional<QPointF>& handle) {
        return handle && std::abs(where.x() - handle->x()) <= kHandleWidth / 2.0 + 1.0;
    };
    if (near(outHandle())) return Handle::Out;
    return near(inHandle()) ? Handle::In : Handle::None;
}

void TimelineBar::dragTo(QPointF where) {
    if (dragged_ == Handle::Row) {
        draggedRow_->dragTo(rectOf(*draggedRow_), where.y());
        return;
    }
    Marks& marks = session_.timeline().marks;
    const FrameIndex frame = scale().frameAt(where.x());
    if (dragged_ == Handle::In) {
        marks.setIn(marks.out() ? std::min(frame, *marks.out()) : frame);
    } else {
        marks.setOut(marks.in() ? std::max(frame, *marks.in()) : frame);
    }
}

void TimelineBar::paintInOut(QPainter& painter) const {
    if (!session_.timeline().marks.limited()) return;
    const FrameSpan part = session_.timeline().marks.span(scale().frames);
    const double left = scale().left + static_cast<double>(part.begin) * scale().cell();
    const double width = static_cast<double>(part.end - part.begin) * scale().cell();
    QColor shade(Theme::kAccent);
    shade.setAlpha(34);
    painter.fillRect(QRectF(left, kRulerTop, width, rowsBottom() - kRulerTop), shade);
    for (const auto& handle : {inHandle(), outHandle()}) {
        if (!handle) continue;
        painter.setPen(Qt::NoPen);
        painter.setBrush(QColor(Theme::kAccent));
        painter.drawRoundedRect(
            QRectF(handle->x() - kHandleWidth / 2.0, kRulerTop - 2, kHandleWidth, kRulerHeight + 4),
            2, 2);
    }
}

// Painting ---------------------------------------------------------------------------------------

void TimelineBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QFont font = painter.font();
    font.setPointSizeF(8.5);
    painter.setFont(font);
    painter.setPen(QColor(Theme::kDim));
    const auto caption = [&painter](double top, double height, const QString& text) {
        painter.drawText(QRectF(0, top - 3, kLabelWidth - 12, height + 6),
                         Qt::AlignRight | Qt::AlignVCenter, text);
    };
    caption(kRulerTop, kRulerHeight, tr("Frames"));
    visitRows([&](const TimelineTrack& row, double top) {
        caption(top, row.height(), row.title());
        painter.fillRect(QRectF(track().left(), top, track().width(), row.height()),
                         QColor(Theme::kField));
    });
    paintRuler(painter);
    if (!session_.isOpen()) return;
    visitRows([&](const TimelineTrack& row, double top) {
        painter.save();
        row.paint(painter, {track().left(), top, track().width(), row.height()}, scale());
        painter.restore();
    });
    paintInOut(painter);
    paintPlayhead(painter);
}

void TimelineBar::paintRuler(QPainter& painter) const {
    const QRectF line = track();
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(Theme::kField));
    painter.drawRoundedRect(line, 3, 3);
    if (!session_.isOpen()) return;
    const auto count = static_cast<double>(session_.frames().frameCount());
    const double known =
        session_.frames().scanned()
            ? 1.0
            : static_cast<double>(session_.frames().scannedFrames()) / std::max(count, 1.0);
    painter.setBrush(QColor(0xff3a414c));
    painter.drawRoundedRect(
        QRectF(line.left(), line.top(), line.width() * std::min(known, 1.0), line.height()), 3, 3);
    // Ticks in 1-2-5 steps with a distance of at least 70 px.
    double step = 1.0;
    for (int i = 0; step * line.width() / count < 70.0 && i < 30; ++i) {
        step *= i % 3 == 1 ? 2.5 : 2.0;
    }
    painter.setPen(QColor(Theme::kDim));
    for (double frame = 0.0; frame < count; frame += step) {
        const double x = xOf(static_cast<FrameIndex>(frame));
        painter.drawLine(QPointF(x, line.top() - 3), QPointF(x, line.top()));
        painter.drawText(QRectF(x - 35, 0, 70, line.top() - 3), Qt::AlignCenter,
                         QString::number(static_cast<qint64>(frame)));
    }
}

void TimelineBar::paintPlayhead(QPainter& painter) const {
    if (hovered_ >= 0) {
        painter.setPen(QPen(QColor(255, 255, 255, 60), 1.0));
        const double x = xOf(hovered_);
        painter.drawLine(QPointF(x, kRulerTop), QPointF(x, rowsBottom()));
    }
    const double x = xOf(session_.playhead().current());
    painter.setPen(QPen(QColor(Theme::kText), 1.4));
    painter.drawLine(QPointF(x, kRulerTop), QPointF(x, rowsBottom() + 3));
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(Theme::kText));
    painter.drawRoundedRect(QRectF(x - 4.5, kRulerTop - 2, 9, kRulerHeight + 4), 3, 3);
}

void TimelineBar::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || !session_.isOpen()) return;
    dragged_ = session_.document().ready() ? handleAt(event->position()) : Handle::None;
    if (dragged_ == Handle::Row) draggedRow_ = rowAt(event->position().y());
    if (dragged_ != Handle::None) return;
    if (session_.playhead().playing()) session_.playhead().pause();
    session_.playhead().seek(frameAt(event->position()));
}

void TimelineBar::mouseMoveEvent(QMouseEvent* event) {
    if (!session_.isOpen()) return;
    hovered_ = frameAt(event->position());
    if ((event->buttons() & Qt::LeftButton) == 0) {
        const Handle handle = handleAt(event->position());
        setCursor(handle == Handle::None  ? Qt::ArrowCursor
                  : handle == Handle::Row ? Qt::SizeVerCursor
                                          : Qt::SizeHorCursor);
    } else if (dragged_ != Handle::None) {
        dragTo(event->position());
    } else {
        session_.playhead().seek(scale().frameAt(event->position().x()));
    }
    update();
}

void TimelineBar::mouseReleaseEvent(QMouseEvent*) { dragged_ = Handle::None; }

void TimelineBar::mouseDoubleClickEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || !session_.isOpen()) return;
    if (rowAt(event->position().y()) != markers_) {
        mousePressEvent(event);
        return;
    }
    askMarkerName(session_, frameAt(event->position()), this);
}

void TimelineBar::leaveEvent(QEvent*) {
    hovered_ = -1;
    update();
}

bool TimelineBar::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip || !session_.isOpen()) return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const FrameIndex frame = frameAt(QPointF(help->pos()));
    QStringList lines{
        (session_.frames().knows(frame) ? tr("Frame %1, %2") : tr("About frame %1, %2"))
            .arg(frame)
            .arg(timeText(session_.frames().timeSecs(frame)))};
    visitRows([&lines, frame](const TimelineTrack& row, double) {
        if (const QString text = row.tip(frame); !text.isEmpty()) lines << text;
    });
    QToolTip::showText(help->globalPos(), lines.join(QLatin1Char('\n')), this);
    return true;
}

TimelineWidget::TimelineWidget(Session& session, const CommandRegistry& commands, QWidget* parent)
    : QWidget(parent), session_(session) {
    setObjectName("timeline");
    bar_ = new TimelineBar(session, this);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(2);
    for (const char* id : {"first", "step_back", "play", "step_forward", "last", "loop"}) {
        auto* button = new QToolButton(this);
        button->setDefaultAction(&commands[id]);
        button->setObjectName(commands[id].objectName().replace("action_", "button_"));
        button->setAccessibleName(commands[id].statusTip());
        button->setIconSize({20, 20});
        button->setFocusPolicy(Qt::TabFocus);
        buttons->addWidget(button);
    }
    frame_ = new QSpinBox(this);
    frame_->setObjectName("frameNumber");
    frame_->setAccessibleName(tr("Frame number"));
    frame_->setToolTip(
        tr("Frame on screen, counted from 0 as in the names of exported files. Enter a number to "
           "go to that frame"));
    frame_->setButtonSymbols(QAbstractSpinBox::NoButtons);
    frame_->setAlignment(Qt::AlignRight);
    frame_->setKeyboardTracking(false);
    frame_->setFocusPolicy(Qt::ClickFocus);
    frame_->setFixedWidth(70);
    count_ = new QLabel(this);
    count_->setObjectName("frameCount");
    time_ = new QLabel(this);
    time_->setObjectName("frameTime");
    time_->setProperty("dim", true);
    speed_ = new QLabel(this);
    speed_->setObjectName("playbackSpeed");
    speed_->setToolTip(tr("Playback speed; a minus sign means backwards"));
    auto* numbers = new QHBoxLayout;
    numbers->setSpacing(6);
    numbers->addWidget(frame_);
    numbers->addWidget(count_);
    numbers->addStretch(1);
    numbers->addWidget(speed_);
    auto* left = new QVBoxLayout;
    left->setSpacing(3);
    left->addLayout(buttons);
    left->addLayout(numbers);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(12, 6, 4, 4);
    row->setSpacing(8);
    row->addLayout(left);
    auto* right = new QVBoxLayout;
    right->setSpacing(0);
    right->addWidget(bar_);
    row->addLayout(right, 1);
    numbers->addWidget(time_);
    connect(frame_, &QSpinBox::valueChanged, this, [this](int value) {
        session_.playhead().seek(value);
        frame_->clearFocus();
    });
    connect(&session, &Session::changed, this, &TimelineWidget::refresh);
    connect(&session, &Session::counted, this, &TimelineWidget::refresh);
    connect(&session.playhead(), &Playhead::playbackChanged, this, &TimelineWidget::showSpeed);
    showSpeed();
    refresh();
}

bool TimelineWidget::event(QEvent* event) {
    const bool handled = QWidget::event(event);
    // A dock of QMainWindow follows the least and greatest height of its widget, not its policy.
    if (event->type() == QEvent::LayoutRequest) setFixedHeight(layout()->totalSizeHint().height());
    return handled;
}

void TimelineWidget::showSpeed() {
    const double rate = session_.playhead().rate();
    speed_->setText(std::abs(rate - 1.0) < 1e-9 ? QString() : speedText(rate));
}

void TimelineWidget::refresh() {
    const bool open = session_.isOpen();
    frame_->setEnabled(open);
    const QSignalBlocker block(frame_);
    if (!open) {
        frame_->setRange(0, 0);
        count_->setText(QString());
        time_->clear();
        return;
    }
    const FrameIndex count = session_.frames().frameCount();
    frame_->setRange(0, static_cast<int>(std::max<FrameIndex>(count - 1, 0)));
    if (!frame_->hasFocus()) frame_->setValue(static_cast<int>(session_.playhead().current()));
    count_->setText(session_.frames().scanned() ? tr("of %1").arg(count) : tr("of ~%1").arg(count));
    count_->setToolTip(
        session_.frames().scanned()
            ? tr("Number of frames in the video")
            : tr("Number of frames stated by the file; the frames are being counted"));
    const ApproximatePicture* near = session_.playhead().approximate();
    time_->setText(near != nullptr
                       ? tr("about %1").arg(timeText(near->picture.secs))
                       : timeText(session_.frames().timeSecs(session_.playhead().current())));
}

}  // namespace mcj
