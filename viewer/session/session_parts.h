#pragma once

#include "viewer/session/bookmarks.h"
#include "viewer/session/classes.h"
#include "viewer/session/curves.h"
#include "viewer/session/feature_wand.h"
#include "viewer/session/foreign_masks.h"
#include "viewer/session/marks.h"
#include "viewer/session/mask_proposals.h"
#include "viewer/session/mask_reviews.h"
#include "viewer/session/project_agreement.h"
#include "viewer/session/propagation_review.h"
#include "viewer/session/ribbon.h"
#include "viewer/session/status_notes.h"
#include "viewer/session/thumbnails.h"
#include "viewer/session/video_search.h"
#include "viewer/session/work_time.h"

namespace mcj {

/// Parts of a session by what they are for, so that the session has one accessor for each group. A
/// constant session gives constant parts.

/// What is known along the frames of the clip: mostly rows of the timeline.
struct TimelineParts {
    Marks marks;
    Bookmarks bookmarks;
    Curves curves;
    Ribbon ribbon;
    MaskReviews reviews;
    Thumbnails thumbnails;
};

/// What proposes or judges masks, beside the editor that changes them.
struct MaskTools {
    MaskProposals proposals;
    FeatureWand wand;
    PropagationReview propagationReview;
};

/// What an annotator keeps in a project, besides masks.
struct ProjectTools {
    StatusNotes statusNotes;
    Classes classes;
    WorkTime workTime;
    ProjectAgreement agreement;
    ForeignMasks foreignMasks;
    VideoSearch videoSearch;
};

}  // namespace mcj
