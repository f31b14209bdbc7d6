#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "media/io/video_decoder.h"

struct AVCodec;
struct AVDictionary;
struct AVStream;

namespace mcj {

/// A file with one encoded stream of pictures. It appears under its name only when `finish` has
/// returned; destroying the object before that leaves no file. For the writers of videos and
/// animations, which fill the pictures. One thread at a time.
class EncodedFile {
public:
    /// Throws `Error{Input}` where `path` is a folder.
    explicit EncodedFile(std::filesystem::path path);
    ~EncodedFile();
    EncodedFile(const EncodedFile&) = delete;
    EncodedFile& operator=(const EncodedFile&) = delete;

    /// Chooses the encoder, whose size, formats and options are set in the result before `open`.
    /// Throws `Error{Input}` where it is null: FFmpeg has none of the kind.
    AVCodecContext& choose(const AVCodec* encoder);
    /// Opens the encoder and the file. `muxer`: FFmpeg's name of the format. `settings`: of the
    /// muxer; freed here. Throws `Error{Input}` where either fails.
    void open(const char* muxer, AVDictionary* settings);

    /// The picture that `encode` takes, of the encoder's size and pixel format, to be filled anew.
    [[nodiscard]] AVFrame& picture();
    [[nodiscard]] AVCodecContext& codec() const noexcept { return *codec_; }
    [[nodiscard]] AVFormatContext& output() const noexcept { return *output_; }
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    /// So far; the encoder may hold pictures that are not in the file yet. 0 after `finish`.
    [[nodiscard]] std::uint64_t writtenBytes() const noexcept;

    /// Times are in ticks of the encoder's time base. `duration`: of packets that do not have one.
    void encode(std::int64_t pts, std::int64_t duration);
    /// Writes what the encoder still holds, completes the file and gives it its name. Another call
    /// does nothing.
    void finish(std::int64_t duration);

private:
    struct OutputDeleter {
        void operator()(AVFormatContext* context) const;
    };

    void openFile(const char* muxer, AVDictionary** settings);
    void send(const AVFrame* frame, std::int64_t duration);
    [[noreturn]] void fail(const std::string& what, int code) const;

    std::filesystem::path path_;
    std::filesystem::path partial_;
    std::unique_ptr<AVFormatContext, OutputDeleter> output_;
    std::unique_ptr<AVCodecContext, CodecContextDeleter> codec_;
    AvFramePtr picture_;
    std::unique_ptr<AVPacket, AvPacketDeleter> packet_;
    AVStream* stream_ = nullptr;
    bool needsTrailer_ = false;  ///< the header is written
    bool finished_ = false;
};

}  // namespace mcj
