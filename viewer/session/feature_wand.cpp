#include "viewer/session/feature_wand.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mcj {

FeatureWand::FeatureWand(const Parts& parts, QObject* parent) : QObject(parent), parts_(parts) {
    connect(&parts_.masks, &MaskEditor::editStarting, this, &FeatureWand::forget);
    connect(&parts_.proposals, &MaskProposals::rejected, this, &FeatureWand::forget);
    connect(&parts_.document, &Document::reset, this, &FeatureWand::forget);
    connect(&parts_.scheduler, &Scheduler::arrived, this, [this] {
        if (choice_ && !similarity_) propose();
    });
}

void FeatureWand::choose(PointF where, StrokeMode mode) {
    const View& view = parts_.views.active();
    if (!view.frame()) return;
    if (view.engine().state == EngineState::Failed) {
        Q_EMIT noticed(warningNotice(tr("The feature wand requires a model"),
                                     tr("Start the program with --model FILE to load a model.")));
        return;
    }
    similarity_.reset();
    choice_ = Choice{view.frame(), where, view.similarityKey(where), 1 << view.level(), mode};
    parts_.views.setProbe(choice_->similarity);
    // It may be in memory.
    propose();
    Q_EMIT changed();
}

bool FeatureWand::waits() const {
    const FramePtr& shown = parts_.views.active().frame();
    return choice_ && shown && shown->source == choice_->frame->source &&
           shown->index == choice_->frame->index;
}

void FeatureWand::forget() {
    if (!choice_) return;
    choice_.reset();
    similarity_.reset();
    parts_.views.setProbe(std::nullopt);
    Q_EMIT changed();
}

void FeatureWand::setThreshold(float threshold) {
    threshold = std::clamp(threshold, -1.0F, 1.0F);
    if (threshold == threshold_) return;
    threshold_ = threshold;
    propose();
    Q_EMIT changed();
}

void FeatureWand::setReach(RegionReach reach) {
    if (reach == reach_) return;
    reach_ = reach;
    propose();
    Q_EMIT changed();
}

void FeatureWand::propose() {
    if (!choice_) return;
    if (!similarity_) {
        const ProductPtr made = parts_.products.find(choice_->similarity);
        if (!made) return;
        similarity_ = made->map;
    }
    const MaskEntry* entry = parts_.masks.track().find(choice_->frame->index);
    const PackedMaskPtr before = entry != nullptr ? entry->packed : nullptr;
    FeatureRegionOptions options;
    options.threshold = threshold_;
    options.reach = reach_;
    // About the side of a cell, by which the outline of the similarity is uncertain.
    options.edges.radiusPx = choice_->cellPx;
    MaskPreview empty;
    empty.object = parts_.masks.activeObject();
    const bool paints = choice_->mode == StrokeMode::Paint;
    empty.text =
        paints ? tr("Paint object %1").arg(empty.object) : tr("Erase object %1").arg(empty.object);
    // It does not look at the token: an older region is shown while the threshold is dragged.
    parts_.proposals.propose(
        tr("Selecting similar features"),
        [empty, before, options, paints, rules = parts_.masks.rules(), choice = *choice_,
         map = similarity_](const StopToken&) {
            MaskPreview preview = empty;
            const PointPx at{static_cast<int>(std::lround(choice.where.x)),
                             static_cast<int>(std::lround(choice.where.y))};
            const Region region = likeRegion(*map, at, choice.frame->rgb, options);
            const PackedMaskPtr after =
                packRegion(before, region, paints ? BrushAction::Paint : BrushAction::EraseObject,
                           preview.object, rules);
            if (after) preview.frames.push_back({choice.frame->index, before, after});
            return preview;
        });
}

}  // namespace mcj
