#include "viewer/session/mask_reviews.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QPointer>
#include <algorithm>
#include <iterator>
#include <utility>

#include "inference/engine/flow_provider.h"
#include "viewer/session/curves.h"

namespace mcj {
namespace {

constexpr double kLeastThreshold = 0.05;
/// The level whose features the object's mean is of, as in `mcjepa review`.
constexpr int kFeatureLevel = 3;

/// What the masks' facts say, which may change without the masks.
FrameEvidence withFacts(FrameEvidence evidence, const MaskFacts& facts) {
    evidence.trusted = facts.locked || facts.origin == MaskOrigin::Painted;
    // Of another program's propagation no margins are known.
    if (facts.origin != MaskOrigin::Propagated || facts.foreign()) return evidence;
    for (auto& [object, found] : evidence.objects) {
        if (found.areaPx == 0) continue;
        found.signals.set(ReviewSignal::Margin, 1.0 - double{facts.confidence});
    }
    return evidence;
}

}  // namespace

MaskReviews::MaskReviews(const Parts& parts, QObject* parent) : QObject(parent), parts_(parts) {
    connect(&parts_.masks, &MaskEditor::maskChanged, this, [this] {
        if (shown_ && !parts_.masks.stroking()) tell();
    });
    connect(&parts_.engines, &EnginePool::changed, this, [this] {
        if (shown_) tell();
    });
}

void MaskReviews::tell() {
    ++revision_;
    Q_EMIT changed();
}

void MaskReviews::setShown(bool shown) {
    if (shown == shown_) return;
    shown_ = shown;
    if (!shown && computing_) yield();
    tell();
}

void MaskReviews::setThreshold(double threshold) {
    threshold = std::clamp(threshold, kLeastThreshold, 1.0);
    if (threshold == threshold_) return;
    threshold_ = threshold;
    tell();
    Q_EMIT edited();
}

std::string MaskReviews::method() const {
    const PooledEngine& engine = parts_.views.active().engine();
    if (engine.coming()) return {};
    return Curves::methodOf(engine.usableFlow(kModelFastFlow), engine);
}

const std::vector<MaskReviews::Pair>& MaskReviews::missing() const {
    const std::string current = method();
    if (missingOf_ == stamp() && missingMethod_ == current) return missing_;
    missingOf_ = stamp();
    missingMethod_ = current;
    missing_.clear();
    if (current.empty()) return missing_;
    const auto& entries = parts_.masks.track().entries();
    for (auto at = entries.begin(); at != entries.end(); ++at) {
        const PackedMaskPtr before = at == entries.begin() ? nullptr : std::prev(at)->second.packed;
        const auto kept = kept_.find(at->first);
        if (kept != kept_.end() && kept->second.mask == at->second.packed &&
            kept->second.before == before && kept->second.method == current) {
            continue;
        }
        Pair pair{at->first, std::nullopt};
        if (before) pair.before = std::prev(at)->first;
        missing_.push_back(pair);
    }
    return missing_;
}

const MaskReviews::Reviews& MaskReviews::reviews() const {
    if (reviewsOf_ == stamp()) return reviews_;
    reviewsOf_ = stamp();
    reviews_.clear();
    ReviewSequence sequence;
    for (const auto& [frame, entry] : parts_.masks.track().entries()) {
        const auto kept = kept_.find(frame);
        // Evidence of a mask that has changed since says nothing about the new one.
        if (kept == kept_.end() || kept->second.mask != entry.packed) continue;
        reviews_[frame] = sequence.add(withFacts(kept->second.evidence, entry.facts));
    }
    return reviews_;
}

std::optional<FrameIndex> MaskReviews::suspiciousAfter(FrameIndex frame) const {
    const Reviews& known = reviews();
    for (auto at = known.upper_bound(frame); at != known.end(); ++at) {
        if (at->second.score() >= threshold_) return at->first;
    }
    return std::nullopt;
}

std::optional<FrameIndex> MaskReviews::suspiciousBefore(FrameIndex frame) const {
    const Reviews& known = reviews();
    for (auto at = known.lower_bound(frame); at != known.begin();) {
        --at;
        if (at->second.score() >= threshold_) return at->first;
    }
    return std::nullopt;
}

std::vector<FrameIndex> MaskReviews::wantedFrames() const {
    if (waitingFrames() == 0) return {};
    const Pair& next = missing().front();
    if (!next.before) return {next.frame};
    return {*next.before, next.frame};
}

bool MaskReviews::serve() {
    if (computing_ || waitingFrames() == 0) return false;
    const std::vector<FrameIndex> wanted = wantedFrames();
    if (!parts_.frames.has(wanted)) return false;
    const Pair pair = missing().front();
    const MaskTrack& track = parts_.masks.track();
    Kept kept;
    kept.mask = track.find(pair.frame)->packed;
    if (pair.before) kept.before = track.find(*pair.before)->packed;
    kept.method = method();
    kept.evidence.frame = pair.frame;
    std::vector<FramePtr> frames;
    for (const FrameIndex index : wanted) frames.push_back(parts_.frames.cached(index));
    if (std::ranges::any_of(frames, [](const FramePtr& frame) { return frame == nullptr; })) {
        // A frame that cannot be read: nothing is known of its mask but that it is there.
        put(pair, std::move(kept));
        return false;
    }
    const PooledEngine& engine = parts_.views.active().engine();
    computing_ = true;
    parts_.inference.start(
        [kept, frames, flow = engine.usableFlow(kModelFastFlow),
         level = engine.usableLevel(kFeatureLevel),
         network = engine.engine](const StopToken& stop) {
            const MaskPtr mask = kept.mask->unpack();
            const FramePtr& frame = frames.back();
            FrameEvidence evidence;
            if (kept.before) {
                const MaskPtr before = kept.before->unpack();
                const PairEvidence between =
                    pairEvidence(frames.front(), frame, flow, network.get(), stop);
                evidence = maskEvidence(frame->index, *mask, before.get(), &between);
            } else {
                evidence = maskEvidence(frame->index, *mask, nullptr, nullptr);
            }
            if (network) addFeatures(evidence, frame, *mask, level, *network, stop);
            return evidence;
        },
        [self = QPointer<MaskReviews>(this), pair, kept](Outcome<FrameEvidence> outcome) mutable {
            if (!self) return;
            self->computing_ = false;
            if (outcome.ok()) {
                kept.evidence = std::move(outcome).value();
            } else if (outcome.error().code() == ErrorCode::Interrupted) {
                return;
            } else {
                // It would fail again and again.
                Q_EMIT self->noticed(noticeOf(outcome.error()));
            }
            self->put(pair, std::move(kept));
        });
    return true;
}

void MaskReviews::yield() { parts_.inference.stopJob(); }

void MaskReviews::put(const Pair& pair, Kept kept) {
    // Another video may have been opened meanwhile.
    const MaskEntry* entry = parts_.masks.track().find(pair.frame);
    if (entry == nullptr || entry->packed != kept.mask) return;
    kept_[pair.frame] = std::move(kept);
    tell();
}

std::string MaskReviews::toJson() const {
    const QJsonObject all{{"shown", shown_}, {"threshold", threshold_}};
    return QJsonDocument(all).toJson(QJsonDocument::Compact).toStdString();
}

void MaskReviews::fromJson(const std::string& text) {
    const QJsonObject all = QJsonDocument::fromJson(QByteArray::fromStdString(text)).object();
    shown_ = all["shown"].toBool(shown_);
    threshold_ = std::clamp(all["threshold"].toDouble(threshold_), kLeastThreshold, 1.0);
    tell();
}

void MaskReviews::clear() {
    kept_.clear();
    shown_ = false;
    threshold_ = kSuspiciousScore;
    tell();
}

}  // namespace mcj
