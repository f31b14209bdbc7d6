#include "viewer/session/preferences.h"

#include <algorithm>
#include <set>

#include "inference/engine/engine_limits.h"
#include "inference/engine/flow_provider.h"
#include "viewer/session/engine_pool.h"
#include "viewer/session/frame_provider.h"
#include "viewer/session/product_cache.h"
#include "viewer/session/run_slot.h"
#include "viewer/session/view_set.h"

namespace mcj {
namespace {

bool isMiB(int value) { return value >= kLeastMiB && value <= kMostMiB; }

std::size_t bytesOf(int mib) { return static_cast<std::size_t>(mib) << 20; }

bool isFlowMethod(const std::string& id) {
    const auto all = flowProviders();
    return std::any_of(all.begin(), all.end(),
                       [&id](const FlowProvider& provider) { return id == provider.id; });
}

}  // namespace

Preferences validPreferences(const Preferences& wanted) {
    const Preferences usual;
    Preferences valid = wanted;
    if (!deviceProblem(valid.device).empty()) valid.device = usual.device;
    if (valid.threads < 0 || valid.threads > kMostThreads) valid.threads = usual.threads;
    if (!isPrecision(valid.precision)) valid.precision = usual.precision;
    if (!isMaxSide(valid.maxSidePx)) valid.maxSidePx = usual.maxSidePx;
    if (!isMiB(valid.frameMiB)) valid.frameMiB = usual.frameMiB;
    if (!isMiB(valid.mapMiB)) valid.mapMiB = usual.mapMiB;
    if (!isFlowMethod(valid.flow)) valid.flow = usual.flow;
    return valid;
}

EngineOptions preferredEngine(const EngineOptions& usual, const Preferences& preferences,
                              const GivenEngineOptions& given) {
    EngineOptions options = usual;
    options.device = given.device.value_or(preferences.device);
    options.threads = given.threads.value_or(preferences.threads);
    options.precision = given.precision.value_or(preferences.precision);
    options.maxSidePx = given.maxSidePx.value_or(preferences.maxSidePx);
    return options;
}

PreferenceChoice::PreferenceChoice(const Parts& parts, QObject* parent)
    : QObject(parent), parts_(parts) {
    connect(&parts_.runs, &RunSlot::changed, this, &PreferenceChoice::releaseUnused);
}

MemoryUse PreferenceChoice::memory() const {
    return {.frameBytes = parts_.frames.keptBytes(),
            .frameBudget = parts_.frames.budgetBytes(),
            .mapBytes = parts_.products.bytes(),
            .mapBudget = parts_.products.budgetBytes()};
}

void PreferenceChoice::begin(const Preferences& stored, const GivenEngineOptions& given) {
    current_ = validPreferences(stored);
    given_ = given;
    applyEngine();
    applyBudgets();
    applyWheel();
}

void PreferenceChoice::set(const Preferences& wanted) {
    const Preferences valid = validPreferences(wanted);
    if (valid == current_) return;
    const bool otherWheel = valid.wheel != current_.wheel;
    current_ = valid;
    applyEngine();
    applyBudgets();
    // Views may have wheels of their own, which another change leaves alone.
    if (otherWheel) applyWheel();
    Q_EMIT edited();
}

void PreferenceChoice::applyEngine() {
    parts_.views.changeEngines(
        [this](const EngineOptions& usual) { return preferredEngine(usual, current_, given_); });
    replaced_ = true;
    releaseUnused();
}

void PreferenceChoice::applyBudgets() {
    parts_.frames.setBudget(bytesOf(current_.frameMiB));
    parts_.products.setBudget(bytesOf(current_.mapMiB));
}

void PreferenceChoice::applyWheel() {
    for (std::size_t i = 0; i < parts_.views.size(); ++i) {
        LayerStack& layers = parts_.views.at(i).layers();
        // Setting one replaces it in the list.
        const std::vector<Layer> all = layers.layers();
        for (Layer layer : all) {
            if (!layer.is<FlowLook>()) continue;
            layer.flow().wheel = current_.wheel;
            layers.set(layer);
        }
    }
}

// An engine takes hundreds of megabytes. A run keeps the one that it has begun with.
void PreferenceChoice::releaseUnused() {
    if (!replaced_ || parts_.runs.run() != nullptr) return;
    replaced_ = false;
    std::set<std::string> used;
    for (std::size_t i = 0; i < parts_.views.size(); ++i) {
        used.insert(parts_.views.at(i).engine().id);
    }
    parts_.engines.releaseOthers(used);
}

}  // namespace mcj
