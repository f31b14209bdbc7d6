#pragma once

#include <QObject>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "segmentation/review.h"
#include "viewer/session/engine_pool.h"
#include "viewer/session/frame_provider.h"
#include "viewer/session/mask_editor.h"
#include "viewer/session/notice.h"
#include "viewer/session/view_set.h"

namespace mcj {

/// How doubtful the masks of the open document are (docs/reviewing.md). The evidence of a frame is
/// computed on the inference lane in spare time while the scores are shown, and again when its mask
/// or the one before changes, or when another model is used. Painted and locked masks are trusted.
/// GUI thread.
class MaskReviews : public QObject {
    Q_OBJECT
public:
    using Reviews = std::map<FrameIndex, FrameReview>;

    /// All outlive the reviews.
    struct Parts {
        const MaskEditor& masks;
        const ViewSet& views;
        EnginePool& engines;
        const FrameProvider& frames;
        Lane& inference;
    };
    explicit MaskReviews(const Parts& parts, QObject* parent = nullptr);

    /// Whether the timeline shows them; only then they are computed.
    [[nodiscard]] bool shown() const noexcept { return shown_; }
    void setShown(bool shown);
    /// The score from which on a frame is suspicious.
    [[nodiscard]] double threshold() const noexcept { return threshold_; }
    void setThreshold(double threshold);  ///< 0.05..1

    /// Those of the frames whose evidence is known.
    [[nodiscard]] const Reviews& reviews() const;
    [[nodiscard]] std::optional<FrameIndex> suspiciousAfter(FrameIndex frame) const;
    [[nodiscard]] std::optional<FrameIndex> suspiciousBefore(FrameIndex frame) const;

    /// Masks whose evidence is not known yet.
    [[nodiscard]] std::size_t waitingFrames() const { return shown_ ? missing().size() : 0; }
    /// The frames that the next computation needs in memory; empty if nothing waits.
    [[nodiscard]] std::vector<FrameIndex> wantedFrames() const;
    /// Starts the next computation on the lane, which must be idle, if its frames are in memory.
    /// Returns whether it did.
    bool serve();
    /// A computation of this object is on the lane.
    [[nodiscard]] bool computing() const noexcept { return computing_; }
    /// Ends that computation, because the lane is needed; it is repeated later.
    void yield();

    /// For a project: whether they are shown, and the threshold. Scores are computed again.
    [[nodiscard]] std::string toJson() const;
    /// What cannot be read is left as it is. Emits `changed`.
    void fromJson(const std::string& text);
    /// For another document. Emits `changed`.
    void clear();

Q_SIGNALS:
    void changed();
    /// The user has moved the threshold: the project has to be written.
    void edited();
    void noticed(const mcj::Notice& notice);

private:
    /// The evidence of a frame, and what it was made from.
    struct Kept {
        PackedMaskPtr mask;
        PackedMaskPtr before;
        std::string method;
        FrameEvidence evidence;
    };
    /// A frame with a mask, and the frame of the mask before it.
    struct Pair {
        FrameIndex frame = 0;
        std::optional<FrameIndex> before;
    };

    /// Names flow and model; empty while the model is loading.
    [[nodiscard]] std::string method() const;
    [[nodiscard]] const std::vector<Pair>& missing() const;
    void put(const Pair& pair, Kept kept);
    /// Differs after every change of a mask or of the evidence.
    [[nodiscard]] std::uint64_t stamp() const noexcept {
        return revision_ + parts_.masks.revision();
    }
    void tell();

    Parts parts_;
    bool shown_ = false;
    double threshold_ = kSuspiciousScore;
    bool computing_ = false;
    std::map<FrameIndex, Kept> kept_;
    std::uint64_t revision_ = 1;
    // Found again after a change only, because a track may have thousands of frames.
    mutable std::vector<Pair> missing_;
    mutable std::uint64_t missingOf_ = 0;  ///< the stamp that `missing_` belongs to
    mutable std::string missingMethod_;
    mutable Reviews reviews_;
    mutable std::uint64_t reviewsOf_ = 0;  ///< the stamp that `reviews_` belongs to
};

}  // namespace mcj
