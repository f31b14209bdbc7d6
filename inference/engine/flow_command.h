#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "media/base/flow_field.h"
#include "media/base/frame.h"
#include "media/base/stop_token.h"

namespace mcj {

/// How a flow command gets the frames and where it leaves its flow.
enum class FlowCommandKind {
    Pair,  ///< {first} and {second}: two PNG files; {out}: the file to write
    Clip,  ///< {frames}: a folder of numbered PNG files; {outdir}: the folder to write to
};

/// A command of the user's own that computes flow, one line such as
///
///     python raft.py {first} {second} {out}
///
/// The line is split into words as a POSIX shell splits it: at blanks, with 'quotes', "quotes"
/// (in which \" and \\ are special) and \ before a character. Nothing else is special, and no shell
/// runs: variables, patterns, pipes and redirections need `sh -c '...'`. The placeholders are
/// replaced within the words.
///
/// {out} is a .flo file; with .flo, .png (KITTI), .pfm, .npy or .exr directly behind it, as in
/// {out}.png, it is a file of this kind.
class FlowCommand {
public:
    /// Throws `Error{Usage}` for a line that cannot be split, that lacks a placeholder, or that has
    /// those of both kinds.
    [[nodiscard]] static FlowCommand parse(const std::string& line);

    /// As it was written.
    [[nodiscard]] const std::string& line() const noexcept { return line_; }
    [[nodiscard]] FlowCommandKind kind() const noexcept { return kind_; }
    /// The words before replacement.
    [[nodiscard]] const std::vector<std::string>& words() const noexcept { return words_; }
    /// The id of this flow where the id of a method may stand, as in product keys:
    /// "command:LINE#STAMP". The stamp changes with size and time of the files that words name, so
    /// that flow of an edited script or of other weights is computed anew.
    [[nodiscard]] std::string id() const;
    /// The programs and files of the line without folders and placeholders, for captions:
    /// "python raft.py".
    [[nodiscard]] std::string title() const;

    struct Places {
        std::filesystem::path first;
        std::filesystem::path second;
        std::filesystem::path out;  ///< without extension
        std::filesystem::path frames;
        std::filesystem::path outFolder;
    };
    struct Filled {
        std::vector<std::string> arguments;
        std::filesystem::path out;  ///< with its extension; empty for `FlowCommandKind::Clip`
    };
    [[nodiscard]] Filled fill(const Places& places) const;

private:
    FlowCommand() = default;

    std::string line_;
    std::vector<std::string> words_;
    FlowCommandKind kind_ = FlowCommandKind::Pair;
};

/// Whether a flow id is that of a `FlowCommand`.
[[nodiscard]] bool isFlowCommand(const std::string& flow);

/// The command of such an id. Throws `Error{Usage}` for another id.
[[nodiscard]] FlowCommand flowCommandOf(const std::string& flow);

/// Runs the command and returns when it has succeeded. Throws `Error{Usage}` where the program does
/// not exist, `Error{Input}` with the end of what it printed where it fails, `Error{Interrupted}`
/// after a stop request, which ends the command and what it has started.
void runFlowCommand(const FlowCommand& command, const FlowCommand::Filled& filled,
                    const StopToken& stop);

/// Identifies the pixels of a frame in names of files: its size and a digest.
[[nodiscard]] std::string contentKeyOf(const Frame& frame);

/// A digest of `text`, 16 hex digits.
[[nodiscard]] std::string digestText(const std::string& text);

/// Flow that commands have computed, kept in a folder under the command's id and the content of the
/// two frames. Only speed depends on it: the folder may be deleted at any time, a damaged file
/// counts as absent, and nothing here throws. Processes may share the folder. Any thread.
class FlowCommandCache {
public:
    static constexpr std::uint64_t kBudgetBytes = std::uint64_t{2} << 30;

    /// An empty `folder` keeps nothing. The least recently used files are deleted when the total
    /// exceeds `budgetBytes`.
    explicit FlowCommandCache(std::filesystem::path folder,
                              std::uint64_t budgetBytes = kBudgetBytes)
        : folder_(std::move(folder)), budgetBytes_(budgetBytes) {}

    [[nodiscard]] static std::string keyOf(const std::string& id, const Frame& first,
                                           const Frame& second);
    [[nodiscard]] std::optional<FlowField> load(const std::string& key, SizePx size) const noexcept;
    void keep(const std::string& key, const FlowField& flow) const noexcept;

private:
    [[nodiscard]] std::filesystem::path fileOf(const std::string& key) const;

    std::filesystem::path folder_;
    std::uint64_t budgetBytes_;
};

/// The user's folder: mcjepa/flow_command under the cache folder.
[[nodiscard]] std::filesystem::path userFlowCommandFolder();

/// Flow from `first` to `second` by a command per pair, from the cache or by running it on two PNG
/// files. Throws what `runFlowCommand` throws, `Error{Usage}` for a command per clip, and
/// `Error{Input}` where the command wrote nothing, something unreadable or another size.
[[nodiscard]] FlowField flowByCommand(const FlowCommand& command, const FramePtr& first,
                                      const FramePtr& second, const FlowCommandCache& cache,
                                      const StopToken& stop);

}  // namespace mcj
