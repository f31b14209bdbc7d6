#pragma once

#include <QObject>
#include <cstddef>
#include <optional>
#include <string>

#include "inference/engine/inference_engine.h"
#include "media/base/flow_color.h"
#include "segmentation/mask_propagator.h"

namespace mcj {

class EnginePool;
class FrameProvider;
class ProductCache;
class RunSlot;
class ViewSet;

/// What the user prefers on this machine, for every clip.
struct Preferences {
    // As in `EngineOptions`.
    std::string device = "auto";
    int threads = 0;
    std::string precision = "auto";
    int maxSidePx = 0;
    // Memory in MiB, `kLeastMiB` to `kMostMiB`.
    int frameMiB = 512;                       ///< for decoded frames
    int mapMiB = 768;                         ///< for computed maps
    FlowWheel wheel = FlowWheel::Middlebury;  ///< of flow layers; a project has its own
    /// Id of the flow method at the start of the program; empty: the one used last.
    std::string flow;
    /// The propagation method at the start of the program; none: the one used last.
    std::optional<PropagationMethod> propagation;
    friend bool operator==(const Preferences&, const Preferences&) = default;
};

inline constexpr int kLeastMiB = 64;
inline constexpr int kMostMiB = 1 << 20;

/// The same with the default for every value that is out of range or does not exist.
[[nodiscard]] Preferences validPreferences(const Preferences& wanted);

/// The engine options that were given on the command line. They override the preferences.
struct GivenEngineOptions {
    std::optional<std::string> device = {};
    std::optional<int> threads = {};
    std::optional<std::string> precision = {};
    std::optional<int> maxSidePx = {};
};

/// `usual` with the preferred values, or with the given ones where there are any.
[[nodiscard]] EngineOptions preferredEngine(const EngineOptions& usual,
                                            const Preferences& preferences,
                                            const GivenEngineOptions& given);

/// Memory that is used now, and its limit. What the screen shows is kept beyond the limit.
struct MemoryUse {
    std::size_t frameBytes = 0;
    std::size_t frameBudget = 0;
    std::size_t mapBytes = 0;
    std::size_t mapBudget = 0;
};

/// Applies the preferences to the parts of the session. GUI thread.
class PreferenceChoice : public QObject {
    Q_OBJECT
public:
    /// All outlive it.
    struct Parts {
        ViewSet& views;
        EnginePool& engines;
        ProductCache& products;
        FrameProvider& frames;
        RunSlot& runs;
    };
    explicit PreferenceChoice(const Parts& parts, QObject* parent = nullptr);

    [[nodiscard]] const Preferences& current() const noexcept { return current_; }
    [[nodiscard]] const GivenEngineOptions& given() const noexcept { return given_; }
    [[nodiscard]] MemoryUse memory() const;

    /// At the start of the program, before a document is open: applies everything but the methods.
    void begin(const Preferences& stored, const GivenEngineOptions& given);
    /// Applies what differs and emits `edited`. Other engine options open the model again; what
    /// was computed with the old ones stays in memory under keys of its own. A run goes on with
    /// the engine that it has begun with. The methods apply at the next start.
    void set(const Preferences& wanted);

Q_SIGNALS:
    /// The user has changed something: it has to be stored.
    void edited();

private:
    void applyEngine();
    void applyBudgets();
    void applyWheel();
    void releaseUnused();

    Parts parts_;
    Preferences current_;
    GivenEngineOptions given_;
    bool replaced_ = false;  ///< engines were, since those without use were last released
};

}  // namespace mcj
