#include "ui/method_names.h"

#include <QCoreApplication>

#include "inference/engine/flow_provider.h"

namespace mcj {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("mcj::MethodNames", text); }

}  // namespace

std::vector<FlowMethodName> flowMethodNames() {
    return {{kModelFastFlow, tr("MC-JEPA, fast")},
            {kModelFlow, tr("MC-JEPA, full detail")},
            {kDisFlow, tr("OpenCV DIS")}};
}

std::vector<PropagationMethodName> propagationMethodNames() {
    return {
        {PropagationMethod::Studio, tr("Studio"),
         tr("Flow carries the mask where it can be trusted, similar points elsewhere; the outline "
            "follows edges of the picture")},
        {PropagationMethod::Features, tr("Content features"),
         tr("Each point takes the label of the most similar points in previous frames")},
        {PropagationMethod::Flow, tr("Flow"), tr("Labels follow the model's flow")},
        {PropagationMethod::Both, tr("Features and flow"),
         tr("Similar points, searched near the position given by the flow")},
        {PropagationMethod::DisFlow, tr("OpenCV DIS flow"),
         tr("Labels follow OpenCV's flow; does not require the model")},
        {PropagationMethod::Identity, tr("Copy unchanged"),
         tr("The mask is copied to every frame without change")}};
}

}  // namespace mcj
