#pragma once

#include <QString>
#include <vector>

#include "segmentation/mask_propagator.h"

namespace mcj {

// The methods with their names in the window.

struct FlowMethodName {
    const char* id;  ///< of a `FlowProvider`
    QString text;
};

/// The methods of this program, in the order of lists.
[[nodiscard]] std::vector<FlowMethodName> flowMethodNames();

struct PropagationMethodName {
    PropagationMethod method;
    QString text;
    QString tip;
};

[[nodiscard]] std::vector<PropagationMethodName> propagationMethodNames();

}  // namespace mcj
