#include "media/io/webp_frames.h"

#include <webp/demux.h>

#include "media/base/error.h"
#include "media/io/atomic_file.h"
#include "media/io/picture_header.h"

namespace mcj {

namespace {

struct DecoderCloser {
    void operator()(WebPAnimDecoder* decoder) const { WebPAnimDecoderDelete(decoder); }
};

class WebPFrames final : public PictureStack {
public:
    explicit WebPFrames(const std::filesystem::path& path)
        : path_(path.string()), bytes_(readFileBytes(path)), header_(lookAtPicture(bytes_)) {
        WebPAnimDecoderOptions options;
        WebPAnimDecoderOptionsInit(&options);
        options.color_mode = MODE_RGBA;
        const WebPData data{bytes_.data(), bytes_.size()};
        decoder_.reset(WebPAnimDecoderNew(&data, &options));
        WebPAnimInfo info{};
        if (!decoder_ || WebPAnimDecoderGetInfo(decoder_.get(), &info) == 0) {
            fail(header_.damage.empty() ? "it is damaged" : header_.damage);
        }
        size_ = {static_cast<int>(info.canvas_width), static_cast<int>(info.canvas_height)};
        std::int64_t start = 0;
        WebPIterator frame{};
        for (int i = 1; WebPDemuxGetFrame(WebPAnimDecoderGetDemuxer(decoder_.get()), i, &frame);
             ++i) {
            starts_.push_back(start);
            start += frame.duration;
            WebPDemuxReleaseIterator(&frame);
            if (i >= static_cast<int>(info.frame_count)) break;
        }
        if (starts_.empty()) fail("it has no frames");
    }

    [[nodiscard]] int count() const override { return static_cast<int>(starts_.size()); }
    [[nodiscard]] std::optional<SizePx> size(int /*page*/) override {
        return uprightSize(size_, header_.orientation);
    }
    [[nodiscard]] std::string damage(int page) override {
        return page + 1 == count() ? header_.damage : std::string();
    }
    [[nodiscard]] bool hasTransparency() override { return header_.hasTransparency; }
    [[nodiscard]] std::optional<std::int64_t> startMs(int page) const override {
        return starts_[static_cast<std::size_t>(page)];
    }

    [[nodiscard]] Raster<std::uint8_t> read(int page,
                                            std::vector<std::string>& /*notes*/) override {
        if (page < next_) {
            WebPAnimDecoderReset(decoder_.get());
            next_ = 0;
        }
        std::uint8_t* pixels = nullptr;
        for (; next_ <= page; ++next_) {
            int endMs = 0;
            if (WebPAnimDecoderGetNext(decoder_.get(), &pixels, &endMs) == 0) {
                fail("frame " + std::to_string(next_) + " cannot be decoded");
            }
        }
        Raster<std::uint8_t> rgb(size_, 3);
        for (std::size_t i = 0; i < size_.area(); ++i) {
            for (std::size_t c = 0; c < 3; ++c) rgb.data()[3 * i + c] = pixels[4 * i + c];
        }
        return turnUpright(std::move(rgb), header_.orientation);
    }

private:
    [[noreturn]] void fail(const std::string& why) const {
        throw Error(ErrorCode::Input, "cannot read the image '" + path_ + "': " + why,
                    "The file may be damaged or not completely copied.");
    }

    std::string path_;
    std::vector<std::uint8_t> bytes_;  // the decoder reads from here
    PictureHeader header_;
    std::unique_ptr<WebPAnimDecoder, DecoderCloser> decoder_;
    SizePx size_;
    std::vector<std::int64_t> starts_;
    int next_ = 0;  ///< the decoder's next frame
};

}  // namespace

std::unique_ptr<PictureStack> openWebPFrames(const std::filesystem::path& path) {
    return std::make_unique<WebPFrames>(path);
}

}  // namespace mcj
