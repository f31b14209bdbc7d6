#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "media/base/progress.h"
#include "segmentation/mask_formats/mask_picture.h"
#include "segmentation/mask_formats/mask_set.h"

namespace mcj {

struct MaskPlaces;

// The formats in which masks are exchanged with other programs: a table that the window and the
// command line share.

/// Higher frame numbers are treated as a mistake, because they would require a huge number of empty
/// masks.
constexpr FrameIndex kHighestFrame = 9'999'999;

/// How the pixels of label pictures are interpreted.
enum class LabelPixels {
    Judged,    ///< as `MaskFolder` does: pictures that are not label maps are refused
    AsStored,  ///< the stored values, for files that this program wrote
};

struct MaskReadRequest {
    std::filesystem::path path;  ///< a folder or a file
    MaskReading reading;
    LabelPixels pixels = LabelPixels::Judged;
    /// The pictures of the clip in order, if it is a folder: masks then belong to the frame that
    /// they are named after. Otherwise the number at the end of the name is the frame.
    std::vector<std::filesystem::path> clipFrames;
    /// The number of frames of the clip, if it is known. Masks whose names do not all match
    /// `clipFrames` then belong to the frames in order, if there are as many masks as frames, and
    /// else by number; without it such names are an error.
    std::optional<FrameIndex> clipLength;
};

/// What a format can hold by itself, apart from the manifest beside it.
struct MaskFormatTraits {
    bool overlap = false;     ///< a pixel may belong to several objects
    bool names = false;       ///< of objects
    bool categories = false;  ///< of objects
    bool ignored = false;     ///< void pixels
    bool gaps = false;        ///< frames without a mask, as distinct from empty masks
    bool soft = false;        ///< pixels have probabilities; those of masks are 0 or 1
    int highestId = kHighestSetObject;
    int mostCategories = kHighestSetObject;  ///< if more, all objects get one
};

/// A row of the table.
struct MaskFormat {
    const char* id;       ///< on the command line and in manifests
    const char* title;    ///< for menus
    const char* summary;  ///< which files are written
    MaskFormatTraits traits;
    /// Writes a set that fits into an empty folder and returns the files, relative to it. Null if
    /// the format is only read.
    std::vector<std::string> (*write)(const MaskSet& set, const std::filesystem::path& folder,
                                      const Progress& progress);
    /// Throws `Error{Input}` that names the file and the entry. Null if the format is only written.
    MaskSet (*read)(const MaskReadRequest& request);
    /// Whether the folder or file looks like this format. Null if it is not read.
    bool (*detect)(const std::filesystem::path& path);
    /// The pictures that hold the masks, so that changed ones can be written back into the folder
    /// (mask_write_back.h). Throws as `read`. Null if the format is not written back.
    MaskPlaces (*places)(const MaskReadRequest& request) = nullptr;
};

/// All formats; the order is that of menus.
[[nodiscard]] std::span<const MaskFormat> maskFormats();
/// The ids of formats that can be written, separated by ", ".
[[nodiscard]] std::string maskFormatIds();
/// Those of formats that can be read.
[[nodiscard]] std::string readableMaskFormatIds();
/// Those of formats whose masks can be written back.
[[nodiscard]] std::string restorableMaskFormatIds();
/// Throws `Error{Usage}` that lists the ids.
[[nodiscard]] const MaskFormat& maskFormat(const std::string& id);
/// The same for a format that is to be read: lists those, and refuses one that is only written.
[[nodiscard]] const MaskFormat& readableMaskFormat(const std::string& id);
/// Formats separated by commas, each at most once. Throws as `maskFormat`, and for formats that are
/// only read.
[[nodiscard]] std::vector<const MaskFormat*> parseWrittenFormats(const std::string& list);
/// The format of what lies at `path`. Throws `Error{Input}` where it is none of them.
[[nodiscard]] const MaskFormat& detectMaskFormat(const std::filesystem::path& path);

/// The folder or file of masks to which a file that a user chose belongs: a picture stands for its
/// folder, an object's folder of SA-V or of soft masks for the folder above it.
[[nodiscard]] std::filesystem::path maskSetPath(const std::filesystem::path& file);

/// Reads masks; what is only in the manifest of this program beside them (names, categories,
/// times, frames without a mask) is added. Throws `Error{Usage}` where the format cannot be read,
/// `Error{Input}` as `MaskFormat::read`.
[[nodiscard]] MaskSet readMaskSet(const MaskFormat& format, const MaskReadRequest& request);

/// What becomes of a set in a format. Each entry is a phrase: "the overlap of objects in 3 frames".
struct MaskFormatFit {
    std::vector<std::string> lost;          ///< would not be written at all
    std::vector<std::string> manifestOnly;  ///< other programs will not see it
};
[[nodiscard]] MaskFormatFit fitOf(const MaskSet& set, const MaskFormat& format);

/// The set without what `format` cannot hold: where objects overlap, what is on top remains; frames
/// without a mask become empty masks. Reads nothing yet.
[[nodiscard]] MaskSet fitted(MaskSet set, const MaskFormat& format);

// For the rows of the table -----------------------------------------------------------------------

/// Reports a frame as begun. Throws `Error{Interrupted}` if a stop is asked for.
void tellFrame(const Progress& progress, std::size_t done, const MaskSet& set);

/// The frames that masks named like `names` belong to, one each: by the rules of `clipFrames` and
/// `clipLength`. Throws `Error{Input}` that begins with `where` if a name matches no frame of the
/// clip or two belong to one frame.
[[nodiscard]] std::vector<FrameIndex> placeFrames(const std::vector<std::filesystem::path>& names,
                                                  const MaskReadRequest& request,
                                                  const std::string& where);

/// Sets `frames`, `begin` and `end` from the frames that a reader found (unsorted).
void setFrames(MaskSet& set, std::vector<FrameIndex> frames);

/// Writes a file into a folder that is flushed as a whole.
void writeFormatText(const std::filesystem::path& path, const std::string& text);

[[nodiscard]] bool isFolder(const std::filesystem::path& path);
[[nodiscard]] bool isFile(const std::filesystem::path& path);

}  // namespace mcj
