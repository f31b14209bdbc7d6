#include "ui/inspector_dock.h"

#include <QFrame>
#include <QGridLayout>
#include <QIcon>
#include <QLabel>
#include <QListWidget>
#include <QPixmap>
#include <QSignalBlocker>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "viewer/session/inspection.h"

namespace mcj {
namespace {

QString number(float value, int decimals) {
    return QString::number(static_cast<double>(value), 'f', decimals);
}

/// A dash if there is no value.
QString orDash(const std::optional<float>& value, int decimals, const QString& unit = {}) {
    return value ? number(*value, decimals) + unit : QStringLiteral("\u2013");
}

}  // namespace

InspectorDock::InspectorDock(Session& session, QWidget* parent)
    : QWidget(parent), session_(session) {
    setObjectName("inspectorPanel");
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(12, 4, 12, 10);
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(2);
    grid->setColumnStretch(1, 1);
    addRow(grid, Row::Pixel, tr("Pixel"), "inspect_pixel",
           tr("Column x and row y, counted from 0 at the top left"));
    addRow(grid, Row::Color, tr("Colour"), "inspect_color", tr("Red, green, blue, 0 to 255"));
    addRow(grid, Row::Vector, tr("Motion"), "inspect_vector",
           tr("u to the right and v down, in pixels to the next frame"));
    addRow(grid, Row::Length, tr("Length, angle"), "inspect_length",
           tr("Length and direction of the motion; 0\u00b0 is right, 90\u00b0 is up"));
    addRow(grid, Row::WarpError, tr("Warp error"), "inspect_warp_error",
           tr("Mean absolute difference over red, green and blue, 0 to 255"));
    addRow(grid, Row::Consistency, tr("Consistency"), "inspect_consistency",
           tr("Distance between forward and backward flow, in pixels"));
    addRow(grid, Row::FeatureError, tr("Feature error"), "inspect_feature_error",
           tr("1 - cosine of the features at both ends of the motion vector"));
    addRow(grid, Row::Similarity, tr("Similarity"), "inspect_similarity",
           tr("Cosine similarity to the selected pin, -1 to 1"));
    addRow(grid, Row::Object, tr("Object"), "inspect_object", tr("Label of the mask"));
    auto* line = new QFrame(this);
    line->setFrameShape(QFrame::HLine);
    line->setStyleSheet("color: #363b45;");
    grid->addWidget(line, grid->rowCount(), 0, 1, 2);
    addRow(grid, Row::Query, tr("Pin"), "inspect_query",
           tr("Position and frame of the selected pin"));
    addRow(grid, Row::Match, tr("Best match"), "inspect_match",
           tr("Most similar position in the shown frame and its cosine similarity"));
    addRow(grid, Row::Track, tr("Trajectory"), "inspect_track",
           tr("Position of the pin in the shown frame by chained flow"));
    addRow(grid, Row::Distance, tr("Distance"), "inspect_distance",
           tr("Distance between the trajectory and the best match, in pixels"));
    pins_ = new QListWidget(this);
    pins_->setObjectName("pinsList");
    pins_->setAccessibleName(tr("Pins"));
    pins_->setToolTip(
        tr("Shift+click with the similarity tool adds a pin; the similarity to the selected pin is "
           "shown"));
    grid->addWidget(pins_, grid->rowCount(), 0, 1, 2);
    connect(pins_, &QListWidget::currentRowChanged, this, [this](int row) {
        if (row >= 0) session_.view().selectPin(static_cast<std::size_t>(row));
    });
    connect(&session.views(), &ViewSet::queryChanged, this, &InspectorDock::refreshPins);
    // A view leaves its pins without a signal when the clip changes.
    connect(&session, &Session::opened, this, &InspectorDock::refreshPins);
    connect(&session, &Session::closed, this, &InspectorDock::refreshPins);
    refreshPins();
    grid->setRowStretch(grid->rowCount(), 1);
    connect(&session, &Session::changed, this, &InspectorDock::refresh);
    refresh();
}

void InspectorDock::addRow(QGridLayout* grid, Row row, const QString& caption, const char* name,
                           const QString& tip) {
    const int at = grid->rowCount();
    auto* label = new QLabel(caption, this);
    label->setProperty("dim", true);
    auto* value = new QLabel(QStringLiteral("\u2013"), this);
    value->setObjectName(QLatin1String(name));
    value->setAccessibleName(caption);
    value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    value->setTextInteractionFlags(Qt::TextSelectableByMouse);
    label->setToolTip(tip);
    value->setToolTip(tip);
    grid->addWidget(label, at, 0);
    grid->addWidget(value, at, 1);
    values_[row] = value;
}

void InspectorDock::put(Row row, const QString& text) {
    if (values_[row]->text() != text) values_[row]->setText(text);
}

QString InspectorDock::textOf(const SimilarityQuery& query) const {
    if (query.region) {
        const ObjectTable& objects = session_.document().state().objects;
        return tr("%1 in frame %2, mean")
            .arg(QString::fromStdString(nameOfObject(objects, query.region->object())))
            .arg(query.frame);
    }
    return tr("%1, %2 in frame %3")
        .arg(number(query.where.x, 0), number(query.where.y, 0))
        .arg(query.frame);
}

void InspectorDock::setPixel(std::optional<PointPx> pixel) {
    pixel_ = pixel;
    refresh();
}

void InspectorDock::refreshPins() {
    const Pins& pins = session_.view().pins();
    const QSignalBlocker block(pins_);
    // Rows are kept: a click on one of them is what changes the selection.
    const int count = static_cast<int>(pins.all().size());
    while (pins_->count() > count) delete pins_->takeItem(pins_->count() - 1);
    while (pins_->count() < count) new QListWidgetItem(pins_);
    for (int row = 0; row < count; ++row) {
        const Pin& pin = pins.all()[static_cast<std::size_t>(row)];
        const auto& rgb = kPinColors[pin.color];
        QPixmap swatch(12, 12);
        swatch.fill(QColor(rgb[0], rgb[1], rgb[2]));
        pins_->item(row)->setIcon(QIcon(swatch));
        pins_->item(row)->setText(textOf(pin.query));
    }
    if (!pins.empty()) pins_->setCurrentRow(static_cast<int>(pins.selectedPlace()));
    pins_->setVisible(!pins.empty());
    const int height = std::max(pins_->sizeHintForRow(0), 18);
    pins_->setFixedHeight(height * count + 2 * pins_->frameWidth() + 2);
}

void InspectorDock::refresh() {
    const QString dash = QStringLiteral("\u2013");
    if (!pixel_ || !session_.view().frame()) {
        for (const auto& [row, label] : values_) {
            if (row < Row::Query) put(row, dash);
        }
    } else {
        const Inspection at = inspect(session_.view(), session_.mask(), *pixel_);
        put(Row::Pixel, QStringLiteral("%1, %2").arg(at.at.x).arg(at.at.y));
        put(Row::Color, QStringLiteral("%1 %2 %3").arg(at.rgb[0]).arg(at.rgb[1]).arg(at.rgb[2]));
        if (at.flow) {
            const float length = std::hypot(at.flow->x, at.flow->y);
            // y points down on the screen, but angles are counted upwards.
            const float angle =
                std::atan2(-at.flow->y, at.flow->x) * 180.0F / std::numbers::pi_v<float>;
            put(Row::Vector, tr("%1, %2 px").arg(number(at.flow->x, 2), number(at.flow->y, 2)));
            put(Row::Length, length < 1e-3F
                                 ? tr("0 px")
                                 : tr("%1 px, %2\u00b0")
                                       .arg(number(length, 2),
                                            number(angle < 0.0F ? angle + 360.0F : angle, 0)));
        } else {
            for (const Row row : {Row::Vector, Row::Length}) put(row, dash);
        }
        put(Row::WarpError, orDash(at.scalar(kWarpErrorLayer), 1));
        put(Row::Consistency, orDash(at.scalar(kConsistencyLayer), 2, tr(" px")));
        put(Row::FeatureError, orDash(at.scalar(kFeatureErrorLayer), 3));
        put(Row::Similarity, orDash(at.scalar(kSimilarityLayer), 3));
        const MaskObject* object = at.object ? session_.masks().object(*at.object) : nullptr;
        put(Row::Object, object != nullptr                  ? QString::fromStdString(object->name)
                         : at.object && *at.object == kVoid ? tr("void")
                         : at.object                        ? tr("background")
                                                            : dash);
    }
    const auto& query = session_.view().query();
    put(Row::Query, query ? textOf(*query) : dash);
    const auto match = session_.view().bestMatch();
    put(Row::Match, match ? tr("%1, %2  cos %3")
                                .arg(number(match->where.x, 0), number(match->where.y, 0),
                                     number(match->score, 3))
                          : dash);
    const auto tracked = session_.view().trackedPoint();
    put(Row::Track,
        tracked ? tr("%1, %2").arg(number(tracked->x, 1), number(tracked->y, 1)) : dash);
    put(Row::Distance, orDash(session_.view().matchDistancePx(), 1, tr(" px")));
}

}  // namespace mcj
