// libmcj_nccl: built if NCCL and CUDA's headers are found, and the only code that includes them.
#include <nccl.h>

#include <cstring>
#include <string>

#include "training/collectives/nccl_table.h"

namespace mcj::transport {
namespace {

static_assert(sizeof(ncclUniqueId) == sizeof(NcclId), "the id has to travel whole");

ncclComm_t asComm(void* communicator) { return static_cast<ncclComm_t>(communicator); }
cudaStream_t asStream(void* stream) { return static_cast<cudaStream_t>(stream); }

int libraryVersion(int* version) { return ncclGetVersion(version); }

int makeId(NcclId* id) {
    ncclUniqueId made;
    const ncclResult_t code = ncclGetUniqueId(&made);
    std::memcpy(id->bytes, &made, sizeof made);
    return code;
}

int open(const NcclId* id, int rank, int size, void** communicator) {
    ncclUniqueId given;
    std::memcpy(&given, id->bytes, sizeof given);
    ncclComm_t opened = nullptr;
    const ncclResult_t code = ncclCommInitRank(&opened, size, given, rank);
    *communicator = opened;
    return code;
}

int sum(void* communicator, void* data, std::int64_t count, Element element, void* stream) {
    ncclDataType_t type = ncclFloat32;
    if (element == Element::Float64) type = ncclFloat64;
    if (element == Element::Int64) type = ncclInt64;
    return ncclAllReduce(data, data, static_cast<std::size_t>(count), type, ncclSum,
                         asComm(communicator), asStream(stream));
}

int gather(void* communicator, const void* rows, std::int64_t bytes, void* all, void* stream) {
    return ncclAllGather(rows, all, static_cast<std::size_t>(bytes), ncclInt8, asComm(communicator),
                         asStream(stream));
}

int broadcast(void* communicator, void* data, std::int64_t bytes, void* stream) {
    return ncclBroadcast(data, data, static_cast<std::size_t>(bytes), ncclInt8, 0,
                         asComm(communicator), asStream(stream));
}

int failure(void* communicator) {
    ncclResult_t code = ncclSuccess;
    const ncclResult_t asked = ncclCommGetAsyncError(asComm(communicator), &code);
    if (asked != ncclSuccess) return asked;
    return code == ncclInProgress ? ncclSuccess : code;
}

const char* errorText(int code, void* communicator) {
    static thread_local std::string text;
    text = ncclGetErrorString(static_cast<ncclResult_t>(code));
    const char* last = ncclGetLastError(asComm(communicator));
    if (last != nullptr && *last != '\0') text += std::string(": ") + last;
    return text.c_str();
}

void close(void* communicator) {
    if (communicator != nullptr) ncclCommDestroy(asComm(communicator));
}

}  // namespace
}  // namespace mcj::transport

// Everything else is hidden.
extern "C" __attribute__((visibility("default"))) const McjNcclTable* mcjNcclTable() {
    using namespace mcj::transport;
    static const McjNcclTable table = {
        kNcclTableVersion, libraryVersion, makeId,    open, sum, gather,
        broadcast,         failure,        errorText, close};
    return &table;
}
