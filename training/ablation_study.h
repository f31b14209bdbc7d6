#pragma once

#include <string>
#include <vector>

namespace mcj {

/// One setting of a study. Its place on the axis is the value in studies over numbers, and the
/// position in the list in studies over words.
struct StudyPoint {
    std::string name;  ///< "0.1" or "batch-alternation"; also a folder's name
    double place = 0.0;
};

enum class StudyAxis { Numbers, Words };

/// What a study requires of the base recipe.
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
    std::vector<double> numbers;     ///< the default points
    double largest = 1e9;            ///< of a study over numbers
    int seeds = 1;                   ///< the default
    StudyNeeds needs;
};

/// flow-start, cycle, balance, sampling, vc (Fig. 5, tables 5 and 11) and modes (table 1).
[[nodiscard]] const std::vector<Study>& studies();

/// Throws `Error{Usage}` that lists the studies.
[[nodiscard]] const Study& findStudy(const std::string& name);

/// The study's default points, or those in `list` ("0,0.1" or "none,all"), in order of their
/// places. Throws `Error{Usage}` that names an invalid point.
[[nodiscard]] std::vector<StudyPoint> pointsOf(const Study& study, const std::string& list);

/// The same recipe for another number of steps: all numbers of steps keep their share of the run,
/// except those for checkpoints. `recipe` is JSON as `toJson(Recipe)` writes it.
[[nodiscard]] std::string withSteps(const std::string& recipe, long long steps);

/// The recipe of one point. All points of `sampling` see the same number of samples of each task:
/// where tasks alternate, the run has more steps. `recipe` is JSON as `toJson(Recipe)` writes it.
[[nodiscard]] std::string recipeAt(const Study& study, const StudyPoint& point,
                                   const std::string& recipe);

}  // namespace mcj
