#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "inference/analysis/product.h"
#include "viewer/session/engine_pool.h"
#include "viewer/session/lanes.h"
#include "viewer/session/notice.h"
#include "viewer/session/product_cache.h"

namespace mcj {

/// Requested products, the most urgent one first.
struct Demand {
    std::vector<ProductKey> products;
    /// Products that take longer are skipped, apart from an occasional retry: while a video plays,
    /// a map is useful only while its frame is shown.
    double mostSecs = std::numeric_limits<double>::infinity();
};

/// Decides what is computed next: starts the first product of a demand that is not in the cache and
/// can be computed, or the first missing input of it, one job at a time. Owns no results. GUI
/// thread.
class Scheduler : public QObject {
    Q_OBJECT
public:
    /// The frame, or null if it is not in memory.
    using FrameLookup = std::function<FramePtr(FrameIndex)>;
    /// The flow from files with this id, or null if it is not loaded.
    using FilesLookup = std::function<FlowFilesPtr(const std::string&)>;

    Scheduler(Lane& inference, ProductCache& products, EnginePool& engines, FrameLookup frames,
              FilesLookup files, QObject* parent = nullptr);

    /// Starts a job on the lane, which must be idle. Returns whether a job was started.
    bool serve(const Demand& demand);
    /// While a job of this scheduler runs: stops it where something more urgent waits. Products of
    /// a query are allowed to finish, so that maps follow a query that is dragged, and so are all
    /// products while a video plays, because each frame would stop the work for the previous one.
    void yield(const Demand& demand);
    /// Whether `serve` would still find something to compute.
    [[nodiscard]] bool missing(const Demand& demand) const { return next(demand).has_value(); }
    /// The frames that the missing products of `demand` are made from, the most urgent first, also
    /// those in memory: they must not be dropped.
    [[nodiscard]] std::vector<FrameIndex> framesFor(const Demand& demand) const;
    /// For another document: forgets how long products take.
    void forgetCosts() { costs_.clear(); }
    /// "computing flow", "loading the model"; empty if idle.
    [[nodiscard]] QString working() const;

Q_SIGNALS:
    /// The product is in the cache.
    void arrived(const mcj::ProductKey& key);
    void noticed(const mcj::Notice& notice);

private:
    struct Cost {
        double secs = 0.0;
        QElapsedTimer since;  ///< since it was measured
    };

    [[nodiscard]] std::optional<ProductKey> next(const Demand& demand) const;
    /// The first product that must be computed for `key`, `key` itself last; `nullopt` if all are
    /// in the cache or none can be computed now.
    [[nodiscard]] std::optional<ProductKey> nextFor(const ProductKey& key, double mostSecs) const;
    void addFrames(const ProductKey& key, double mostSecs, std::vector<FrameIndex>& frames) const;
    /// Whether making `key` takes `part`.
    [[nodiscard]] bool leadsTo(const ProductKey& key, const ProductKey& part) const;
    [[nodiscard]] bool affordable(const ProductKey& key, double mostSecs) const;
    void start(const ProductKey& key);

    Lane& inference_;
    ProductCache& products_;
    EnginePool& engines_;
    FrameLookup frames_;
    FilesLookup files_;
    QString working_;
    std::optional<ProductKey> running_;
    std::map<std::string, Cost> costs_;  ///< by what decides how long a product takes
};

}  // namespace mcj
