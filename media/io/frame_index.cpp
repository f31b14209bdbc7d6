#include "media/io/frame_index.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <system_error>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include "media/base/error.h"
#include "media/io/atomic_file.h"
#include "media/io/byte_reader.h"
#include "media/io/cache_folder.h"

// A file is a header (magic, version, length and digest of the payload) and the payload, all little
// endian. The digest finds damage; the version of the format and those of FFmpeg's libraries, which
// decide what the pictures are, make older files absent.

namespace mcj {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "MCJINDEX";
constexpr std::uint32_t kVersion = 4;  // 4: some digests read every eighth row
constexpr std::size_t kHeaderBytes = 8 + 4 + 4 + 8 + 8;
constexpr const char* kExtension = ".mcjindex";
// A larger file was not written by this program: 40 hours at 60 frames/s take a quarter of it.
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;

std::string libraryVersions() {
    return std::to_string(avcodec_version()) + "." + std::to_string(avformat_version());
}

class PayloadWriter {
public:
    template <typename T>
    void put(T value) {
        const std::size_t at = bytes_.size();
        bytes_.resize(at + sizeof(T));
        std::memcpy(bytes_.data() + at, &value, sizeof(T));
    }
    void put(const std::string& text) {
        put(static_cast<std::uint32_t>(text.size()));
        bytes_.insert(bytes_.end(), text.begin(), text.end());
    }
    void put(const std::optional<std::int64_t>& time) {
        put(static_cast<std::uint8_t>(time.has_value()));
        put(time.value_or(0));
    }
    [[nodiscard]] const std::vector<std::uint8_t>& bytes() const { return bytes_; }

private:
    std::vector<std::uint8_t> bytes_;
};

/// Throws `Error` where the payload ends early: its digest matched, so it was written wrongly.
class PayloadReader {
public:
    explicit PayloadReader(ByteView bytes) : bytes_(bytes) {}

    template <typename T>
    [[nodiscard]] T take() {
        const auto value = littleEndianAt<T>(bytes_, at_);
        if (!value) throw Error(ErrorCode::Input, "a frame index ends early");
        at_ += sizeof(T);
        return *value;
    }
    [[nodiscard]] std::string takeText() {
        const std::size_t count = take<std::uint32_t>();
        if (count > bytes_.size() - at_) throw Error(ErrorCode::Input, "a frame index ends early");
        const auto* begin = reinterpret_cast<const char*>(bytes_.data() + at_);
        at_ += count;
        return {begin, count};
    }
    [[nodiscard]] std::optional<std::int64_t> takeTime() {
        const bool known = take<std::uint8_t>() != 0;
        const auto time = take<std::int64_t>();
        return known ? std::optional(time) : std::nullopt;
    }
    /// A count of items of `bytesEach` that still fit.
    [[nodiscard]] std::size_t takeCount(std::size_t bytesEach) {
        const auto count = take<std::uint64_t>();
        if (count > (bytes_.size() - at_) / bytesEach) {
            throw Error(ErrorCode::Input, "a frame index ends early");
        }
        return static_cast<std::size_t>(count);
    }

private:
    ByteView bytes_;
    std::size_t at_ = 0;
};

std::vector<std::uint8_t> encode(const std::string& identity, const KeptScan& scan) {
    PayloadWriter out;
    out.put(libraryVersions());
    out.put(identity);
    out.put(static_cast<std::int32_t>(scan.storedSize.width));
    out.put(static_cast<std::int32_t>(scan.storedSize.height));
    out.put(static_cast<std::uint8_t>(scan.oneThread));
    out.put(scan.averageFps);
    out.put(static_cast<std::uint8_t>(scan.variableRate));
    out.put(scan.durationSecs);
    out.put(static_cast<std::uint8_t>(scan.interlaced));
    out.put(static_cast<std::uint8_t>(scan.damaged.has_value()));
    out.put(scan.damaged.value_or(std::string()));
    out.put(static_cast<std::uint64_t>(scan.warnings.size()));
    for (const std::string& warning : scan.warnings) out.put(warning);
    out.put(static_cast<std::uint64_t>(scan.table.marks().size()));
    for (const FrameMark& mark : scan.table.marks()) {
        out.put(mark.pts);
        out.put(mark.bytePos);
        out.put(mark.digest);
    }
    out.put(static_cast<std::uint64_t>(scan.table.seekPoints().size()));
    for (const SeekPoint& point : scan.table.seekPoints()) {
        out.put(point.frame);
        out.put(point.place.pts);
        out.put(point.place.dts);
        out.put(point.place.bytePos);
    }
    return out.bytes();
}

KeptScan decode(const std::string& identity, ByteView payload) {
    PayloadReader in(payload);
    if (in.takeText() != libraryVersions() || in.takeText() != identity) {
        throw Error(ErrorCode::Input, "a frame index of another video or program");
    }
    KeptScan scan;
    scan.storedSize.width = in.take<std::int32_t>();
    scan.storedSize.height = in.take<std::int32_t>();
    scan.oneThread = in.take<std::uint8_t>() != 0;
    scan.averageFps = in.take<double>();
    scan.variableRate = in.take<std::uint8_t>() != 0;
    scan.durationSecs = in.take<double>();
    scan.interlaced = in.take<std::uint8_t>() != 0;
    const bool damaged = in.take<std::uint8_t>() != 0;
    std::string damage = in.takeText();
    if (damaged) scan.damaged = std::move(damage);
    const std::size_t warnings = in.takeCount(sizeof(std::uint32_t));
    for (std::size_t i = 0; i < warnings; ++i) scan.warnings.push_back(in.takeText());
    std::vector<FrameMark> marks(in.takeCount(1 + 3 * sizeof(std::int64_t)));
    for (FrameMark& mark : marks) {
        mark.pts = in.takeTime();
        mark.bytePos = in.take<std::int64_t>();
        mark.digest = in.take<std::uint64_t>();
    }
    std::vector<SeekPoint> points(in.takeCount(2 + 4 * sizeof(std::int64_t)));
    FrameIndex before = -1;
    for (SeekPoint& point : points) {
        point.frame = in.take<FrameIndex>();
        point.place.pts = in.takeTime();
        point.place.dts = in.takeTime();
        point.place.bytePos = in.take<std::int64_t>();
        if (point.frame <= before || point.frame >= static_cast<FrameIndex>(marks.size())) {
            throw Error(ErrorCode::Input, "a frame index names frames out of order");
        }
        before = point.frame;
    }
    if (marks.empty()) throw Error(ErrorCode::Input, "a frame index without frames");
    scan.table = FrameTable(std::move(marks), std::move(points));
    return scan;
}

}  // namespace

fs::path FrameIndexFolder::fileOf(const std::string& identity) const {
    return folder_ / (identity + kExtension);
}

std::optional<KeptScan> FrameIndexFolder::load(const std::string& identity) const noexcept {
    auto outcome = runGuarded([&] {
        const fs::path path = fileOf(identity);
        const std::vector<std::uint8_t> bytes = readFileBytes(path, kMostBytes);
        const ByteView all(bytes);
        if (!startsWith(all, kMagic) || littleEndianAt<std::uint32_t>(all, 8) != kVersion) {
            throw Error(ErrorCode::Input, "not a frame index of this version");
        }
        const ByteView payload = all.subspan(std::min(kHeaderBytes, all.size()));
        if (littleEndianAt<std::uint64_t>(all, 16) != payload.size() ||
            littleEndianAt<std::uint64_t>(all, 24) != bytesDigest(payload)) {
            throw Error(ErrorCode::Input, "a damaged frame index");
        }
        KeptScan scan = decode(identity, payload);
        touchCached(path);
        return scan;
    });
    if (!outcome.ok()) return std::nullopt;
    return std::move(outcome).value();
}

void FrameIndexFolder::keep(const std::string& identity, const KeptScan& scan) const noexcept {
    // If nothing can be written (a full or read-only disk), the next opening scans again.
    (void)runGuarded([&] {
        const std::vector<std::uint8_t> payload = encode(identity, scan);
        if (payload.size() + kHeaderBytes > budgetBytes_) return false;
        fs::create_directories(folder_);
        AtomicFile file(fileOf(identity));
        PayloadWriter header;
        header.put(kVersion);
        header.put(std::uint32_t{0});
        header.put(static_cast<std::uint64_t>(payload.size()));
        header.put(bytesDigest(payload));
        file.write(kMagic.data(), kMagic.size());
        file.write(header.bytes().data(), header.bytes().size());
        file.write(payload.data(), payload.size());
        file.commit();
        dropOldestCached(folder_, kExtension, budgetBytes_);
        return true;
    });
}

void FrameIndexFolder::drop(const std::string& identity) const noexcept {
    (void)runGuarded([&] {
        std::error_code ignored;
        return fs::remove(fileOf(identity), ignored);
    });
}

fs::path userFrameIndexFolder() { return userCacheFolder("frame_index"); }

}  // namespace mcj
