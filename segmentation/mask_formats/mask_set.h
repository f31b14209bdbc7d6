#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "media/base/frame.h"
#include "media/base/stop_token.h"
#include "segmentation/layered_mask.h"
#include "segmentation/mask.h"
#include "segmentation/mask_track.h"
#include "segmentation/object_table.h"
#include "segmentation/rle.h"

namespace mcj {

// What mask formats exchange. A project holds up to 254 objects; files of other programs may have
// more of them.

/// The highest id of an object in a set.
constexpr int kHighestSetObject = 65534;
/// Void in a 16-bit label raster.
constexpr std::uint16_t kWideVoid = 65535;

/// An object of a set; `name` is never empty.
struct SetObject {
    int id = 1;  ///< 1..kHighestSetObject
    std::string name;
    std::string category;  ///< the class; empty: none
    friend bool operator==(const SetObject&, const SetObject&) = default;
};

/// "Object 3"
[[nodiscard]] std::string defaultObjectName(int id);

/// The pixels of one object in one frame.
struct ObjectShape {
    int object = 1;
    CocoRle rle;
    friend bool operator==(const ObjectShape&, const ObjectShape&) = default;
};

/// The masks of one frame, as one label per pixel or as a shape per object.
class FrameMasks {
public:
    explicit FrameMasks(Mask labels) : content_(std::move(labels)) {}
    /// Shapes of one size, at most one per object. They are sorted by object; those without pixels
    /// are left out. `ignored`: pixels that are void unless an object covers them.
    FrameMasks(SizePx size, std::vector<ObjectShape> shapes, std::optional<CocoRle> ignored = {});
    /// The masks of a frame in which objects may overlap; what is on top there is on top here.
    explicit FrameMasks(const LayeredMask& layers);

    [[nodiscard]] SizePx size() const noexcept;
    /// Whether the content is one label per pixel.
    [[nodiscard]] bool isLabels() const noexcept { return std::holds_alternative<Mask>(content_); }
    /// By ascending object, without empty ones.
    [[nodiscard]] std::vector<ObjectShape> shapes() const;
    [[nodiscard]] std::optional<CocoRle> ignored() const;
    /// One label per pixel; where objects overlap, the one on top or, where that is not known, the
    /// one with the higher id. Void is `kWideVoid`.
    [[nodiscard]] Raster<std::uint16_t> wideLabels() const;
    /// The same with 8 bits; objects above 254 are left out.
    [[nodiscard]] Mask labels() const;
    /// The same with what lies below.
    [[nodiscard]] LayeredMask layers() const;
    /// Whether a pixel belongs to two objects.
    [[nodiscard]] bool overlapping() const;

private:
    struct Shapes {
        SizePx size;
        std::vector<ObjectShape> objects;
        std::optional<CocoRle> ignored;
        std::optional<Mask> top = {};  ///< none: not known
    };
    std::variant<Mask, Shapes> content_;
};

/// The shapes of a raster of labels, `kWideVoid` as the ignored pixels.
[[nodiscard]] FrameMasks shapesOfLabels(const Raster<std::uint16_t>& labels);

/// The masks of a clip. The frames are read on demand, so that a long clip is never in memory as a
/// whole. A value; copies share what they read from.
struct MaskSet {
    std::string name;  ///< of the sequence; a folder's name in some formats
    VideoInfo source;  ///< the clip as far as it is known; its times are written to the manifest
    SizePx size;       ///< of the masks
    FrameIndex begin = 0;  ///< half-open range of the clip that the set covers
    FrameIndex end = 0;
    std::vector<SetObject> objects;  ///< by ascending id; all that occur
    std::vector<FrameIndex> frames;  ///< those that have a mask (possibly an empty one), ascending
    std::function<FrameMasks(FrameIndex)> read;  ///< of one of `frames`; throws `Error{Input}`
    std::vector<std::string> notes;  ///< for the user: how a reader interpreted its files

    [[nodiscard]] const SetObject* find(int id) const noexcept;
    [[nodiscard]] bool hasFrame(FrameIndex frame) const noexcept;
    /// Adds objects that are missing with default names.
    void addObjects(const std::vector<int>& ids);
};

/// The masks of a project in begin..end (half-open).
[[nodiscard]] MaskSet maskSetOf(const MaskTrack& track, const ObjectTable& objects, SizePx size,
                                FrameIndex begin, FrameIndex end);

/// What imported masks are to a propagation.
enum class ImportedAs {
    Anchors,  ///< it starts from them and does not change them
    Results,  ///< as if another program had propagated them: it may replace them
};

/// The set as masks of a project whose clip has `frames` frames of `size`. Where objects overlap,
/// `order` decides what is on top. Throws `Error{Input}` where the size or the frames differ or an
/// id is above 254, `Error{Interrupted}` where `stop` asks for it.
[[nodiscard]] MaskTrack importedTrack(const MaskSet& set, SizePx size, FrameIndex frames,
                                      const StopToken& stop, ImportedAs as = ImportedAs::Anchors,
                                      const ObjectOrder& order = {});

/// The number of pixels of a shape and the smallest box around them (empty if there are none).
struct ShapeFacts {
    std::int64_t area = 0;
    BoxPx box;
};
[[nodiscard]] ShapeFacts factsOf(const CocoRle& rle);

/// Whether the shape has a pixel.
[[nodiscard]] bool hasPixels(const CocoRle& rle) noexcept;

/// The pixels that are 1 in an H x W x 1 raster.
[[nodiscard]] CocoRle cocoRleOf(const Raster<std::uint8_t>& inside);

}  // namespace mcj
