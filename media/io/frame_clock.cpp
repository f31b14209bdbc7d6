#include "media/io/frame_clock.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace mcj {

namespace {

// FFmpeg's own threshold for discontinuities of transport streams is 10 s as well.
constexpr double kLongestStepSecs = 10.0;
constexpr double kLongestStepOfSteadyFormatsSecs = 60.0;
constexpr double kMediansInAStep = 10.0;
// Timestamps that are out of order are resolved within a decoder's reordering window.
constexpr std::size_t kReordering = 16;
// Frames between two timestamps are spread evenly where that makes their rate no more than this
// many times the usual one, or as much less; else the clock is taken to have jumped.
constexpr double kLikely = 4.0;

using Pts = std::vector<std::optional<std::int64_t>>;

/// later - earlier in ticks; none where one is unknown or the difference is not a number of ticks.
std::optional<std::int64_t> stepBetween(const std::optional<std::int64_t>& earlier,
                                        const std::optional<std::int64_t>& later) {
    std::int64_t step = 0;
    if (!earlier || !later || __builtin_sub_overflow(*later, *earlier, &step)) return std::nullopt;
    return step;
}

/// What counts as a step rather than a jump, and the step that stands in for a jump; in ticks.
struct StepRule {
    double longest = 0.0;
    double usual = 0.0;
};

StepRule stepRuleOf(const VideoInfo& info) {
    const double tick = info.timeBase.value();
    std::vector<std::int64_t> forward;
    for (std::size_t i = 1; i < info.pts.size(); ++i) {
        const auto step = stepBetween(info.pts[i - 1], info.pts[i]);
        if (step && *step >= 0) forward.push_back(*step);
    }
    StepRule rule;
    rule.longest = (info.clockMayJump ? kLongestStepSecs : kLongestStepOfSteadyFormatsSecs) / tick;
    if (!forward.empty()) {
        const auto middle = forward.begin() + static_cast<std::ptrdiff_t>(forward.size() / 2);
        std::nth_element(forward.begin(), middle, forward.end());
        // One or two steps are too few to make a jump the usual step.
        if (forward.size() > 2) {
            rule.longest = std::max(rule.longest, kMediansInAStep * static_cast<double>(*middle));
        }
    }
    double sum = 0.0;
    std::size_t count = 0;
    for (const std::int64_t step : forward) {
        if (static_cast<double>(step) > rule.longest) continue;
        sum += static_cast<double>(step);
        ++count;
    }
    if (count > 0) rule.usual = sum / static_cast<double>(count);
    if (rule.usual <= 0.0 && info.averageFps > 0.0) rule.usual = 1.0 / (info.averageFps * tick);
    return rule;
}

class ClockBuilder {
public:
    ClockBuilder(const Pts& pts, StepRule rule) : pts_(pts), rule_(rule), times_(pts.size(), 0.0) {}

    FrameClock build() {
        std::size_t anchor = 0;  // the last frame whose own timestamp was used
        for (std::size_t i = 1; i < pts_.size();) {
            if (const std::size_t next = nextAnchor(anchor); next != 0) {
                spread(anchor, next);
                anchor = next;
            } else {
                if (pts_[i] && pts_[i] != pts_[i - 1] && pts_[anchor]) {
                    clock_.jumps.push_back(static_cast<FrameIndex>(i));
                }
                times_[i] = times_[i - 1] + rule_.usual;
                anchor = i;
            }
            i = anchor + 1;
        }
        round();
        return std::move(clock_);
    }

private:
    /// The nearest frame whose timestamp continues that of `from` at a plausible rate; 0 where no
    /// frame does.
    [[nodiscard]] std::size_t nextAnchor(std::size_t from) const {
        const std::size_t end = std::min(pts_.size(), from + 1 + kReordering);
        for (std::size_t to = from + 1; to < end; ++to) {
            const auto step = stepBetween(pts_[from], pts_[to]);
            if (!step || *step <= 0) continue;
            const double each = static_cast<double>(*step) / static_cast<double>(to - from);
            if (each > rule_.longest) continue;
            if (to > from + 1 && (each < rule_.usual / kLikely || each > rule_.usual * kLikely))
                continue;
            return to;
        }
        return 0;
    }

    void spread(std::size_t from, std::size_t to) {
        const double step = static_cast<double>(*pts_[to] - *pts_[from]);
        for (std::size_t i = from + 1; i <= to; ++i) {
            times_[i] = times_[from] +
                        step * static_cast<double>(i - from) / static_cast<double>(to - from);
        }
    }

    void round() {
        clock_.ticks.reserve(times_.size());
        for (const double time : times_) {
            std::int64_t ticks = std::llround(time);
            if (!clock_.ticks.empty()) {
                ticks = std::max(ticks, clock_.ticks.back() + 1);
                clock_.longestStep = std::max(clock_.longestStep, ticks - clock_.ticks.back());
            }
            clock_.ticks.push_back(ticks);
        }
    }

    const Pts& pts_;
    StepRule rule_;
    std::vector<double> times_;
    FrameClock clock_;
};

}  // namespace

FrameClock frameClockOf(const VideoInfo& info) {
    const bool anyKnown = std::any_of(info.pts.begin(), info.pts.end(),
                                      [](const auto& pts) { return pts.has_value(); });
    if (!anyKnown || info.timeBase.num <= 0 || info.timeBase.den <= 0) return {};
    if (info.pts.size() == 1) return {{0}, {}, 0};
    const StepRule rule = stepRuleOf(info);
    // A time base coarser than the frames cannot tell them apart.
    if (rule.usual < 1.0) return {};
    return ClockBuilder(info.pts, rule).build();
}

}  // namespace mcj
