#include "viewer/session/pins.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "media/base/error.h"
#include "media/base/label_runs.h"

namespace mcj {
namespace {

bool usesColor(const std::vector<Pin>& pins, std::size_t color) {
    return std::any_of(pins.begin(), pins.end(),
                       [color](const Pin& pin) { return pin.color == color; });
}

QJsonObject toJson(const QueryRegion& region) {
    const std::vector<std::uint8_t> runs = encodeLabelRuns(region.inside().values());
    const QByteArray bytes(reinterpret_cast<const char*>(runs.data()), std::ssize(runs));
    return {{"object", region.object()},
            {"width", region.inside().width()},
            {"height", region.inside().height()},
            {"runs", QString::fromLatin1(bytes.toBase64())}};
}

/// Null where it cannot be read.
QueryRegionPtr regionFromJson(const QJsonObject& row) {
    const SizePx size{row["width"].toInt(), row["height"].toInt()};
    // A damaged size must not take all memory; no picture that can be opened is larger.
    constexpr int kMostSidePx = 1 << 14;
    if (size.empty() || size.width > kMostSidePx || size.height > kMostSidePx) return nullptr;
    const QByteArray bytes = QByteArray::fromBase64(row["runs"].toString().toLatin1());
    const std::vector<std::uint8_t> runs(bytes.begin(), bytes.end());
    auto region = runGuarded([&] {
        Raster<std::uint8_t> inside(size, 1);
        decodeLabelRuns(runs, inside.values());
        return std::make_shared<const QueryRegion>(std::move(inside), row["object"].toInt());
    });
    return region.ok() ? region.value() : nullptr;
}

}  // namespace

const Pin* Pins::of(const SimilarityQuery& query) const noexcept {
    const auto found = std::find_if(pins_.begin(), pins_.end(),
                                    [&query](const Pin& pin) { return pin.query == query; });
    return found == pins_.end() ? nullptr : &*found;
}

bool Pins::add(const SimilarityQuery& query) {
    if (full()) return false;
    Pin pin(query);
    while (usesColor(pins_, pin.color)) ++pin.color;
    pins_.push_back(std::move(pin));
    selected_ = pins_.size() - 1;
    return true;
}

void Pins::moveSelected(const SimilarityQuery& query) {
    if (pins_.empty()) {
        (void)add(query);
        return;
    }
    Pin& pin = pins_[selected_];
    if (pin.query == query) return;
    Pin moved(query);
    moved.color = pin.color;
    if (pin.frame && pin.query.frame == query.frame) moved.frame = pin.frame;
    pin = std::move(moved);
}

bool Pins::samePlaces(const Pins& other) const noexcept {
    return selected_ == other.selected_ &&
           std::equal(
               pins_.begin(), pins_.end(), other.pins_.begin(), other.pins_.end(),
               [](const Pin& a, const Pin& b) { return a.query == b.query && a.color == b.color; });
}

void Pins::copyPlaces(const Pins& other) {
    std::vector<Pin> copied;
    for (const Pin& pin : other.pins_) {
        const Pin* known = of(pin.query);
        Pin& added = copied.emplace_back(known != nullptr ? *known : Pin(pin.query));
        added.color = pin.color;
        if (!added.frame) added.frame = pin.frame;
    }
    pins_ = std::move(copied);
    selected_ = other.selected_;
}

void Pins::select(std::size_t place) {
    if (place < pins_.size()) selected_ = place;
}

void Pins::removeSelected() {
    if (pins_.empty()) return;
    pins_.erase(pins_.begin() + static_cast<std::ptrdiff_t>(selected_));
    if (selected_ > 0) --selected_;
}

std::string pinsToJson(const Pins& pins) {
    QJsonArray rows;
    for (const Pin& pin : pins.all()) {
        QJsonObject row{{"frame", static_cast<qint64>(pin.query.frame)},
                        {"x", static_cast<double>(pin.query.where.x)},
                        {"y", static_cast<double>(pin.query.where.y)},
                        {"color", static_cast<int>(pin.color)}};
        if (&pin == pins.selected()) row["selected"] = true;
        if (pin.query.region) row["region"] = toJson(*pin.query.region);
        rows.append(row);
    }
    return QJsonDocument(rows).toJson(QJsonDocument::Compact).toStdString();
}

Pins pinsFromJson(const std::string& text) {
    Pins pins;
    std::size_t selected = 0;
    const QJsonArray rows = QJsonDocument::fromJson(QByteArray::fromStdString(text)).array();
    for (const auto& value : rows) {
        const QJsonObject row = value.toObject();
        const double x = row["x"].toDouble(-1.0);
        const double y = row["y"].toDouble(-1.0);
        const qint64 frame = row["frame"].toInteger(-1);
        if (!(x >= 0.0 && y >= 0.0 && x < 1e6 && y < 1e6) || frame < 0) continue;
        SimilarityQuery query{frame, {static_cast<float>(x), static_cast<float>(y)}};
        if (row.contains("region")) {
            QueryRegionPtr region = regionFromJson(row["region"].toObject());
            if (!region) continue;
            query = regionQuery(frame, std::move(region));
        }
        if (!pins.add(query)) break;
        const auto color = static_cast<std::size_t>(std::max(row["color"].toInt(-1), 0));
        Pin& added = pins.all().back();
        const bool free = std::none_of(pins.all().begin(), pins.all().end() - 1,
                                       [color](const Pin& pin) { return pin.color == color; });
        if (row["color"].isDouble() && color < kPinColors.size() && free) added.color = color;
        if (row["selected"].toBool()) selected = pins.selectedPlace();
    }
    pins.select(selected);
    return pins;
}

}  // namespace mcj
