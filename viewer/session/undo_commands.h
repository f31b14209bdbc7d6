#pragma once

namespace mcj {

/// The commands on MaskEditor's undo stack: each stores the difference that it made.
class MaskPatchCommand;

}  // namespace mcj
