#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "inference/analysis/product_key.h"
#include "inference/analysis/trajectory.h"
#include "media/base/frame.h"

namespace mcj {

/// The colours of pins: Okabe and Ito's set for colour-blind readers, without black.
inline constexpr std::array<std::array<std::uint8_t, 3>, 7> kPinColors{{{0xe6, 0x9f, 0x00},
                                                                        {0x56, 0xb4, 0xe9},
                                                                        {0x00, 0x9e, 0x73},
                                                                        {0xf0, 0xe4, 0x42},
                                                                        {0x00, 0x72, 0xb2},
                                                                        {0xd5, 0x5e, 0x00},
                                                                        {0xcc, 0x79, 0xa7}}};

/// A clicked point, or an object, with what is known about it in other frames.
struct Pin {
    explicit Pin(const SimilarityQuery& asked)
        : query(asked), trajectory(asked.frame, asked.where) {}

    SimilarityQuery query;
    std::size_t color = 0;  ///< of `kPinColors`
    FramePtr frame;         ///< of the query; null until it has been in memory
    /// Cosine of the best match at the current level, in the frames seen so far.
    std::map<FrameIndex, float> scores;
    Trajectory trajectory;  ///< by the flow in use, as far as it is computed
};

/// Pins, one of which is selected if there are any. A value.
class Pins {
public:
    [[nodiscard]] const std::vector<Pin>& all() const noexcept { return pins_; }
    [[nodiscard]] std::vector<Pin>& all() noexcept { return pins_; }
    [[nodiscard]] bool empty() const noexcept { return pins_.empty(); }
    /// Whether every colour is in use, so that no pin can be added.
    [[nodiscard]] bool full() const noexcept { return pins_.size() >= kPinColors.size(); }
    /// Null without a pin.
    [[nodiscard]] const Pin* selected() const noexcept {
        return pins_.empty() ? nullptr : &pins_[selected_];
    }
    /// The place of the selected pin in `all`; 0 without a pin.
    [[nodiscard]] std::size_t selectedPlace() const noexcept { return selected_; }
    [[nodiscard]] const Pin* of(const SimilarityQuery& query) const noexcept;

    /// Adds a pin in the first free colour and selects it; does nothing if `full`. Returns whether
    /// it was added.
    bool add(const SimilarityQuery& query);
    /// Moves the selected pin, or adds the first one. Nothing that was known of it remains, unless
    /// it stays where it is.
    void moveSelected(const SimilarityQuery& query);
    /// Whether places, colours and selection are those of `other`.
    [[nodiscard]] bool samePlaces(const Pins& other) const noexcept;
    /// Takes them over; what is known of pins that were here before stays.
    void copyPlaces(const Pins& other);
    /// Out of range: does nothing.
    void select(std::size_t place);
    /// The one added before it, else the first one, is selected next.
    void removeSelected();

private:
    std::vector<Pin> pins_;
    std::size_t selected_ = 0;
};

/// As JSON, as stored in project files: places or objects' pixels, colours and which one is
/// selected.
[[nodiscard]] std::string pinsToJson(const Pins& pins);
/// Rows that are not places, and those beyond the number of colours, are left out.
[[nodiscard]] Pins pinsFromJson(const std::string& text);

}  // namespace mcj
