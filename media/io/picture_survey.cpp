#include "media/io/picture_survey.h"

#include "media/base/size_text.h"

namespace mcj {

void PictureSurvey::found(SizePx size, SizePx expected, const std::string& what) {
    if (size == expected) return;
    if (otherSizes_++ == 0) firstOtherSize_ = what + " is " + sizeText(size);
}

void PictureSurvey::damaged(FrameIndex frame, const std::string& why) {
    if (unreadable_++ > 0) return;
    firstUnreadable_ = frame;
    firstDamage_ = why;
}

void PictureSurvey::oneOfSeveral(const std::string& what, int pictures) {
    if (several_++ == 0) firstSeveral_ = what + " with " + std::to_string(pictures);
}

void PictureSurvey::settle(VideoInfo& info, FrameIndex count) const {
    if (otherSizes_ > 0) {
        info.warnings.emplace_back(std::to_string(otherSizes_) + " of " + std::to_string(count) +
                                   " images differ in size from the first, " + sizeText(info.size) +
                                   "; the first such image: " + firstOtherSize_);
    }
    if (several_ > 0) {
        info.warnings.emplace_back(std::to_string(several_) + " of " + std::to_string(count) +
                                   " files contain several images, of which only the first is "
                                   "used; the first such file: " +
                                   firstSeveral_);
    }
    info.unreadableFrames = unreadable_;
    if (unreadable_ == 0) return;
    info.damaged = "frame " + std::to_string(firstUnreadable_) +
                   (unreadable_ == 1 ? "" : " and others") + " cannot be read: " + firstDamage_;
    info.firstUnreadable = firstUnreadable_;
}

void warnOfPictures(VideoInfo& info, const std::vector<std::string>& notes, bool transparent) {
    info.warnings.insert(info.warnings.end(), notes.begin(), notes.end());
    if (transparent) {
        info.warnings.emplace_back("the images have transparency, which is ignored");
    }
}

}  // namespace mcj
