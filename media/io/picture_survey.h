#pragma once

#include <string>
#include <vector>

#include "media/base/frame.h"

namespace mcj {

/// Collects the findings of a scan of pictures and adds them to a `VideoInfo` at the end.
class PictureSurvey {
public:
    /// `what` names the picture in messages: "003.png", "page 3".
    void found(SizePx size, SizePx expected, const std::string& what);
    /// `why`: a whole phrase that names the picture.
    void damaged(FrameIndex frame, const std::string& why);
    /// The first of several `pictures` in its file.
    void oneOfSeveral(const std::string& what, int pictures);

    /// Sets damage and warnings of `info` after all `count` pictures were examined.
    void settle(VideoInfo& info, FrameIndex count) const;

private:
    FrameIndex otherSizes_ = 0;
    std::string firstOtherSize_;
    FrameIndex unreadable_ = 0;
    FrameIndex firstUnreadable_ = 0;
    std::string firstDamage_;
    FrameIndex several_ = 0;
    std::string firstSeveral_;
};

/// Adds warnings about how values were converted to bytes and what was dropped.
void warnOfPictures(VideoInfo& info, const std::vector<std::string>& notes, bool transparent);

}  // namespace mcj
