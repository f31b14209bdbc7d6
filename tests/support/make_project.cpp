// make_project VIDEO MASKS PROJECT: a project file with the masks of a folder of DAVIS PNGs
// (00000.png on), as if the first had been imported and the others carried from it. For tests of
// the window and for its pictures.

#include <cstdio>
#include <exception>
#include <filesystem>

#include "segmentation/mask_formats/davis.h"
#include "segmentation/project_file.h"

namespace {

namespace fs = std::filesystem;
using namespace mcj;

void makeProject(const fs::path& video, const fs::path& masks, const fs::path& project) {
    ProjectContent content;
    Edit edit{0, "Masks of a folder", {}};
    content.video.path = fs::absolute(video).string();
    content.video.bytes = fs::file_size(video);
    ObjectSet objects;
    for (FrameIndex frame = 0; fs::exists(masks / davisFileName(frame)); ++frame) {
        MaskFacts facts;
        facts.origin = frame == 0 ? MaskOrigin::Imported : MaskOrigin::Propagated;
        const Mask mask = readDavisMask(masks / davisFileName(frame));
        content.video.size = mask.size();
        objects |= objectsIn(mask);
        edit.parts.emplace_back(MaskEdit{kMainTrack, frame, {}, makeEntry(mask, facts)});
    }
    content.state.objects.addMissing(objects);
    applyEdit(content.state, edit);
    content.log.push(std::move(edit));
    (void)ProjectFile::create(project, content);
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
