#include "media/io/shard_writer.h"

#include <system_error>
#include <utility>

#include "media/base/label_runs.h"
#include "media/base/partial_path.h"

namespace mcj {

ShardWriter::ShardWriter(std::filesystem::path path)
    : path_(std::move(path)), partPath_(partialPath(path_, "", ".part")) {
    if (path_.has_parent_path()) {
        std::error_code ignored;  // the open below reports the problem
        std::filesystem::create_directories(path_.parent_path(), ignored);
    }
    file_.open(partPath_, std::ios::binary | std::ios::trunc);
    if (!file_) {
        throw Error(ErrorCode::Input, "cannot write " + partPath_.string(),
                    "Check that the folder exists and is writable.");
    }
    write(encodeShardHeader());
}

ShardWriter::~ShardWriter() {
    if (finished_) return;
    file_.close();
    std::error_code ignored;
    std::filesystem::remove(partPath_, ignored);
}

std::uint32_t ShardWriter::intern(const std::string& text) {
    const auto next = static_cast<std::uint32_t>(index_.strings.size());
    const auto [place, isNew] = internedStrings_.emplace(text, next);
    if (isNew) index_.strings.push_back(text);
    return place->second;
}

void ShardWriter::append(ShardEntry entry, std::span<const std::uint8_t> jpeg) {
    entry.offset = offset_;
    entry.length = jpeg.size();
    entry.crc = crc32Of(jpeg);
    write(jpeg);
    index_.entries.push_back(entry);
}

void ShardWriter::appendLabels(std::span<const std::uint8_t> labels) {
    if (index_.entries.empty() || index_.entries.back().kind != ShardEntryKind::Picture) {
        throw Error(ErrorCode::Internal, "a label map must be written right after its picture");
    }
    ShardEntry entry = index_.entries.back();
    if (labels.size() != std::size_t{entry.width} * entry.height) {
        throw Error(ErrorCode::Internal, "a label map must have its picture's size");
    }
    entry.kind = ShardEntryKind::LabelMap;
    append(entry, encodeLabelRuns(labels));
}

void ShardWriter::finish() {
    const std::vector<std::uint8_t> index = encodeShardIndex(index_);
    const ShardTrailer trailer{offset_, index.size(), crc32Of(index)};
    write(index);
    write(encodeShardTrailer(trailer));
    file_.close();
    std::error_code failure;
    if (file_) std::filesystem::rename(partPath_, path_, failure);
    if (!file_ || failure) {
        throw Error(ErrorCode::Input, "cannot finish " + path_.string(),
                    "Check the free space of the disk.");
    }
    finished_ = true;
}

void ShardWriter::write(std::span<const std::uint8_t> bytes) {
    file_.write(reinterpret_cast<const char*>(bytes.data()),
                static_cast<std::streamsize>(bytes.size()));
    if (!file_) {
        throw Error(ErrorCode::Input, "cannot write " + partPath_.string(),
                    "Check the free space of the disk.");
    }
    offset_ += bytes.size();
}

}  // namespace mcj
