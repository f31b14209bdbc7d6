#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "inference/analysis/pair_summary.h"
#include "viewer/session/engine_pool.h"
#include "viewer/session/playback_clock.h"
#include "viewer/session/view_set.h"

namespace mcj {

/// The numbers of the pairs of a clip over time: those of every product that was computed for the
/// screen, and those that a `CurvesRun` adds. Numbers of another flow provider or model are not
/// mixed: each method has a set of its own. Stored with the project's settings. GUI thread.
class Curves : public QObject {
    Q_OBJECT
public:
    using Numbers = std::map<FrameIndex, PairSummary>;  ///< by the first frame of the pair

    /// Both outlive the curves.
    Curves(const ViewSet& views, const EnginePool& engines, QObject* parent = nullptr);

    /// Those of the method of the active view.
    [[nodiscard]] const Numbers& numbers() const;
    /// Changes whenever `numbers()` may differ.
    [[nodiscard]] std::uint64_t revision() const noexcept { return revision_; }
    /// Names flow and model; numbers of equal methods are equal. `flow`: a provider or files. Empty
    /// while `engine`, whose model `flow` needs, is not ready.
    [[nodiscard]] static std::string methodOf(const std::string& flow, const PooledEngine& engine);
    /// Frames of `span` whose pair, within `span`, is not complete.
    [[nodiscard]] std::vector<FrameIndex> missing(FrameSpan span) const;
    [[nodiscard]] bool complete(const std::string& method, FrameIndex frame) const;

    /// Takes the numbers of a product that has arrived for the screen, if its flow is the one in
    /// use in some view: others are of no interest, such as a preview that another flow replaces.
    void adopt(const ProductKey& key, const Product& product);
    /// Numbers that were computed for the curves: the project has to keep them.
    void put(const std::string& method, FrameIndex frame, const PairSummary& numbers);
    /// Numbers of `put` wait to be written.
    [[nodiscard]] bool unsaved() const noexcept { return unsaved_; }
    /// A run has ended: what it computed is written.
    void finishPuts();

    /// Whether the timeline shows them.
    [[nodiscard]] bool shown() const noexcept { return shown_; }
    void setShown(bool shown);

    /// `videoBytes`: the size of the video's file, which tells other videos apart. At most
    /// `kMostSets` methods, those with the most frames. The text is kept until something changes.
    [[nodiscard]] std::string toJson(std::uint64_t videoBytes) const;
    /// Numbers of another video and what cannot be read are dropped. Numbers that were computed
    /// meanwhile stay.
    void fromJson(const std::string& text, std::uint64_t videoBytes);
    static constexpr std::size_t kMostSets = 3;
    /// Longer clips are stored up to this frame.
    static constexpr FrameIndex kMostFrames = 200'000;
    void markSaved() noexcept { unsaved_ = false; }
    /// For another document. Emits `changed`.
    void clear();

Q_SIGNALS:
    void changed();
    /// The project has to be written.
    void edited();

private:
    struct Written {
        std::uint64_t videoBytes = 0;
        std::string text;
    };

    /// The method in use may be another one.
    void follow();
    /// The contents have changed.
    void tell();
    [[nodiscard]] std::string packedSets(std::uint64_t videoBytes) const;

    const ViewSet& views_;
    const EnginePool& engines_;
    std::map<std::string, Numbers> sets_;  ///< by method
    std::uint64_t revision_ = 1;
    mutable std::optional<Written> written_;  ///< of the contents as they are
    bool shown_ = false;
    bool unsaved_ = false;
    QElapsedTimer sinceEdited_;
};

}  // namespace mcj
