// Studies and their points, results of runs and scores of other programs, tables beside a paper's.

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <QTemporaryDir>
#include <QXmlStreamReader>
#include <QtTest>

#include <nlohmann/json.hpp>

#include "media/base/error.h"
#include "tests/support/test_program.h"
#include "training/ablation_report.h"
#include "training/ablation_results.h"
#include "training/ablation_study.h"
#include "training/whole_file.h"

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

std::vector<std::string> namesOf(const std::vector<mcj::StudyPoint>& points) {
    std::vector<std::string> names;
    for (const auto& point : points) names.push_back(point.name);
    return names;
}

/// A recipe with every key that studies touch.
std::string recipeText() {
    return json{{"steps", 1000},
                {"seed", 1},
                {"warmup", 100},
                {"real_start", 50},
                {"occlusion_start", 300},
                {"flow_start", 100},
                {"vc_warmup", 7},
                {"epoch_steps", 500},
                {"validate_every", 200},
                {"checkpoint_every", 40},
                {"synthetic_batch", 2},
                {"real_every", 3},
                {"balance", 0.5},
                {"sampling", "combined"},
                {"model", {{"name", "x"}, {"mode", "mc-jepa"}, {"encoder", {{"widths", {8, 8}}}}}},
                {"content", {{"batch", 8}}},
                {"flow_loss", {{"cycle", 0.2}, {"vc", {{0.1, 0.2}, {0.3, 0.4}, {0.5, 0.6}}}}}}
        .dump();
}

json patched(const std::string& study, const std::string& point) {
    const auto& found = mcj::findStudy(study);
    return json::parse(mcj::recipeAt(found, mcj::pointsOf(found, point).at(0), recipeText()));
}

/// What differs from the base, as paths.
std::vector<std::string> changedKeys(const json& recipe) {
    std::vector<std::string> keys;
    for (const auto& step : json::diff(json::parse(recipeText()), recipe)) {
        keys.push_back(step.at("path").get<std::string>());
    }
    std::sort(keys.begin(), keys.end());
    return keys;
}

}  // namespace

class TestAblationReport : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void pointsAreNamedAndOrdered();
    void pointsThatAreNoneAreRefused();
    void stepsKeepTheirShares();
    void eachPointChangesItsOwnKeysAlone();
    void turnsSeeAsManySamples();
    void resultsAreAveragedOverSeeds();
    void scoresJoinTheirRuns();
    void scoresWithoutRunAreRefused();
    void failedRunsAreTold();
    void reportIsWholeForEveryStudy();
    void paperFiguresCarryTheirSource();

private:
    QTemporaryDir folder_;
    fs::path at(const std::string& name) const {
        return fs::path(folder_.path().toStdString()) / name;
    }
    static void addRun(const fs::path& study, const std::string& point, double place, int seed,
                       double error) {
        const json measures = {{"study", study.filename().string()},
                               {"point", point},
                               {"place", place},
                               {"seed", seed},
                               {"steps", 100},
                               {"validation_epe_px", error},
                               {"content_loss", nullptr},
                               {"rank_pooled", 7.5}};
        mcj::writeWholeFile(study / (point + "-seed" + std::to_string(seed)) / "measures.json",
                            measures.dump());
    }
};

void TestAblationReport::pointsAreNamedAndOrdered() {
    const auto& cycle = mcj::findStudy("cycle");
    QCOMPARE(namesOf(mcj::pointsOf(cycle, "1,0.05,0,0.050")),
             (std::vector<std::string>{"0", "0.05", "1"}));
    QVERIFY(mcj::pointsOf(cycle, "").size() >= 3);
    QCOMPARE(namesOf(mcj::pointsOf(mcj::findStudy("sampling"), "epoch-alternation,combined")),
             (std::vector<std::string>{"combined", "epoch-alternation"}));
    // Acceptance asks for three points a curve.
    for (const auto& study : mcj::studies()) QVERIFY(mcj::pointsOf(study, "").size() >= 3);
}

void TestAblationReport::pointsThatAreNoneAreRefused() {
    const std::vector<std::pair<std::string, std::string>> wrong{
        {"cycle", "0,x"}, {"cycle", "-1"}, {"flow-start", "1.5"},      {"cycle", "nan"},
        {"vc", "some"},   {"cycle", "1e"}, {"modes", "mc-jepa,arflow"}};
    for (const auto& [study, list] : wrong) {
        try {
            (void)mcj::pointsOf(mcj::findStudy(study), list);
            QFAIL(("accepted: " + study + " " + list).c_str());
        } catch (const mcj::Error& error) {
            QCOMPARE(error.code(), mcj::ErrorCode::Usage);
            QVERIFY(std::string(error.what()).find("--points") != std::string::npos);
        }
    }
    QVERIFY_THROWS_EXCEPTION(mcj::Error, (void)mcj::findStudy("balanse"));
}

void TestAblationReport::stepsKeepTheirShares() {
    const auto shorter = json::parse(mcj::withSteps(recipeText(), 100));
    QCOMPARE(shorter.at("steps").get<int>(), 100);
    QCOMPARE(shorter.at("warmup").get<int>(), 10);
    QCOMPARE(shorter.at("flow_start").get<int>(), 10);
    QCOMPARE(shorter.at("occlusion_start").get<int>(), 30);
    QCOMPARE(shorter.at("checkpoint_every").get<int>(), 40);
    const auto tiny = json::parse(mcj::withSteps(recipeText(), 1));
    QCOMPARE(tiny.at("validate_every").get<int>(), 1);  // never 0
    QCOMPARE(tiny.at("warmup").get<int>(), 0);
}

void TestAblationReport::eachPointChangesItsOwnKeysAlone() {
    using Keys = std::vector<std::string>;
    QCOMPARE(patched("flow-start", "0.25").at("flow_start").get<int>(), 250);
    QCOMPARE(changedKeys(patched("flow-start", "0.25")), Keys{"/flow_start"});
    QCOMPARE(patched("cycle", "0.7").at("flow_loss").at("cycle").get<double>(), 0.7);
    QCOMPARE(changedKeys(patched("cycle", "0.7")), Keys{"/flow_loss/cycle"});
    QCOMPARE(patched("balance", "0.1").at("balance").get<double>(), 0.1);
    QCOMPARE(changedKeys(patched("balance", "0.1")), Keys{"/balance"});
    QVERIFY(changedKeys(patched("sampling", "combined")).empty());
    QVERIFY(patched("vc", "none").at("flow_loss").at("vc").empty());
    // The encoder has two levels: a third one's coefficients would act on nothing.
    QCOMPARE(patched("vc", "last").at("flow_loss").at("vc"), json::parse("[[0.0,0.0],[0.3,0.4]]"));
    QCOMPARE(changedKeys(patched("vc", "all")), Keys{"/vc_warmup"});
    QCOMPARE(patched("vc", "all").at("vc_warmup").get<int>(), 0);
    QCOMPARE(patched("vc", "warmup-1").at("vc_warmup").get<int>(), 10);  // a 100th of the run
    QCOMPARE(patched("vc", "warmup-2").at("vc_warmup").get<int>(), 20);
    QVERIFY(changedKeys(patched("modes", "mc-jepa")).empty());
    QCOMPARE(changedKeys(patched("modes", "m-jepa")),
             (Keys{"/content/batch", "/flow_start", "/model/mode"}));
    QCOMPARE(changedKeys(patched("modes", "vicreg")),
             (Keys{"/model/mode", "/real_every", "/synthetic_batch"}));
}

void TestAblationReport::turnsSeeAsManySamples() {
    // Combined: 100 steps of content, then 900 of both. In turns: 100, then 1800.
    const auto turns = patched("sampling", "batch-alternation");
    QCOMPARE(turns.at("steps").get<int>(), 1900);
    QCOMPARE(turns.at("flow_start").get<int>(), 100);
    QCOMPARE(turns.at("sampling").get<std::string>(), std::string("batch-alternation"));
    QCOMPARE(patched("sampling", "epoch-alternation").at("epoch_steps").get<int>(), 19);
}

void TestAblationReport::resultsAreAveragedOverSeeds() {
    const auto study = at("averaged");
    addRun(study, "0.5", 0.5, 1, 4.0);
    addRun(study, "0", 0.0, 2, 1.0);
    addRun(study, "0", 0.0, 1, 3.0);
    fs::create_directories(study / "0-seed3");  // trained, not measured
    const auto results = mcj::collectResults(study, {});
    QCOMPARE(results.runs.size(), std::size_t{3});
    QCOMPARE(results.runs[0].run, std::string("0-seed1"));
    QCOMPARE(results.columns.size(), std::size_t{2});  // the content loss is nowhere known
    const auto points = mcj::averageSeeds(results);
    QCOMPARE(points.size(), std::size_t{2});
    QCOMPARE(points[0].seeds, 2);
    QCOMPARE(points[0].mean.at("validation EPE px"), 2.0);
    QVERIFY(std::abs(points[0].deviation.at("validation EPE px") - std::sqrt(2.0)) < 1e-12);
    QCOMPARE(points[1].mean.at("validation EPE px"), 4.0);
    QVERIFY(!points[1].deviation.contains("validation EPE px"));
    QVERIFY(mcj::collectResults(at("absent"), {}).runs.empty());
}

void TestAblationReport::scoresJoinTheirRuns() {
    const auto study = at("scored");
    addRun(study, "0", 0.0, 1, 3.0);
    addRun(study, "1", 1.0, 1, 2.0);
    mcj::writeWholeFile(at("scores.jsonl"),
                        R"({"run":"0-seed1","event":"progress","done":1})"
                        "\n"
                        R"({"run":"0-seed1","event":"result","method":"model","epe":99})"
                        "\n"
                        R"({"run":"0-seed1","event":"summary","method":"model","epe":8.5})"
                        "\n"
                        R"({"run":"0-seed1","event":"summary","method":"model-fast","epe":9})"
                        "\n"
                        R"({"run":"0-seed1","event":"summary","method":"dis","epe":1.5})"
                        "\n"
                        R"({"run":"1-seed1","event":"summary","method":"model","epe":7,)"
                        R"("clean":{"epe":6},"final":null})"
                        "\n"
                        R"({"run":"1-seed1","event":"summary","method":"features","jf_mean":0.4})"
                        "\n"
                        R"({"run":"1-seed1","event":"summary","method":"identity","jf_mean":0.2})"
                        "\n"
                        R"({"run":"1-seed1","event":"result","miou":0.3})"
                        "\n"
                        R"({"run":"other","event":"summary","method":"model","epe":5})"
                        "\n");
    mcj::writeWholeFile(at("later.jsonl"),
                        R"({"run":"0-seed1","event":"summary","method":"model","epe":8})"
                        "\n");
    const auto results = mcj::collectResults(study, {at("scores.jsonl"), at("later.jsonl")});
    const auto& first = results.runs.at(0).values;
    const auto& second = results.runs.at(1).values;
    QCOMPARE(first.at("EPE px"), 8.0);
    QCOMPARE(first.at("EPE px, one look"), 9.0);
    QVERIFY(!first.contains("J&F, features"));
    QCOMPARE(second.at("EPE px, clean"), 6.0);
    QVERIFY(!second.contains("EPE px, final"));
    QCOMPARE(second.at("J&F, features"), 0.4);
    QCOMPARE(second.at("mIoU"), 0.3);
    QCOMPARE(second.size(), std::size_t{6});
    const auto table = mcj::ablationTable(mcj::findStudy("cycle"), results);
    QVERIFY(table.find("J&F, features") != std::string::npos);
}

void TestAblationReport::scoresWithoutRunAreRefused() {
    mcj::writeWholeFile(at("bare.jsonl"), "{\"event\":\"summary\",\"epe\":1}\n");
    try {
        (void)mcj::collectResults(at("absent"), {at("bare.jsonl")});
        QFAIL("a score of no run was taken");
    } catch (const mcj::Error& error) {
        QVERIFY(std::string(error.what()).find("bare.jsonl: line 1") != std::string::npos);
    }
    QVERIFY_THROWS_EXCEPTION(mcj::Error, (void)mcj::collectResults(at("absent"), {at("nowhere")}));
}

void TestAblationReport::failedRunsAreTold() {
    const auto study = at("vc");
    addRun(study, "all", 2.0, 1, 3.0);
    const json failed = {{"study", "vc"}, {"point", "none"},
                         {"place", 0.0},  {"seed", 1},
                         {"steps", 12},   {"failure", "the loss \"x\" became NaN or infinite"}};
    mcj::writeWholeFile(study / "none-seed1" / "measures.json", failed.dump());
    const auto& vc = mcj::findStudy("vc");
    const auto results = mcj::collectResults(study, {});
    const auto points = mcj::averageSeeds(results);
    QCOMPARE(points.at(0).failed, 1);
    QCOMPARE(points.at(0).seeds, 0);
    const auto table = mcj::ablationTable(vc, results);
    QVERIFY(table.find("1 failed") != std::string::npos);
    QVERIFY(table.find("none-seed1, the loss \"x\"") != std::string::npos);
    mcj::writeAblationReport(vc, results, study);
    const auto models = mcj::readWholeFile(study / "models.txt", "");
    QCOMPARE(models, "all-seed1\t" + (study / "all-seed1" / "model.safetensors").string() + "\n");
}

void TestAblationReport::reportIsWholeForEveryStudy() {
    for (const auto& study : mcj::studies()) {
        const auto folder = at("report-" + study.name);
        int seed = 1;
        for (const auto& point : mcj::pointsOf(study, "")) {
            addRun(folder, point.name, point.place, seed, 2.0 + point.place);
            if (seed == 1) addRun(folder, point.name, point.place, 2, 2.5);
        }
        const auto results = mcj::collectResults(folder, {});
        mcj::writeAblationReport(study, results, folder);
        const auto table = mcj::readWholeFile(folder / "table.md", "");
        for (const auto& point : mcj::pointsOf(study, "")) {
            QVERIFY(table.find("| " + point.name + " |") != std::string::npos);
        }
        const auto data = json::parse(mcj::readWholeFile(folder / "table.json", ""));
        QCOMPARE(data.at("points").size(), mcj::pointsOf(study, "").size());
        QXmlStreamReader xml(
            QByteArray::fromStdString(mcj::readWholeFile(folder / "plot.svg", "")));
        int dots = 0;
        while (!xml.atEnd()) {
            dots += xml.readNext() == QXmlStreamReader::StartElement &&
                    xml.name() == QLatin1String("circle");
        }
        QVERIFY2(!xml.hasError(), study.name.c_str());
        QVERIFY(dots >= 2 * static_cast<int>(results.runs.size()));  // error and rank of each run
    }
}

void TestAblationReport::paperFiguresCarryTheirSource() {
    for (const auto& study : mcj::studies()) {
        const auto paper = mcj::paperStudy(study.name);
        QVERIFY(!paper.reading.empty());
        for (const auto& figure : paper.figures) {
            QVERIFY(std::find(study.words.begin(), study.words.end(), figure.point) !=
                    study.words.end());
            QVERIFY(figure.kittiEpePx || figure.vocMiou || figure.davisJf);
        }
        if (!paper.figures.empty()) continue;
        QVERIFY2(paper.reading.find("not known") != std::string::npos, study.name.c_str());
    }
    const auto table = mcj::ablationTable(mcj::findStudy("sampling"), {});
    QVERIFY(table.find("| epoch-alternation | 4.54 | 63.5 | - | recalled |") != std::string::npos);
    QVERIFY(table.find("no finished run") != std::string::npos);
}

MCJ_TEST(TestAblationReport)
#include "test_ablation_report.moc"
