#include "media/io/picture_stack_reader.h"

#include <utility>

#include "media/base/budget_cache.h"
#include "media/base/error.h"
#include "media/base/size_text.h"
#include "media/io/picture_header.h"
#include "media/io/picture_survey.h"
#include "media/io/source_id.h"
#include "media/io/video_description.h"

namespace mcj {

namespace {

class PictureStackSource final : public FrameSource {
public:
    PictureStackSource(const std::string& path, const std::filesystem::path& file,
                       std::unique_ptr<PictureStack> stack, const SourceOptions& options);

    [[nodiscard]] const VideoInfo& info() const override { return info_; }
    using FrameSource::read;
    using FrameSource::scan;
    bool scan(const ReadLimit& limit) override;
    [[nodiscard]] FrameRead read(FrameIndex index, const ReadLimit& limit) override;
    [[nodiscard]] std::optional<NearbyPicture> pictureNear(double /*secs*/,
                                                           const ReadLimit& /*limit*/) override {
        return std::nullopt;  // every page is found at once
    }
    [[nodiscard]] bool readsAtOnce() const override { return true; }

private:
    std::unique_ptr<PictureStack> stack_;
    SourceId id_;
    VideoInfo info_;
    BudgetCache<FrameIndex, Frame> cache_;
    PictureSurvey survey_;
};

PictureStackSource::PictureStackSource(const std::string& path, const std::filesystem::path& file,
                                       std::unique_ptr<PictureStack> stack,
                                       const SourceOptions& options)
    : stack_(std::move(stack)), id_(nextSourceId()), cache_(options.cacheBytes) {
    info_.path = path;
    info_.sampleAspect = {1, 1};
    info_.pixelFormat = "rgb24";
    info_.colorMatrix = "rgb full";
    info_.codec = pictureKindName(pictureKindOf(file));
    info_.estimatedFrames = stack_->count();
    info_.timeBase = stack_->startMs(0) ? Rational{1, 1000} : Rational{0, 1};
    std::vector<std::string> notes;
    auto first = std::make_shared<Frame>();
    first->source = id_;
    first->pts = stack_->startMs(0);
    first->rgb = stack_->read(0, notes);
    info_.size = first->size();
    warnOfPictures(info_, notes, stack_->hasTransparency());
    cache_.put(0, first, first->rgb.bytes());
}

bool PictureStackSource::scan(const ReadLimit& limit) {
    if (info_.frames) return true;
    const auto count = static_cast<FrameIndex>(stack_->count());
    while (static_cast<FrameIndex>(info_.pts.size()) < count) {
        const auto page = static_cast<int>(info_.pts.size());
        const std::string name = "page " + std::to_string(page);
        const std::string damage = stack_->damage(page);
        if (!damage.empty()) survey_.damaged(page, damage);
        if (const auto size = stack_->size(page)) survey_.found(*size, info_.size, name);
        info_.pts.push_back(stack_->startMs(page));
        if (limit.over()) break;
    }
    if (static_cast<FrameIndex>(info_.pts.size()) < count) return false;
    survey_.settle(info_, count);
    if (stack_->startMs(0)) settleTiming(info_, 0);
    info_.frames = count;
    return true;
}

FrameRead PictureStackSource::read(FrameIndex index, const ReadLimit& limit) {
    if (index < 0) return {ReadState::End, {}};
    if (index >= static_cast<FrameIndex>(stack_->count())) {
        // As in a video, the end is reached by a scan: who asks again must be told the count.
        return {scan(limit) ? ReadState::End : ReadState::NotYet, {}};
    }
    // One page is one slice.
    cache_.setPlayhead(index);
    if (FramePtr kept = cache_.get(index)) return {ReadState::Frame, kept};
    const auto page = static_cast<int>(index);
    std::vector<std::string> notes;  // discarded: the first page's were reported
    auto frame = std::make_shared<Frame>();
    frame->source = id_;
    frame->index = index;
    frame->pts = stack_->startMs(page);
    frame->rgb = stack_->read(page, notes);
    if (frame->size() != info_.size) {
        throw Error(
            ErrorCode::Input,
            "page " + std::to_string(index) + " of \"" + info_.path + "\" is " +
                sizeText(frame->size()) + ", but the first is " + sizeText(info_.size),
            "All images of a file must have the same size: save the others as separate files.");
    }
    cache_.put(index, frame, frame->rgb.bytes());
    return {ReadState::Frame, frame};
}

}  // namespace

std::unique_ptr<FrameSource> openPictureStackSource(const std::string& path,
                                                    const std::filesystem::path& file,
                                                    std::unique_ptr<PictureStack> stack,
                                                    const SourceOptions& options) {
    return std::make_unique<PictureStackSource>(path, file, std::move(stack), options);
}

}  // namespace mcj
