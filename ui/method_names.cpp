#include "ui/method_names.h"

#include <QCoreApplication>

#include "inference/engine/flow_provider.h"

namespace mcj {
namespace {

struct MethodNames {
    Q_DECLARE_TR_FUNCTIONS(mcj::MethodNames)
};

}  // namespace

std::vector<FlowMethodName> flowMethodNames() {
    return {{kModelFastFlow, MethodNames::tr("MC-JEPA, fast")},
            {kModelFlow, MethodNames::tr("MC-JEPA, full detail")},
            {kDisFlow, MethodNames::tr("OpenCV DIS")}};
}

std::vector<PropagationMethodName> propagationMethodNames() {
    return {{PropagationMethod::Studio, MethodNames::tr("Studio"),
             MethodNames::tr("Flow carries the mask where it is consistent, similar features "
                             "elsewhere; the outline follows edges of the image")},
            {PropagationMethod::Features, MethodNames::tr("Content features"),
             MethodNames::tr(
                 "Each point takes the label of the most similar points in previous frames")},
            {PropagationMethod::Flow, MethodNames::tr("Flow"),
             MethodNames::tr("Labels follow the model's flow")},
            {PropagationMethod::Both, MethodNames::tr("Features and flow"),
             MethodNames::tr("Each point takes the label of the most similar points, searched near "
                             "the position given by the flow")},
            {PropagationMethod::DisFlow, MethodNames::tr("OpenCV DIS flow"),
             MethodNames::tr("Labels follow OpenCV's DIS flow; does not require a model")},
            {PropagationMethod::Identity, MethodNames::tr("Copy unchanged"),
             MethodNames::tr("The mask is copied to every frame without change")}};
}

}  // namespace mcj
