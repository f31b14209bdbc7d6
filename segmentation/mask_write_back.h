#pragma once

#include <cstdint>
#include <string>

#include "media/base/progress.h"
#include "media/base/stop_token.h"
#include "segmentation/mask_formats/mask_places.h"
#include "segmentation/mask_track.h"
#include "segmentation/object_order.h"

namespace mcj {

// Corrected masks go back into the folder of the program that made them (Cutie, XMem, SAM 2 ...),
// in its layout: only pictures whose masks have changed are written anew, with the same names,
// kind, bit depth and palette.

/// Where the masks at `request.path` lie. Throws `Error{Usage}` where the format is not one of
/// those that are written back, else as `MaskFormat::read`.
[[nodiscard]] MaskPlaces placesOf(const MaskFormat& format, const MaskReadRequest& request);

/// Digest of the names and contents of the pictures, by which a later change of another program is
/// noticed. Throws `Error{Input}`, `Error{Interrupted}`.
[[nodiscard]] std::string digestOf(const MaskPlaces& places, const StopToken& stop = {});

struct MaskWriteBackReport {
    std::int64_t frames = 0;     ///< whose masks differed
    std::int64_t rewritten = 0;  ///< pictures
    std::int64_t added = 0;      ///< pictures of frames or objects that had none
    std::int64_t kept = 0;       ///< pictures that stay as they are
    /// Frames with covered parts, where the layout has one label per pixel and gets what is on top.
    std::int64_t flattened = 0;
};

/// Which masks may be written.
enum class WriteBackMode {
    Write,
    DryRun,  ///< counts what would be written, and finds most reasons against it
};

/// Writes the masks of `track` over those of `places`, where they differ. A frame without a mask in
/// the track is background; one that has no picture gets one only if its mask has an object.
///
/// In layouts of a folder per object, a track with overlaps is written with them, and an object
/// that occurs nowhere in the track is removed. In propagated frames without overlaps (a
/// propagation carries only what is on top), and in all frames of a track without any, pixels that
/// do not change keep what lies below; `order` is that of the track. Layouts of one label per pixel
/// get what is on top.
///
/// All pictures are first put into a new folder beside the old one (unchanged ones as links to the
/// same files), which is read and compared with the masks of every frame; then the two folders are
/// exchanged and the old one is deleted. Where nothing differs, nothing is touched.
///
/// Throws `Error{Usage}` where the layout cannot hold a change, `Error{Input}` where a file cannot
/// be read or written or another program changes the folder meanwhile, `Error{Interrupted}` where
/// `progress` asks for a stop; the old folder is then as it was.
MaskWriteBackReport writeMasksBack(const MaskTrack& track, const MaskPlaces& places,
                                   WriteBackMode mode = WriteBackMode::Write,
                                   const Progress& progress = {}, const ObjectOrder& order = {});

}  // namespace mcj
