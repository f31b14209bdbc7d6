#pragma once

#include "segmentation/status_table.h"

class QWidget;

namespace mcj {

class Session;

/// Asks for the note on a frame or an object, and keeps it; an empty one removes the note. Returns
/// at once.
void askNote(Session& session, const StatusSubject& subject, QWidget* parent);

}  // namespace mcj
