#pragma once

#include "ui/export_dialog.h"
#include "viewer/session/session.h"

namespace mcj {

/// Starts the export that the dialog describes. Returns whether it started: another run may be
/// under way. Throws `Error{Input}` where the folder above the target cannot be made.
bool startExport(Session& session, const ExportChoice& choice);

}  // namespace mcj
