#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "media/io/video_decoder.h"

struct AVCodecParameters;

namespace mcj {

/// The packets of the last groups of pictures of an HEVC stream in units with start codes, to tell
/// whether its last picture is whole where neither the container nor the decoder tells: FFmpeg's
/// HEVC decoder reads zeros behind the end of the data and reports nothing.
class LastPictures {
public:
    /// The next packet in the order of the file. Keeps those from the last key packet but one on,
    /// whose pictures all those after the last key packet may refer to. Forgets all of them where
    /// they exceed 64 MiB. Throws `std::bad_alloc`.
    void add(const AVPacket& packet);
    void clear();

    /// Whether the data end inside a picture. A complete picture states where it ends, so it
    /// decodes to the same samples whatever follows; a truncated one does not. Decodes the packets
    /// twice, with different bytes behind the last one. Units that belong to a picture that does
    /// not follow also mean an end inside a picture. A cut between two units of one picture, or
    /// between two pictures, cannot be detected: the result is false, as it is where the last
    /// packet gives no picture or decoding fails.
    [[nodiscard]] bool endInsidePicture(const AVCodecParameters& parameters) const;

private:
    [[nodiscard]] bool endBeforePicture() const;

    std::vector<std::unique_ptr<AVPacket, AvPacketDeleter>> packets_;
    std::size_t bytes_ = 0;
    std::size_t lastKey_ = 0;  ///< index in `packets_`
    bool tooLarge_ = false;
};

}  // namespace mcj
