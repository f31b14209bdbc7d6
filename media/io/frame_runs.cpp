#include "media/io/frame_runs.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

#include "media/io/image_sequence_reader.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

struct Numbered {
    std::int64_t number;
    fs::path file;
};

/// The runs among files of one pattern. Of two files with the same number the first is taken: they
/// are the same picture in two formats.
void addRuns(const std::string& name, std::vector<Numbered> files, std::vector<FrameRun>& runs,
             int& alone) {
    std::stable_sort(files.begin(), files.end(),
                     [](const Numbered& a, const Numbered& b) { return a.number < b.number; });
    const auto isSame = [](const Numbered& a, const Numbered& b) { return a.number == b.number; };
    files.erase(std::unique(files.begin(), files.end(), isSame), files.end());
    std::map<std::int64_t, int> steps;
    for (std::size_t i = 1; i < files.size(); ++i) {
        ++steps[files[i].number - files[i - 1].number];
    }
    const auto usual =
        std::max_element(steps.begin(), steps.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    const std::int64_t step = usual == steps.end() ? 0 : usual->first;
    FrameRun run{name, {}};
    const auto end = [&] {
        if (run.files.size() == 1) ++alone;
        if (run.files.size() > 1) runs.push_back(std::move(run));
        run = {name, {}};
    };
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (i > 0 && files[i].number - files[i - 1].number > step) end();
        run.files.push_back(std::move(files[i].file));
    }
    end();
}

}  // namespace

std::vector<FrameRun> frameRunsOf(const std::vector<fs::path>& files, const fs::path& folder,
                                  int& alone) {
    std::map<std::string, std::size_t> slots;
    std::vector<std::pair<std::string, std::vector<Numbered>>> patterns;
    alone = 0;
    for (const fs::path& file : files) {
        const auto numbered = numberedName(file);
        if (!numbered) {
            ++alone;
            continue;
        }
        const fs::path place = file.parent_path().lexically_relative(folder) / numbered->around;
        const std::string name = place.lexically_normal().generic_string();
        const auto [slot, isNew] = slots.emplace(name, patterns.size());
        if (isNew) patterns.emplace_back(name, std::vector<Numbered>{});
        patterns[slot->second].second.push_back({numbered->number, file});
    }
    std::vector<FrameRun> runs;
    for (auto& [name, numbered] : patterns) addRuns(name, std::move(numbered), runs, alone);
    return runs;
}

}  // namespace mcj
