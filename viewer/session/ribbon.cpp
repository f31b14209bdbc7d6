#include "viewer/session/ribbon.h"

#include <QDataStream>
#include <QIODevice>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QPointer>
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "inference/analysis/product.h"

namespace mcj {
namespace {

/// Longer clips are stored up to this frame, as the curves are.
constexpr FrameIndex kMostFrames = 200'000;
constexpr qsizetype kScoreBytes = 4;

/// The frames 0..last, a float each, compressed: gaps are NaN and cost little.
QString packed(const std::map<FrameIndex, float>& scores) {
    QByteArray bytes;
    QDataStream out(&bytes, QIODevice::WriteOnly);
    out.setFloatingPointPrecision(QDataStream::SinglePrecision);
    FrameIndex next = 0;
    for (const auto& [frame, score] : scores) {
        if (frame >= kMostFrames) break;
        for (; next < frame; ++next) out << std::numeric_limits<float>::quiet_NaN();
        out << score;
        ++next;
    }
    return QString::fromLatin1(qCompress(bytes).toBase64());
}

std::map<FrameIndex, float> unpacked(const QString& text) {
    const QByteArray compressed = QByteArray::fromBase64(text.toLatin1());
    std::map<FrameIndex, float> scores;
    // The first four bytes are the size: a damaged one must not take all memory.
    quint32 size = 0;
    QDataStream(compressed) >> size;
    if (size > kMostFrames * kScoreBytes) return scores;
    const QByteArray bytes = qUncompress(compressed);
    QDataStream in(bytes);
    in.setFloatingPointPrecision(QDataStream::SinglePrecision);
    for (FrameIndex frame = 0; frame < bytes.size() / kScoreBytes; ++frame) {
        float score = 0.0F;
        in >> score;
        if (std::isfinite(score)) scores[frame] = score;
    }
    return scores;
}

}  // namespace

std::string Ribbon::method() const {
    const View& view = parts_.views.active();
    const auto& info = view.engine().info;
    if (!info) return {};
    return info->modelSha256 + '|' + std::to_string(view.engine().options.maxSidePx) + '|' +
           std::to_string(view.level());
}

FramePtr Ribbon::queryFrame() const {
    const auto query = parts_.views.active().query();
    return query ? parts_.views.frame(query->frame, parts_.frames) : nullptr;
}

void Ribbon::setFilling(RibbonFilling filling) {
    if (filling == filling_) return;
    filling_ = filling;
    failed_ = false;
    if (filling_ == RibbonFilling::Off) yield();
    Q_EMIT changed();
}

std::vector<FrameIndex> Ribbon::missing(FrameIndex from, std::size_t most) const {
    std::vector<FrameIndex> frames;
    const View& view = parts_.views.active();
    if (filling_ == RibbonFilling::Off || failed_ || !view.query() || !parts_.frames.scanned() ||
        view.engine().state != EngineState::Ready) {
        return frames;
    }
    const auto& known = view.matchScores();
    const FrameIndex count = parts_.frames.frameCount();
    // In the order of decoding.
    for (FrameIndex step = 0; step < count && frames.size() < most; ++step) {
        const FrameIndex frame = (from + step) % count;
        if (!known.contains(frame) && parts_.frames.whyUnread(frame) == nullptr) {
            frames.push_back(frame);
        }
    }
    return frames;
}

QString Ribbon::working() const {
    if (missing(0, 1).empty()) return {};
    return tr("similarity %1 of %2 frames")
        .arg(parts_.views.active().matchScores().size())
        .arg(parts_.frames.frameCount());
}

std::vector<FrameIndex> Ribbon::wantedFrames(FrameIndex from) const {
    // The next one is read while one is computed.
    std::vector<FrameIndex> frames = missing(from, 2);
    if (frames.empty()) return frames;
    if (!queryFrame()) frames.insert(frames.begin(), parts_.views.active().query()->frame);
    return frames;
}

void Ribbon::serve(FrameIndex from) {
    const std::vector<FrameIndex> frames = missing(from, 1);
    const FramePtr asked = queryFrame();
    const FramePtr target =
        frames.empty() ? nullptr : parts_.views.frame(frames.front(), parts_.frames);
    if (!asked || !target) return;
    const View& view = parts_.views.active();
    running_ = true;
    parts_.inference.start(
        [engine = view.engine().engine, query = *view.query(), level = view.level(), asked,
         target](const StopToken& stop) {
            const FeatureMapPtr source = engine->featureMap(asked, level, stop);
            const FeatureMapPtr there = engine->featureMap(target, level, stop);
            return similarityOf(query, *engine, *source, *there).best.score;
        },
        [self = QPointer<Ribbon>(this), query = *view.query(), engine = view.engine().id,
         level = view.level(), target](Outcome<float> outcome) {
            if (!self) return;
            self->running_ = false;
            if (outcome.ok()) {
                // By the time it arrives another video may be open.
                if (target->source != self->parts_.frames.source()) return;
                self->parts_.views.adoptScore(query, engine, level,
                                              {target->index, outcome.value()});
            } else if (outcome.error().code() != ErrorCode::Interrupted) {
                self->failed_ = true;
                Q_EMIT self->noticed(noticeOf(outcome.error()));
            }
            Q_EMIT self->changed();
        });
}

void Ribbon::yield() {
    if (running_) parts_.inference.stopJob();
}

std::string Ribbon::toJson() const {
    if (method().empty()) return restored_;
    QJsonArray rows;
    for (const Pin& pin : parts_.views.active().pins().all()) rows.append(packed(pin.scores));
    const QJsonObject all{
        {"filling", filling_ == RibbonFilling::On},
        {"method", QString::fromStdString(method())},
        {"places", QString::fromStdString(pinsToJson(parts_.views.active().pins()))},
        {"pins", rows}};
    return QJsonDocument(all).toJson(QJsonDocument::Compact).toStdString();
}

void Ribbon::fromJson(const std::string& text) {
    restored_ = text;
    const QJsonObject all = QJsonDocument::fromJson(QByteArray::fromStdString(text)).object();
    if (all["filling"].isBool()) {
        setFilling(all["filling"].toBool() ? RibbonFilling::On : RibbonFilling::Off);
    }
    follow();
}

void Ribbon::follow() {
    failed_ = false;
    if (restored_.empty() || method().empty()) return;
    const QJsonObject all =
        QJsonDocument::fromJson(QByteArray::fromStdString(std::exchange(restored_, {}))).object();
    if (all["method"].toString().toStdString() != method()) return;
    const View& view = parts_.views.active();
    const Pins places = pinsFromJson(all["places"].toString().toStdString());
    const QJsonArray rows = all["pins"].toArray();
    for (qsizetype i = 0; i < std::min<qsizetype>(rows.size(), std::ssize(places.all())); ++i) {
        const SimilarityQuery& query = places.all()[static_cast<std::size_t>(i)].query;
        for (const auto& score : unpacked(rows[i].toString())) {
            parts_.views.adoptScore(query, view.engine().id, view.level(), score);
        }
    }
    Q_EMIT changed();
}

void Ribbon::clear() {
    yield();
    failed_ = false;
    restored_.clear();
}

}  // namespace mcj
