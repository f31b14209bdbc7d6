// make_project VIDEO MASKS PROJECT: a project file with the masks of a folder of DAVIS PNGs
// (00000.png on), as if the first had been imported and the others carried from it. For tests of
// the window and for its pictures.

#include <cstdio>
#include <exception>
#include <filesystem>

#include "segmentation/mask_formats/davis.h"
#include "segmentation/mask_store.h"

namespace {

namespace fs = std::filesystem;
using namespace mcj;

void makeProject(const fs::path& video, const fs::path& masks, const fs::path& project) {
    MaskTrack track;
    TrackEdit edit;
    edit.label = "Masks of a folder";
    VideoIdentity identity;
    identity.path = fs::absolute(video).string();
    identity.bytes = fs::file_size(video);
    for (FrameIndex frame = 0; fs::exists(masks / davisFileName(frame)); ++frame) {
        MaskFacts facts;
        facts.origin = frame == 0 ? MaskOrigin::Imported : MaskOrigin::Propagated;
        const Mask mask = readDavisMask(masks / davisFileName(frame));
        identity.size = mask.size();
        edit.changes.push_back(changeFrame(track, frame, makeEntry(mask, facts)));
    }
    MaskStore::create(project, identity).commit(edit);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: make_project VIDEO MASKS PROJECT\n");
        return 2;
    }
    try {
        makeProject(argv[1], argv[2], argv[3]);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "make_project: %s\n", error.what());
        return 1;
    }
    return 0;
}
