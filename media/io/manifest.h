#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media/base/frame.h"
#include "media/base/name_list.h"
#include "media/base/stop_token.h"

namespace mcj {

/// Lower-case hex SHA-256 of a file's bytes. Throws `Error{Input}`; `Error{Interrupted}` once
/// `stop` asks for it.
[[nodiscard]] std::string sha256OfFile(const std::filesystem::path& path,
                                       const StopToken& stop = {});

/// The inputs and options of an export: DIR/manifest.json. With it a run can be resumed and
/// repeated, and a video recognised as the one that was exported before.
struct Manifest {
    std::string program;  ///< "mcjepa analyze"
    std::string version;
    std::string sourcePath;
    std::uint64_t sourceBytes = 0;
    /// Of the file; for image folders and globs one digest over the sorted names and sizes.
    std::string sourceSha256;
    VideoInfo source;         ///< size, frames, pts, time base
    std::string modelSha256;  ///< empty where no model was used
    std::string modelName;
    std::string precision;  ///< in which the model computed, "float32" or "bfloat16"
    std::map<std::string, std::string> options;
    NameList files;         ///< relative to the manifest's folder, in order of writing
    bool complete = false;  ///< false while the run is in progress or if it was stopped
};

/// Written to a temporary name and renamed.
void writeManifest(const std::filesystem::path& path, const Manifest& manifest);
/// Throws `Error{Input}`; unknown keys are ignored.
[[nodiscard]] Manifest readManifest(const std::filesystem::path& path);
/// The same from text in memory; `name` is used in messages.
[[nodiscard]] Manifest parseManifest(std::string_view text, const std::string& name);

/// Removes what a manifest in `folder` lists, and folders below it that become empty. Other files
/// stay, and so does the manifest. Names that lead out of the folder are passed over: the manifest
/// may come from elsewhere. Never throws.
void removeListedFiles(const std::filesystem::path& folder, const Manifest& manifest);

/// The identity fields (bytes, sha256) of the video or image folder at `path`. Throws
/// `Error{Input}`; `Error{Interrupted}` once `stop` asks for it.
void describeSource(const std::string& path, Manifest& manifest, const StopToken& stop = {});

}  // namespace mcj
