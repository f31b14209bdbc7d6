#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "media/base/error.h"
#include "media/base/raster.h"
#include "media/base/stop_token.h"
#include "media/io/video_decoder.h"

namespace mcj {

enum class LiveKind {
    Device,     ///< a V4L2 device, /dev/videoN
    Pipe,       ///< a FIFO that another program writes a video into
    Generated,  ///< a moving test picture of FFmpeg, "lavfi:testsrc2=size=320x240:rate=25"
};

/// What kind of live source a name is. Throws `Error{Input}` for any other file, an address, and a
/// generator that could open files.
[[nodiscard]] LiveKind liveKindOf(const std::string& source);

/// Why a live source delivers no more frames, if that is a failure: a camera has no end, so it
/// was unplugged or its driver failed. None for the others, which end with their writer. `code`: of
/// FFmpeg's last read, negative.
[[nodiscard]] std::optional<Error> failureAtEnd(LiveKind kind, const std::string& source, int code);

/// The mode that is requested from a camera. Values that are not given keep the camera's setting.
struct CameraMode {
    SizePx size;       ///< empty: as it is set
    double fps = 0.0;  ///< 0: as it is set

    [[nodiscard]] bool given() const noexcept { return !size.empty() || fps > 0.0; }
    friend bool operator==(const CameraMode&, const CameraMode&) = default;
};
inline constexpr int kMostCameraSidePx = 16384;
inline constexpr double kLeastCameraFps = 0.1;
inline constexpr double kMostCameraFps = 1000.0;

/// The size in "640x480"; empty for an empty text. Throws `Error{Usage}` for anything else, and for
/// sides that are not between 1 and `kMostCameraSidePx`.
[[nodiscard]] SizePx cameraSizeOf(const std::string& text);

/// The demuxer of a live source. It opens what is named and nothing else: no protocol of FFmpeg is
/// permitted, bytes of a FIFO are read here, and references to other files are refused. One thread.
class LiveInput {
public:
    /// Waits for a program that writes into the FIFO, and for enough bytes to tell the format.
    /// Throws `Error{Input}` where the source cannot be read, `Error{Device}` without libavdevice,
    /// which devices and generators need, `Error{Usage}` where `camera` sets a mode for a source
    /// that is not a camera, `Error{Interrupted}` once `stop` asks for it.
    LiveInput(const std::string& source, const CameraMode& camera, StopToken stop);
    ~LiveInput();
    LiveInput(const LiveInput&) = delete;
    LiveInput& operator=(const LiveInput&) = delete;

    [[nodiscard]] LiveKind kind() const noexcept { return kind_; }
    [[nodiscard]] AVFormatContext& format() const noexcept { return *format_; }
    /// Whether bytes of a FIFO have arrived that were not read yet. False for other kinds: a device
    /// itself drops the frames that are not read in time.
    [[nodiscard]] bool bytesWaiting() const;

private:
    static int readPipe(void* about, std::uint8_t* bytes, int size);
    static int isStopped(void* about);
    static int openNothing(AVFormatContext* context, AVIOContext** io, const char* url, int flags,
                           AVDictionary** options);
    void openPipe();
    void openFormat();
    [[noreturn]] void fail(int code) const;

    std::string source_;
    CameraMode camera_;
    StopToken stop_;
    LiveKind kind_;
    int descriptor_ = -1;
    bool anyByte_ = false;
    AVIOContext* io_ = nullptr;
    std::unique_ptr<AVFormatContext, FormatContextDeleter> format_;
};

}  // namespace mcj
