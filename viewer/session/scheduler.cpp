#include "viewer/session/scheduler.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mcj {
namespace {

/// While playing, a slow product is retried after this multiple of the time it took, so that
/// retries take at most a tenth of the lane's time.
constexpr double kRetryFactor = 10.0;

std::string costClass(const ProductKey& key) {
    return key.product + '|' + key.flow + '|' + key.engine + '|' + std::to_string(key.level);
}

}  // namespace

Scheduler::Scheduler(Lane& inference, ProductCache& products, EnginePool& engines,
                     FrameLookup frames, FilesLookup files, QObject* parent)
    : QObject(parent), inference_(inference), products_(products), engines_(engines),
      frames_(std::move(frames)), files_(std::move(files)) {}

QString Scheduler::working() const {
    return engines_.loading() ? tr("loading the model") : working_;
}

bool Scheduler::affordable(const ProductKey& key, double mostSecs) const {
    const auto known = costs_.find(costClass(key));
    if (known == costs_.end() || known->second.secs <= mostSecs) return true;
    const double passedSecs = static_cast<double>(known->second.since.elapsed()) / 1000.0;
    return passedSecs > kRetryFactor * known->second.secs;
}

std::optional<ProductKey> Scheduler::nextFor(const ProductKey& key, double mostSecs) const {
    if (products_.find(key) || products_.failed(key)) return std::nullopt;
    const ProductInputs inputs = inputsOf(key);
    if (inputs.engine && engines_.at(key.engine).state != EngineState::Ready) return std::nullopt;
    if (!affordable(key, mostSecs)) return std::nullopt;
    for (const ProductKey& input : inputs.products) {
        if (products_.find(input)) continue;
        // If an input cannot be computed, the product cannot either.
        return nextFor(input, mostSecs);
    }
    for (const FrameIndex index : inputs.frames) {
        const FramePtr frame = frames_(index);
        if (!frame || frame->source != key.source) return std::nullopt;
    }
    for (const std::string& id : inputs.files) {
        if (!files_(id)) return std::nullopt;
    }
    return key;
}

std::optional<ProductKey> Scheduler::next(const Demand& demand) const {
    for (const ProductKey& key : demand.products) {
        if (auto found = nextFor(key, demand.mostSecs)) return found;
    }
    return std::nullopt;
}

void Scheduler::addFrames(const ProductKey& key, double mostSecs,
                          std::vector<FrameIndex>& frames) const {
    if (products_.find(key) || products_.failed(key) || !affordable(key, mostSecs)) return;
    const ProductInputs inputs = inputsOf(key);
    if (inputs.engine && engines_.at(key.engine).state != EngineState::Ready) return;
    for (const ProductKey& input : inputs.products) addFrames(input, mostSecs, frames);
    for (const FrameIndex index : inputs.frames) {
        if (std::find(frames.begin(), frames.end(), index) == frames.end()) frames.push_back(index);
    }
}

std::vector<FrameIndex> Scheduler::framesFor(const Demand& demand) const {
    std::vector<FrameIndex> frames;
    for (const ProductKey& key : demand.products) addFrames(key, demand.mostSecs, frames);
    return frames;
}

bool Scheduler::serve(const Demand& demand) {
    if (inference_.busy()) return false;
    const std::optional<ProductKey> key = next(demand);
    if (key) start(*key);
    return key.has_value();
}

bool Scheduler::leadsTo(const ProductKey& key, const ProductKey& part) const {
    if (key == part) return true;
    if (products_.find(key)) return false;
    const std::vector<ProductKey> inputs = inputsOf(key).products;
    return std::any_of(inputs.begin(), inputs.end(),
                       [&](const ProductKey& input) { return leadsTo(input, part); });
}

void Scheduler::yield(const Demand& demand) {
    if (!running_ || running_->query || std::isfinite(demand.mostSecs)) return;
    for (const ProductKey& key : demand.products) {
        if (leadsTo(key, *running_)) return;
        if (nextFor(key, demand.mostSecs)) break;
    }
    // Also where nothing is wanted any more: the next wish must not wait.
    inference_.stopJob();
}

void Scheduler::start(const ProductKey& key) {
    running_ = key;
    const ProductInputs inputs = inputsOf(key);
    BoundInputs bound;
    for (const FrameIndex index : inputs.frames) bound.frames.push_back(frames_(index));
    for (const ProductKey& input : inputs.products) bound.products.push_back(products_.find(input));
    for (const std::string& id : inputs.files) bound.files.push_back(files_(id));
    std::shared_ptr<InferenceEngine> engine;
    if (inputs.engine) engine = engines_.at(key.engine).engine;
    bound.engine = engine.get();
    working_ = tr("computing %1").arg(QLatin1String(productKind(key.product).work));

    struct Made {
        ProductPtr product;
        double secs = 0.0;
    };
    auto job = [key, bound, engine](const StopToken& stop) {
        QElapsedTimer elapsed;
        elapsed.start();
        Made made;
        made.product = std::make_shared<const Product>(produce(key, bound, stop));
        made.secs = static_cast<double>(elapsed.nsecsElapsed()) / 1e9;
        return made;
    };
    auto done = [this, key](Outcome<Made> outcome) {
        working_.clear();
        running_.reset();
        if (outcome.ok()) {
            const Made made = std::move(outcome).value();
            Cost& cost = costs_[costClass(key)];
            cost.secs = made.secs;
            cost.since.start();
            products_.put(key, made.product);
            Q_EMIT arrived(key);
        } else if (outcome.error().code() != ErrorCode::Interrupted) {
            // Reported once and not retried, to avoid repeated failures.
            products_.fail(key);
            Q_EMIT noticed(noticeOf(outcome.error()));
        }
    };
    inference_.start(std::move(job), std::move(done));
}

}  // namespace mcj
