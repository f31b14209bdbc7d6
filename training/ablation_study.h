#pragma once

#include <string>
#include <vector>

namespace mcj {

/// One setting of a study. Studies over a number have its value as the place on the axis, studies
/// over words the place in their list.
struct StudyPoint {
    std::string name;  ///< "0.1" or "batch-alternation"; also a folder's name
    double place = 0.0;
};

enum class StudyAxis { Numbers, Words };

/// What a study needs of the recipe that its points change.
struct StudyNeeds {
    bool bothTasks = false;  ///< mode mc-jepa
    bool realPairs = false;  ///< the self-supervised flow loss
    bool vc = false;         ///< variance-covariance terms
};

/// An ablation of the paper: the same run with one thing changed.
struct Study {
    std::string name;
    std::string question;
    std::string axisLabel;
    StudyAxis axis = StudyAxis::Numbers;
    std::vector<std::string> words;  ///< all points of a study over words
    std::vector<double> numbers;     ///< the points taken unless others are asked for
    double largest = 1e9;            ///< of a study over numbers
    int seeds = 1;                   ///< unless others are asked for
    StudyNeeds needs;
};

/// flow-start, cycle, balance, sampling, vc (Fig. 5, tables 5 and 11) and modes (table 1).
[[nodiscard]] const std::vector<Study>& studies();

/// Throws `Error{Usage}` that lists them.
[[nodiscard]] const Study& findStudy(const std::string& name);

/// The study's own points, or those that `list` ("0,0.1" or "none,all") names, in order of their
/// places. Throws `Error{Usage}` that names the point.
[[nodiscard]] std::vector<StudyPoint> pointsOf(const Study& study, const std::string& list);

/// The same recipe over another number of steps: everything that counts steps keeps its share of
/// the run, except for checkpoints. `recipe` is JSON as `toJson(Recipe)` writes it.
[[nodiscard]] std::string withSteps(const std::string& recipe, long long steps);

/// The recipe of one point. All points of `sampling` see as many samples of each task: where tasks
/// take turns, the run has more steps. `recipe` is JSON as `toJson(Recipe)` writes it.
[[nodiscard]] std::string recipeAt(const Study& study, const StudyPoint& point,
                                   const std::string& recipe);

}  // namespace mcj
