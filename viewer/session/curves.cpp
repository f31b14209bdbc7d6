#include "viewer/session/curves.h"

#include <QDataStream>
#include <QIODevice>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtEndian>
#include <algorithm>
#include <cmath>

namespace mcj {
namespace {

/// While a run fills the curves, they are written this often: a crash costs no more.
constexpr qint64 kWriteEveryMs = 30'000;
constexpr qsizetype kValueBytes = 8;

/// The frames 0..last, four doubles each, compressed: gaps are NaN and cost little.
QByteArray packed(const Curves::Numbers& numbers) {
    QByteArray bytes;
    QDataStream out(&bytes, QIODevice::WriteOnly);
    out.setFloatingPointPrecision(QDataStream::DoublePrecision);
    const PairSummary none;
    FrameIndex next = 0;
    for (const auto& [frame, summary] : numbers) {
        if (frame >= Curves::kMostFrames) break;
        for (; next <= frame; ++next) {
            const PairSummary& written = next == frame ? summary : none;
            for (const PairNumber number : kPairNumbers) out << written.at(number);
        }
    }
    return qCompress(bytes).toBase64();
}

Curves::Numbers unpacked(const QByteArray& text) {
    const QByteArray compressed = QByteArray::fromBase64(text);
    constexpr auto kFrameBytes = kValueBytes * static_cast<qsizetype>(kPairNumbers.size());
    // The first four bytes are the size: a damaged one must not take all memory.
    if (compressed.size() < 4 ||
        qFromBigEndian<quint32>(compressed.constData()) > kFrameBytes * Curves::kMostFrames) {
        return {};
    }
    const QByteArray bytes = qUncompress(compressed);
    QDataStream in(bytes);
    in.setFloatingPointPrecision(QDataStream::DoublePrecision);
    Curves::Numbers numbers;
    const FrameIndex frames = bytes.size() / kFrameBytes;
    for (FrameIndex frame = 0; frame < frames; ++frame) {
        PairSummary summary;
        bool any = false;
        for (const PairNumber number : kPairNumbers) {
            double value = 0.0;
            in >> value;
            if (!std::isfinite(value)) continue;
            summary.set(number, value);
            any = true;
        }
        if (any) numbers[frame] = summary;
    }
    return numbers;
}

}  // namespace

Curves::Curves(const ViewSet& views, const EnginePool& engines, QObject* parent)
    : QObject(parent), views_(views), engines_(engines) {
    connect(&views_, &ViewSet::changed, this, &Curves::follow);
    connect(&engines_, &EnginePool::changed, this, &Curves::follow);
}

void Curves::tell() {
    written_.reset();
    ++revision_;
    Q_EMIT changed();
}

std::string Curves::methodOf(const std::string& flow, const PooledEngine& engine) {
    if (!flowNeedsEngine(flow)) return flow;
    if (!engine.info) return {};
    return flow + '|' + engine.info->modelSha256 + '|' + std::to_string(engine.options.maxSidePx);
}

const Curves::Numbers& Curves::numbers() const {
    static const Numbers kNone;
    // While the model is loading, another method is in use only for now.
    const View& view = views_.active();
    const bool coming = view.engine().coming();
    const auto set =
        sets_.find(methodOf(coming ? view.flowProvider() : view.flowInUse(), view.engine()));
    return set == sets_.end() ? kNone : set->second;
}

bool Curves::complete(const std::string& method, FrameIndex frame) const {
    const auto set = sets_.find(method);
    if (set == sets_.end()) return false;
    const auto found = set->second.find(frame);
    return found != set->second.end() && found->second.complete();
}

std::vector<FrameIndex> Curves::missing(FrameSpan span) const {
    const Numbers& known = numbers();
    std::vector<FrameIndex> frames;
    for (FrameIndex frame = span.begin; frame + 1 < span.end; ++frame) {
        const auto found = known.find(frame);
        if (found == known.end() || !found->second.complete()) frames.push_back(frame);
    }
    return frames;
}

void Curves::adopt(const ProductKey& key, const Product& product) {
    PairSummary numbers;
    if (!numbers.take(key, product) || !views_.usesFlow(key.flow)) return;
    // By the engine that made it, which may be that of another view. Other flow has none.
    const std::string method =
        flowNeedsEngine(key.flow) ? methodOf(key.flow, engines_.at(key.engine)) : key.flow;
    if (method.empty()) return;
    (void)sets_[method][key.frame].take(key, product);
    tell();
}

void Curves::put(const std::string& method, FrameIndex frame, const PairSummary& numbers) {
    if (method.empty()) return;
    sets_[method][frame] = numbers;
    unsaved_ = true;
    if (!sinceEdited_.isValid()) sinceEdited_.start();
    tell();
    if (sinceEdited_.elapsed() < kWriteEveryMs) return;
    sinceEdited_.start();
    Q_EMIT edited();
}

void Curves::follow() {
    ++revision_;
    Q_EMIT changed();
}

void Curves::finishPuts() {
    sinceEdited_.invalidate();
    if (unsaved_) Q_EMIT edited();
}

void Curves::setShown(bool shown) {
    if (shown == shown_) return;
    shown_ = shown;
    tell();
}

// Every change of a marker writes all settings, and packing long curves takes a while.
std::string Curves::toJson(std::uint64_t videoBytes) const {
    if (!written_ || written_->videoBytes != videoBytes) {
        written_ = Written{videoBytes, packedSets(videoBytes)};
    }
    return written_->text;
}

std::string Curves::packedSets(std::uint64_t videoBytes) const {
    std::vector<const std::pair<const std::string, Numbers>*> order;
    for (const auto& set : sets_) {
        if (!set.second.empty()) order.push_back(&set);
    }
    std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
        return a->second.size() > b->second.size();
    });
    if (order.size() > kMostSets) order.resize(kMostSets);
    QJsonArray rows;
    for (const auto* set : order) {
        rows.append(QJsonObject{{"method", QString::fromStdString(set->first)},
                                {"numbers", QString::fromLatin1(packed(set->second))}});
    }
    const QJsonObject all{
        {"shown", shown_}, {"video", QString::number(videoBytes)}, {"sets", rows}};
    return QJsonDocument(all).toJson(QJsonDocument::Compact).toStdString();
}

void Curves::fromJson(const std::string& text, std::uint64_t videoBytes) {
    const QJsonObject all = QJsonDocument::fromJson(QByteArray::fromStdString(text)).object();
    shown_ = all["shown"].toBool(shown_);
    if (all["video"].toString() == QString::number(videoBytes)) {
        const QJsonArray rows = all["sets"].toArray();
        for (qsizetype i = 0; i < std::min<qsizetype>(rows.size(), kMostSets); ++i) {
            const QJsonObject row = rows[i].toObject();
            const std::string method = row["method"].toString().toStdString();
            for (const auto& [frame, read] : unpacked(row["numbers"].toString().toLatin1())) {
                sets_[method][frame].addMissing(read);
            }
        }
    }
    tell();
}

void Curves::clear() {
    sets_.clear();
    shown_ = false;
    unsaved_ = false;
    sinceEdited_.invalidate();
    tell();
}

}  // namespace mcj
