#include "inference/engine/flow_command.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "media/base/error.h"
#include "media/base/size_text.h"
#include "media/io/cache_folder.h"
#include "media/io/child_process.h"
#include "media/io/flow_file.h"
#include "media/io/frame_table.h"
#include "media/io/image_file.h"
#include "media/io/scratch_folder.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIdPrefix = "command:";
constexpr std::string_view kOut = "{out}";
constexpr std::array<std::string_view, 5> kExtensions{".flo", ".png", ".pfm", ".npy", ".exr"};
// Words that only mean something to a shell: passed on, they would be read as file names.
constexpr std::array<std::string_view, 9> kShellWords{"|", "||", "&", "&&",  ";",
                                                      ">", ">>", "<", "2>&1"};
constexpr std::size_t kLongestTitle = 40;

Error usageError(const std::string& what, const std::string& hint) {
    return Error(ErrorCode::Usage, what, hint);
}

/// Splits a line: see `FlowCommand`.
class WordSplitter {
public:
    explicit WordSplitter(const std::string& line) : line_(line) {}

    std::vector<std::string> words() {
        for (at_ = 0; at_ < line_.size(); ++at_) {
            const char c = line_[at_];
            if (c == ' ' || c == '\t' || c == '\n') {
                endWord();
            } else if (c == '\'') {
                takeSingleQuoted();
            } else if (c == '"') {
                takeDoubleQuoted();
            } else if (c == '\\') {
                if (++at_ == line_.size()) failAt("a \\ at the end");
                take(line_[at_]);
                quoted_ = true;
            } else {
                take(c);
            }
        }
        endWord();
        return std::move(words_);
    }

private:
    void take(char c) {
        word_ += c;
        inWord_ = true;
    }
    void takeSingleQuoted() {
        inWord_ = quoted_ = true;
        const std::size_t end = line_.find('\'', at_ + 1);
        if (end == std::string::npos) failAt("an unclosed '");
        word_ += line_.substr(at_ + 1, end - at_ - 1);
        at_ = end;
    }
    void takeDoubleQuoted() {
        inWord_ = quoted_ = true;
        for (++at_; at_ < line_.size() && line_[at_] != '"'; ++at_) {
            const bool special = line_[at_] == '\\' && at_ + 1 < line_.size() &&
                                 (line_[at_ + 1] == '"' || line_[at_ + 1] == '\\');
            if (special) ++at_;
            word_ += line_[at_];
        }
        if (at_ == line_.size()) failAt("an unclosed \"");
    }
    void endWord() {
        if (!inWord_) return;
        const bool forShell =
            std::find(kShellWords.begin(), kShellWords.end(), word_) != kShellWords.end();
        if (forShell && !quoted_) {
            throw usageError(
                "the flow command contains \"" + word_ + "\", but it is not run by a shell",
                "Write sh -c '...' for pipes and redirections, or quote the word.");
        }
        words_.push_back(std::move(word_));
        word_.clear();
        inWord_ = quoted_ = false;
    }
    [[noreturn]] void failAt(const std::string& what) const {
        throw usageError("the flow command has " + what + ": " + line_, "Check its quotes.");
    }

    const std::string& line_;
    std::size_t at_ = 0;
    std::vector<std::string> words_;
    std::string word_;
    bool inWord_ = false;
    bool quoted_ = false;
};

bool anyHas(const std::vector<std::string>& words, std::string_view placeholder) {
    return std::any_of(words.begin(), words.end(), [placeholder](const std::string& word) {
        return word.find(placeholder) != std::string::npos;
    });
}

void replaceAll(std::string& word, std::string_view placeholder, const std::string& text) {
    for (std::size_t at = word.find(placeholder); at != std::string::npos;
         at = word.find(placeholder, at + text.size())) {
        word.replace(at, placeholder.size(), text);
    }
}

/// The extension that the line writes behind {out}; ".flo" if it writes none.
std::string outExtension(const std::vector<std::string>& words) {
    for (const std::string& word : words) {
        const std::size_t at = word.find(kOut);
        if (at == std::string::npos) continue;
        for (const std::string_view extension : kExtensions) {
            if (std::string_view(word).substr(at + kOut.size()).starts_with(extension)) {
                return std::string(extension);
            }
        }
    }
    return ".flo";
}

std::uint64_t digestOf(const std::string& text) {
    return bytesDigest(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

std::string hexOf(std::uint64_t value) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[value >> shift & 15U];
    return text;
}

/// The last lines of what a program printed, in one line for the message.
std::string endOf(std::string said) {
    constexpr std::size_t kMostShown = 600;
    while (!said.empty() && (said.back() == '\n' || said.back() == ' ')) said.pop_back();
    if (said.size() > kMostShown) {
        said.erase(0, said.size() - kMostShown);
        // Not in the middle of a character of several bytes, nor of a line.
        const std::size_t line = said.find('\n');
        said = "..." + (line == std::string::npos ? said : said.substr(line + 1));
    }
    return said.empty() ? "it printed nothing" : "it printed: " + said;
}

FlowField readResult(const FlowCommand& command, const fs::path& file, SizePx size) {
    std::error_code ignored;
    if (!fs::is_regular_file(file, ignored)) {
        throw Error(ErrorCode::Input,
                    "the flow command succeeded but wrote no " + file.filename().string() + ": " +
                        command.line(),
                    "The command has to write the file that {out} is replaced by.");
    }
    const auto read = runGuarded([&] { return readFlow(file); });
    if (!read.ok()) {
        throw Error(
            ErrorCode::Input,
            std::string("the file that the flow command wrote is not flow: ") + read.error().what(),
            "Write a .flo file, or state another format in the command: {out}.png (KITTI), "
            "{out}.pfm, {out}.npy or {out}.exr.");
    }
    if (read.value().size() != size) {
        throw Error(ErrorCode::Input,
                    "the flow command's flow is " + sizeText(read.value().size()) +
                        ", but the frames are " + sizeText(size),
                    "Resize the flow, and multiply its values accordingly, in the command.");
    }
    return read.value();
}

}  // namespace

FlowCommand FlowCommand::parse(const std::string& line) {
    FlowCommand command;
    command.line_ = line;
    command.words_ = WordSplitter(line).words();
    if (command.words_.empty() || command.words_.front().empty()) {
        throw usageError("the flow command is empty",
                         "Write, for example, python raft.py {first} {second} {out}");
    }
    const std::vector<std::string>& words = command.words_;
    const bool pair = anyHas(words, "{first}") && anyHas(words, "{second}") && anyHas(words, kOut);
    const bool clip = anyHas(words, "{frames}") && anyHas(words, "{outdir}");
    if (pair == clip) {
        throw usageError(
            pair
                ? "the flow command has placeholders both for a pair of frames and for a whole clip"
                : "the flow command lacks a placeholder",
            "Use {first}, {second} and {out} for a pair, or {frames} and {outdir} "
            "for the whole clip.");
    }
    command.kind_ = pair ? FlowCommandKind::Pair : FlowCommandKind::Clip;
    return command;
}

std::string FlowCommand::id() const {
    std::string stamp;
    for (const std::string& word : words_) {
        std::error_code failed;
        if (!fs::is_regular_file(word, failed)) continue;
        const auto bytes = fs::file_size(word, failed);
        const auto written = fs::last_write_time(word, failed);
        stamp += word + '\n' + std::to_string(bytes) + '\n' +
                 std::to_string(written.time_since_epoch().count()) + '\n';
    }
    return std::string(kIdPrefix) + line_ + '#' + digestText(stamp);
}

std::string FlowCommand::title() const {
    std::string title;
    for (const std::string& word : words_) {
        if (word.find('{') != std::string::npos || word.starts_with('-')) continue;
        const std::string name = fs::path(word).filename().string();
        title += (title.empty() ? "" : " ") + (name.empty() ? word : name);
    }
    if (title.empty()) title = words_.front();
    if (title.size() <= kLongestTitle) return title;
    std::size_t kept = kLongestTitle;
    // Does not cut a character of several bytes in two.
    while (kept > 0 && (static_cast<unsigned char>(title[kept]) & 0xC0U) == 0x80U) --kept;
    return title.substr(0, kept) + "...";
}

FlowCommand::Filled FlowCommand::fill(const Places& places) const {
    Filled filled;
    const std::string extension = outExtension(words_);
    if (kind_ == FlowCommandKind::Pair) filled.out = places.out.string() + extension;
    for (std::string word : words_) {
        replaceAll(word, "{first}", places.first.string());
        replaceAll(word, "{second}", places.second.string());
        replaceAll(word, std::string(kOut) + extension, filled.out.string());
        replaceAll(word, kOut, filled.out.string());
        replaceAll(word, "{frames}", places.frames.string());
        replaceAll(word, "{outdir}", places.outFolder.string());
        filled.arguments.push_back(std::move(word));
    }
    return filled;
}

bool isFlowCommand(const std::string& flow) { return flow.starts_with(kIdPrefix); }

FlowCommand flowCommandOf(const std::string& flow) {
    if (!isFlowCommand(flow)) {
        throw usageError("\"" + flow + "\" is not a flow command",
                         "The id of a flow command begins with command:");
    }
    const std::size_t stamp = flow.rfind('#');
    const std::size_t end = stamp == std::string::npos ? flow.size() : stamp;
    return FlowCommand::parse(flow.substr(kIdPrefix.size(), end - kIdPrefix.size()));
}

void runFlowCommand(const FlowCommand& command, const FlowCommand::Filled& filled,
                    const StopToken& stop) {
    const ProcessEnd end = runProcess(filled.arguments, stop);
    if (end.succeeded()) return;
    const std::string how = end.signal != 0
                                ? "was ended by signal " + std::to_string(end.signal)
                                : "failed with exit code " + std::to_string(end.exitCode);
    throw Error(ErrorCode::Input, "the flow command " + how + ": " + command.line(),
                endOf(end.said));
}

std::string contentKeyOf(const Frame& frame) {
    const auto& values = frame.rgb.values();
    const SizePx size = frame.size();
    // Part of a file's name, hence without spaces.
    return std::to_string(size.width) + 'x' + std::to_string(size.height) +
           hexOf(bytesDigest(std::span(values.data(), values.size())));
}

std::string digestText(const std::string& text) { return hexOf(digestOf(text)); }

std::string FlowCommandCache::keyOf(const std::string& id, const Frame& first,
                                    const Frame& second) {
    return digestText(id) + '-' + contentKeyOf(first) + '-' + contentKeyOf(second);
}

fs::path FlowCommandCache::fileOf(const std::string& key) const { return folder_ / (key + ".flo"); }

std::optional<FlowField> FlowCommandCache::load(const std::string& key,
                                                SizePx size) const noexcept {
    auto outcome = runGuarded([&]() -> std::optional<FlowField> {
        std::error_code ignored;
        if (folder_.empty() || !fs::is_regular_file(fileOf(key), ignored)) return std::nullopt;
        FlowField flow = readFlow(fileOf(key));
        if (flow.size() != size) return std::nullopt;
        touchCached(fileOf(key));
        return flow;
    });
    if (!outcome.ok()) return std::nullopt;
    return std::move(outcome).value();
}

void FlowCommandCache::keep(const std::string& key, const FlowField& flow) const noexcept {
    // If nothing can be written (a full or read-only disk), the command runs again next time.
    (void)runGuarded([&] {
        if (folder_.empty() || flow.vectors.bytes() > budgetBytes_) return false;
        fs::create_directories(folder_);
        writeFlow(fileOf(key), flow, FlowFormat::Flo);
        dropOldestCached(folder_, ".flo", budgetBytes_);
        return true;
    });
}

fs::path userFlowCommandFolder() { return userCacheFolder("flow_command"); }

FlowField flowByCommand(const FlowCommand& command, const FramePtr& first, const FramePtr& second,
                        const FlowCommandCache& cache, const StopToken& stop) {
    if (command.kind() != FlowCommandKind::Pair) {
        throw usageError("the flow command is for a whole clip: " + command.line(),
                         "Run it by mcjepa analyze --flow-command, or load its files.");
    }
    const std::string key = FlowCommandCache::keyOf(command.id(), *first, *second);
    if (auto kept = cache.load(key, first->size())) return std::move(*kept);
    const ScratchFolder scratch = ScratchFolder::unique("mcjepa-flow-");
    FlowCommand::Places places;
    places.first = scratch.path() / "first.png";
    places.second = scratch.path() / "second.png";
    places.out = scratch.path() / "flow";
    writeRgbPng(places.first, first->rgb);
    writeRgbPng(places.second, second->rgb);
    const FlowCommand::Filled filled = command.fill(places);
    runFlowCommand(command, filled, stop);
    FlowField flow = readResult(command, filled.out, first->size());
    cache.keep(key, flow);
    return flow;
}

}  // namespace mcj
