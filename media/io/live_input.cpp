#include "media/io/live_input.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <new>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

extern "C" {
#include <libavformat/avformat.h>
#include <libavutil/mem.h>
}

#include "media/base/error.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kGenerated = "lavfi:";
constexpr std::string_view kDevice = "/dev/video";
/// Sources of libavfilter that make a picture from numbers alone. Others, such as "movie", open
/// files and addresses.
constexpr std::array<std::string_view, 7> kGenerators = {
    "testsrc", "testsrc2", "smptebars", "smptehdbars", "rgbtestsrc", "mandelbrot", "color"};
constexpr const char* kExample = "An example is lavfi:testsrc2=size=320x240:rate=25.";
constexpr int kWaitMs = 50;
constexpr int kBufferBytes = 1 << 16;
// As much as is needed to tell the format: a second of a live source is a second of waiting.
constexpr std::int64_t kAnalyzeTicks = AV_TIME_BASE;

std::string avErrorText(int code) {
    std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
    av_strerror(code, text.data(), text.size());
    return text.data();
}

bool isGenerator(std::string_view name) {
    return std::find(kGenerators.begin(), kGenerators.end(), name) != kGenerators.end();
}

/// One generator with numbers and words: no second filter, no path.
bool isHarmlessGraph(std::string_view graph) {
    return isGenerator(graph.substr(0, graph.find('='))) &&
           graph.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
               "_=:.#-") == std::string_view::npos;
}

/// Registers the devices of FFmpeg. Their library depends on many others (sound, windows), so it is
/// opened only for a live source.
void registerDevices() {
    // The two libraries have had the same major version since FFmpeg 4.
    const std::string name = "libavdevice.so." + std::to_string(LIBAVFORMAT_VERSION_MAJOR);
    void* library = ::dlopen(name.c_str(), RTLD_NOW | RTLD_GLOBAL);
    void* symbol = library == nullptr ? nullptr : ::dlsym(library, "avdevice_register_all");
    if (symbol == nullptr) {
        throw Error(ErrorCode::Device, "cameras cannot be opened: " + name + " is not installed",
                    "Install FFmpeg's libavdevice, or write the camera's video into a FIFO.");
    }
    reinterpret_cast<void (*)()>(symbol)();
}

/// "http://host/a.ts", "udp://...", "rtsp:...": a scheme in front of a colon.
bool isAddress(std::string_view source) {
    const std::size_t colon = source.find(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    return source.substr(0, colon).find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-") ==
           std::string_view::npos;
}

Error refusal(const std::string& source, fs::file_type type, const std::error_code& failed) {
    const std::string name = "\"" + source + "\"";
    if (failed == std::errc::permission_denied) {
        return {ErrorCode::Input, name + " cannot be opened: " + failed.message(),
                "Check the permissions of the folders that contain it."};
    }
    const bool there = type != fs::file_type::not_found && type != fs::file_type::none;
    if (!there && isAddress(source)) {
        return {ErrorCode::Input, name + " is an address, and nothing is opened over a network",
                "Let another program receive it and write it into a FIFO: `mkfifo camera`, then "
                "`ffmpeg -i ADDRESS -c copy -f mpegts -y camera`, and open the FIFO."};
    }
    if (!there && source.starts_with(kDevice)) {
        return {ErrorCode::Input, name + " does not exist: there is no such camera",
                "Check that it is plugged in; `ls /dev/video*` lists what is there."};
    }
    return {ErrorCode::Input, name + (there ? " is not a live source" : " does not exist"),
            type == fs::file_type::regular
                ? "Open a file as a video."
                : "Live sources are /dev/videoN, a FIFO (mkfifo) and lavfi:testsrc2."};
}

std::string hintFor(LiveKind kind, int code) {
    if (code == AVERROR(EACCES) || code == AVERROR(EPERM)) {
        return kind == LiveKind::Device
                   ? "You have no permission to read it. Cameras often belong to the group "
                     "\"video\": add your "
                     "user to it and log in again."
                   : "You have no permission to read it. Its owner can grant it with chmod.";
    }
    if (code == AVERROR(EBUSY)) return "Another program uses it. Close that program first.";
    switch (kind) {
    case LiveKind::Pipe:
        return "Write a video into it from its beginning, in a streamable format, for example with "
               "`ffmpeg ... -f mpegts -y FIFO`.";
    case LiveKind::Generated:
        return std::string(
                   "Check the names and values of its options; FFmpeg's manual of filters "
                   "lists them. ") +
               kExample;
    case LiveKind::Device: break;
    }
    return "Check that no other program uses it and that you have permission to read it.";
}

}  // namespace

LiveKind liveKindOf(const std::string& source) {
    if (source.starts_with(kGenerated)) {
        if (isHarmlessGraph(std::string_view(source).substr(kGenerated.size()))) {
            return LiveKind::Generated;
        }
        const std::string_view graph = std::string_view(source).substr(kGenerated.size());
        if (isGenerator(graph.substr(0, graph.find_first_of("=,;[")))) {
            throw Error(ErrorCode::Input,
                        "\"" + source + "\" contains more than the options of one generator",
                        std::string("Options are NAME=VALUE, separated by colons, of letters, "
                                    "digits and _ . # -; other filters are not permitted. ") +
                            kExample);
        }
        std::string names;
        for (const std::string_view name : kGenerators) {
            names += (names.empty() ? "" : ", ") + std::string(name);
        }
        throw Error(ErrorCode::Input, "\"" + source + "\" is not a generated source",
                    "Give one of " + names + " with its size and rate. " + kExample);
    }
    std::error_code failed;
    const fs::file_status status = fs::status(source, failed);
    if (fs::is_character_file(status) && source.starts_with(kDevice)) return LiveKind::Device;
    if (fs::is_fifo(status)) return LiveKind::Pipe;
    throw refusal(source, status.type(), failed);
}

std::optional<Error> failureAtEnd(LiveKind kind, const std::string& source, int code) {
    if (kind != LiveKind::Device) return std::nullopt;
    return Error(ErrorCode::Input,
                 "the camera \"" + source + "\" delivers no more frames: " + avErrorText(code),
                 "It may have been unplugged. Connect it and open it again.");
}

SizePx cameraSizeOf(const std::string& text) {
    if (text.empty()) return {};
    SizePx size;
    const char* const end = text.data() + text.size();
    const auto width = std::from_chars(text.data(), end, size.width);
    if (width.ec == std::errc() && width.ptr != end && *width.ptr == 'x') {
        const auto height = std::from_chars(width.ptr + 1, end, size.height);
        const auto fits = [](int side) { return side >= 1 && side <= kMostCameraSidePx; };
        if (height.ec == std::errc() && height.ptr == end && fits(size.width) &&
            fits(size.height)) {
            return size;
        }
    }
    throw Error(ErrorCode::Usage, "\"" + text + "\" is not a size",
                "Give width and height in pixels, for example 640x480.");
}

LiveInput::LiveInput(const std::string& source, const CameraMode& camera, StopToken stop)
    : source_(source), camera_(camera), stop_(std::move(stop)), kind_(liveKindOf(source)) {
    if (camera_.given() && kind_ != LiveKind::Device) {
        throw Error(ErrorCode::Usage, "size and rate can be chosen for a camera only",
                    kind_ == LiveKind::Generated
                        ? "Give them as options of the source: lavfi:testsrc2=size=320x240:rate=25."
                        : "They are set by the program that writes into \"" + source + "\".");
    }
    try {
        if (kind_ == LiveKind::Pipe) {
            openPipe();
        } else {
            registerDevices();
        }
        openFormat();
    } catch (...) {
        format_.reset();
        if (io_ != nullptr) av_freep(&io_->buffer);
        avio_context_free(&io_);
        if (descriptor_ >= 0) ::close(descriptor_);
        throw;
    }
}

LiveInput::~LiveInput() {
    format_.reset();
    if (io_ != nullptr) av_freep(&io_->buffer);
    avio_context_free(&io_);
    if (descriptor_ >= 0) ::close(descriptor_);
}

void LiveInput::fail(int code) const {
    stop_.throwIfStopped("waiting for " + source_);
    throw Error(ErrorCode::Input,
                "\"" + source_ + "\" cannot be read as a live video: " + avErrorText(code),
                hintFor(kind_, code));
}

// Without O_NONBLOCK this would wait for a writer where no stop can reach it.
void LiveInput::openPipe() {
    descriptor_ = ::open(source_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor_ < 0) fail(AVERROR(errno));
    auto* buffer = static_cast<unsigned char*>(av_malloc(kBufferBytes));
    if (buffer == nullptr) throw std::bad_alloc();
    io_ = avio_alloc_context(buffer, kBufferBytes, 0, this, readPipe, nullptr, nullptr);
    if (io_ == nullptr) {
        av_free(buffer);
        throw std::bad_alloc();
    }
}

int LiveInput::readPipe(void* about, std::uint8_t* bytes, int size) {
    auto* input = static_cast<LiveInput*>(about);
    while (!input->stop_.stopRequested()) {
        pollfd wait{input->descriptor_, POLLIN, 0};
        if (::poll(&wait, 1, kWaitMs) < 0 && errno != EINTR) return AVERROR(errno);
        const ssize_t got = ::read(input->descriptor_, bytes, static_cast<std::size_t>(size));
        if (got > 0) {
            input->anyByte_ = true;
            return static_cast<int>(got);
        }
        // No writer: not yet, or not any more.
        if (got == 0 && input->anyByte_) return AVERROR_EOF;
        if (got == 0) std::this_thread::sleep_for(std::chrono::milliseconds(kWaitMs));
        if (got < 0 && errno != EAGAIN && errno != EINTR) return AVERROR(errno);
    }
    return AVERROR_EXIT;
}

int LiveInput::isStopped(void* about) {
    return static_cast<const LiveInput*>(about)->stop_.stopRequested() ? 1 : 0;
}

int LiveInput::openNothing(AVFormatContext* /*context*/, AVIOContext** /*io*/, const char* /*url*/,
                           int /*flags*/, AVDictionary** /*options*/) {
    return AVERROR(EPERM);
}

void LiveInput::openFormat() {
    AVFormatContext* context = avformat_alloc_context();
    if (context == nullptr) throw std::bad_alloc();
    context->pb = io_;
    context->io_open = openNothing;
    context->interrupt_callback = {isStopped, this};
    context->max_analyze_duration = kAnalyzeTicks;
    // A camera that hangs would otherwise keep the driver's call, where no stop can reach it.
    if (kind_ == LiveKind::Device) context->flags |= AVFMT_FLAG_NONBLOCK;
    context->fps_probe_size = 0;  // the rate is not worth waiting for 20 frames
    std::string name;
    const AVInputFormat* format = nullptr;
    if (kind_ == LiveKind::Device) {
        format = av_find_input_format("v4l2");
        name = source_;
    } else if (kind_ == LiveKind::Generated) {
        format = av_find_input_format("lavfi");
        name = source_.substr(kGenerated.size());
    }
    if (kind_ != LiveKind::Pipe && format == nullptr) {
        avformat_free_context(context);
        fail(AVERROR_DEMUXER_NOT_FOUND);
    }
    AVDictionary* settings = nullptr;
    av_dict_set(&settings, "protocol_whitelist", "none", 0);
    if (!camera_.size.empty()) {
        const std::string size =
            std::to_string(camera_.size.width) + "x" + std::to_string(camera_.size.height);
        av_dict_set(&settings, "video_size", size.c_str(), 0);
    }
    if (camera_.fps > 0.0) {
        av_dict_set(&settings, "framerate", std::to_string(camera_.fps).c_str(), 0);
    }
    const int result = avformat_open_input(&context, name.c_str(), format, &settings);
    av_dict_free(&settings);
    if (result < 0) fail(result);
    format_.reset(context);
    const int found = avformat_find_stream_info(format_.get(), nullptr);
    if (found < 0) fail(found);
}

bool LiveInput::bytesWaiting() const {
    if (descriptor_ < 0) return false;
    pollfd wait{descriptor_, POLLIN, 0};
    return ::poll(&wait, 1, 0) > 0 && (wait.revents & POLLIN) != 0;
}

}  // namespace mcj
