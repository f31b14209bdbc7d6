#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "media/io/manifest.h"

namespace mcj {

/// What an export does with a folder that already contains files.
enum class ExistingFiles {
    KeepOrRefuse,  ///< resume a run with the same options and source, refuse anything else
    Replace,       ///< start over; files of earlier exports of the same kind are removed, no others
};

/// The parts of the hint for a folder that cannot be used, in the caller's terms. The defaults are
/// for the command line; each begins or continues a sentence.
struct FolderHints {
    std::string choose = "Choose another folder with -o";
    std::string replace = "pass --overwrite";
};

/// A folder that an export fills file by file, so that it can be stopped and resumed: the manifest
/// is written first (complete: false), each file is complete or absent, and files of a stopped run
/// with the same options are kept. One thread.
class ExportFolder {
public:
    /// Creates the folder and writes the first manifest. `planned`: program, version, source, model
    /// and options of this run. `subfolders`: where this kind of export puts numbered files. Throws
    /// `Error{Usage}` where the folder contains other files, or a run with other options or another
    /// source; `Error{Input}` where nothing can be written.
    ExportFolder(std::filesystem::path folder, Manifest planned,
                 std::vector<std::string> subfolders, ExistingFiles existing,
                 FolderHints hints = {});

    /// The manifest as it will be written; `note` adds options to it.
    [[nodiscard]] const Manifest& manifest() const noexcept { return manifest_; }
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return folder_; }
    /// Whether an earlier run with the same options was found.
    [[nodiscard]] bool resumed() const noexcept { return resumed_; }

    /// Whether a file of the earlier run can be kept.
    [[nodiscard]] bool has(const std::string& relative) const;
    /// The path for writing `relative`; its folder exists.
    [[nodiscard]] std::filesystem::path place(const std::string& relative) const;
    /// Reserves memory for `files` entries of the list, so that it does not grow between frames.
    void expect(std::size_t files);
    /// Adds an existing file to the list, in the order of calls.
    void add(const std::string& relative);
    /// Stores a result of the run with its options, such as a measured scale or a count.
    void note(const std::string& key, const std::string& value);
    /// The value that an earlier run stored with `note`, or empty.
    [[nodiscard]] std::string noted(const std::string& key) const;
    /// Updates the source to its state at the end, with damage found on the way.
    void describe(const VideoInfo& source) { manifest_.source = source; }
    /// Writes the manifest again; use `Complete` only if every planned file exists.
    enum class Ending { Complete, Stopped };
    void finish(Ending ending);

    /// Runs `work`, whose report may describe damage found in `source`, and then finishes the
    /// folder, as stopped if `work` throws. Returns the report.
    template <typename Work>
    auto run(const VideoInfo& source, Work&& work) {
        try {
            auto report = work();
            VideoInfo described = source;
            described.damaged = report.damaged;
            describe(described);
            if (report.damaged) note("damaged", *report.damaged);
            finish(Ending::Complete);
            return report;
        } catch (...) {
            finish(Ending::Stopped);
            throw;
        }
    }

private:
    void resumeOrRefuse();
    void removeEarlier();

    std::filesystem::path folder_;
    Manifest manifest_;
    std::vector<std::string> subfolders_;
    FolderHints hints_;
    bool resumed_ = false;
};

/// Throws the `Error{Interrupted}` of a stopped export that can be resumed.
[[noreturn]] void throwStoppedExport();

/// The manifest of a stopped run of `program` in `folder`; none if there is no such run.
[[nodiscard]] std::optional<Manifest> stoppedExport(const std::filesystem::path& folder,
                                                    const std::string& program);

}  // namespace mcj
