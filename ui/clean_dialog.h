#pragma once

class QWidget;

namespace mcj {

class Session;

/// Asks for the size below which specks of the active object are removed and holes filled, on the
/// frame at the playhead or on all frames, and shows the result behind the dialog until it is
/// accepted or rejected. Does not block. Does nothing without a picture.
void askCleaning(Session& session, QWidget* parent);

}  // namespace mcj
