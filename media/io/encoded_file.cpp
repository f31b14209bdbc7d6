#include "media/io/encoded_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <string_view>
#include <system_error>
#include <utility>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/log.h>
}

#include "media/base/error.h"
#include "media/base/partial_path.h"

namespace mcj {

namespace fs = std::filesystem;

namespace {

/// A new file beside `path`: of two recordings to one path, neither writes into the other's. A
/// folder that takes no file is reported by the muxer.
fs::path claimPartial(const fs::path& path) {
    const std::string process = "." + std::to_string(::getpid());
    for (int number = 1;; ++number) {
        const std::string again = number == 1 ? std::string() : "-" + std::to_string(number);
        fs::path partial = partialPath(path, ".", process + again + ".part");
        const int made = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (made >= 0) ::close(made);
        if (made >= 0 || errno != EEXIST) return partial;
    }
}

}  // namespace

// The muxer's file is closed here; format contexts for reading are closed otherwise.
void EncodedFile::OutputDeleter::operator()(AVFormatContext* context) const {
    if (context->pb != nullptr) avio_closep(&context->pb);
    avformat_free_context(context);
}

EncodedFile::EncodedFile(fs::path path)
    : path_(std::move(path)), picture_(av_frame_alloc()), packet_(av_packet_alloc()) {
    if (!picture_ || !packet_) throw std::bad_alloc();
    av_log_set_level(AV_LOG_QUIET);
    std::error_code unknown;
    // Fails now instead of at the rename, after all the work.
    if (fs::is_directory(path_, unknown)) {
        throw Error(ErrorCode::Input,
                    "\"" + path_.string() + "\" cannot be written: it is a folder",
                    "Choose another name.");
    }
    partial_ = claimPartial(path_);
}

EncodedFile::~EncodedFile() {
    if (finished_) return;
    // FFmpeg 5's GIF muxer frees the packet that it holds back with the trailer only.
    if (needsTrailer_ && std::string_view(output_->oformat->name) == "gif") {
        (void)av_write_trailer(output_.get());
    }
    output_.reset();
    std::error_code ignored;
    fs::remove(partial_, ignored);
}

void EncodedFile::fail(const std::string& what, int code) const {
    std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
    av_strerror(code, text.data(), text.size());
    throw Error(ErrorCode::Input, "\"" + path_.string() + "\" " + what + ": " + text.data(),
                "Check that the folder exists, is writable and has free space.");
}

AVCodecContext& EncodedFile::choose(const AVCodec* encoder) {
    if (encoder == nullptr) fail("cannot be encoded", AVERROR_ENCODER_NOT_FOUND);
    codec_.reset(avcodec_alloc_context3(encoder));
    if (!codec_) throw std::bad_alloc();
    return *codec_;
}

void EncodedFile::open(const char* muxer, AVDictionary* settings) {
    struct SettingsDeleter {
        AVDictionary*& dictionary;
        ~SettingsDeleter() { av_dict_free(&dictionary); }
    };
    const SettingsDeleter freed{settings};
    const int result = avcodec_open2(codec_.get(), nullptr, nullptr);
    if (result < 0) fail("cannot be encoded", result);
    picture_->format = codec_->pix_fmt;
    picture_->width = codec_->width;
    picture_->height = codec_->height;
    if (av_frame_get_buffer(picture_.get(), 0) < 0) throw std::bad_alloc();
    openFile(muxer, &settings);
}

void EncodedFile::openFile(const char* muxer, AVDictionary** settings) {
    AVFormatContext* context = nullptr;
    const std::string url = "file:" + fs::absolute(partial_).string();
    int result = avformat_alloc_output_context2(&context, nullptr, muxer, url.c_str());
    if (result < 0) fail("cannot be written", result);
    output_.reset(context);
    stream_ = avformat_new_stream(context, nullptr);
    if (stream_ == nullptr) throw std::bad_alloc();
    avcodec_parameters_from_context(stream_->codecpar, codec_.get());
    stream_->time_base = codec_->time_base;
    stream_->sample_aspect_ratio = codec_->sample_aspect_ratio;
    result = avio_open(&context->pb, url.c_str(), AVIO_FLAG_WRITE);
    if (result < 0) fail("cannot be written", result);
    result = avformat_write_header(context, settings);
    if (result < 0) fail("cannot be written", result);
    needsTrailer_ = true;
}

AVFrame& EncodedFile::picture() {
    // The encoder may still use the one before.
    if (av_frame_make_writable(picture_.get()) < 0) throw std::bad_alloc();
    return *picture_;
}

std::uint64_t EncodedFile::writtenBytes() const noexcept {
    if (!output_ || output_->pb == nullptr) return 0;
    return static_cast<std::uint64_t>(std::max<std::int64_t>(avio_tell(output_->pb), 0));
}

void EncodedFile::encode(std::int64_t pts, std::int64_t duration) {
    picture_->pts = pts;
    send(picture_.get(), duration);
}

void EncodedFile::send(const AVFrame* frame, std::int64_t duration) {
    int result = avcodec_send_frame(codec_.get(), frame);
    if (result < 0) fail("cannot be encoded", result);
    for (;;) {
        result = avcodec_receive_packet(codec_.get(), packet_.get());
        if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return;
        if (result < 0) fail("cannot be encoded", result);
        packet_->stream_index = stream_->index;
        if (packet_->duration == 0) packet_->duration = duration;
        av_packet_rescale_ts(packet_.get(), codec_->time_base, stream_->time_base);
        result = av_interleaved_write_frame(output_.get(), packet_.get());
        if (result < 0) fail("cannot be written", result);
    }
}

void EncodedFile::finish(std::int64_t duration) {
    if (finished_) return;
    send(nullptr, duration);
    needsTrailer_ = false;
    int result = av_write_trailer(output_.get());
    if (result < 0) fail("cannot be written", result);
    result = avio_closep(&output_->pb);
    if (result < 0) fail("cannot be written", result);
    std::error_code failure;
    fs::rename(partial_, path_, failure);
    if (failure) {
        throw Error(ErrorCode::Input,
                    "\"" + path_.string() + "\" cannot be written: " + failure.message());
    }
    finished_ = true;
}

}  // namespace mcj
