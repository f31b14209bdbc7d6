#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "media/io/manifest.h"

namespace mcj {

/// What an export does with a folder that already holds files.
enum class ExistingFiles {
    KeepOrRefuse,  ///< go on with a run of the same options and source, refuse anything else
    Replace,       ///< start anew; files of earlier exports of the same kind are removed
};

/// How to get out where a folder cannot be used, in the words of whoever asks. These are the
/// command line's; each begins or goes on a sentence.
struct FolderHints {
    std::string choose = "Name another folder with -o";
    std::string replace = "pass --overwrite";
};

/// A folder that an export fills file by file, so that it can be stopped and gone on with: the
/// manifest is written first (complete: false), each file is whole or not there, and what a stopped
/// run of the same options left is kept. One thread.
class ExportFolder {
public:
    /// `planned`: program, version, source, model and options of this run. `subfolders`: where this
    /// kind of export puts numbered files. Throws `Error{Usage}` where the folder holds something
    /// else, or a run with other options or another source; `Error{Input}` where nothing can be
    /// written. Creates the folder and writes the first manifest.
    ExportFolder(std::filesystem::path folder, Manifest planned,
                 std::vector<std::string> subfolders, ExistingFiles existing,
                 FolderHints hints = {});

    /// The manifest as it will be written; its options may be added to with `note`.
    [[nodiscard]] const Manifest& manifest() const noexcept { return manifest_; }
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return folder_; }
    /// True where an earlier run of the same options was found.
    [[nodiscard]] bool resumed() const noexcept { return resumed_; }

    /// True where a file of the earlier run may be kept.
    [[nodiscard]] bool has(const std::string& relative) const;
    /// Where to write `relative`; its folder exists.
    [[nodiscard]] std::filesystem::path place(const std::string& relative) const;
    /// Makes room in the list for `files` of them, so that it does not grow while frames come and
    /// go.
    void expect(std::size_t files);
    /// Lists a file that is now there. In the order of calls.
    void add(const std::string& relative);
    /// Keeps a result of the run beside its options: a scale that was measured, a count.
    void note(const std::string& key, const std::string& value);
    /// What an earlier run noted; empty where nothing.
    [[nodiscard]] std::string noted(const std::string& key) const;
    /// The source as it is known at the end, with damage met on the way.
    void describe(const VideoInfo& source) { manifest_.source = source; }
    /// Writes the manifest again: `complete` only where every planned file is there.
    enum class Ending { Complete, Stopped };
    void finish(Ending ending);

    /// Runs `work`, whose report may name damage met in `source`, and closes the folder after it:
    /// as stopped where it throws. Returns the report.
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

/// What a stopped run of `program` says of itself in `folder`; none where there is no such run.
[[nodiscard]] std::optional<Manifest> stoppedExport(const std::filesystem::path& folder,
                                                    const std::string& program);

}  // namespace mcj
