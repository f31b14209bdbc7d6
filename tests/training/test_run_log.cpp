// The log of a run, also where the run was killed and gone on with; its curves and its summary.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include <QTemporaryDir>
#include <QXmlStreamReader>
#include <QtTest>

#include "media/base/error.h"
#include "tests/support/test_program.h"
#include "training/commands/commands.h"
#include "training/metrics_log.h"
#include "training/run_curves.h"
#include "training/run_log.h"
#include "training/run_summary.h"
#include "training/whole_file.h"

namespace fs = std::filesystem;

namespace {

std::string stepLine(const mcj::MetricLine& metrics) { return mcj::toJsonLine(metrics); }

std::string line(int step, double loss) {
    return stepLine({{"step", step}, {"loss", loss}, {"loss.motion.full", loss / 2}}) + "\n";
}

bool isWholeXml(const std::string& text) {
    QXmlStreamReader xml(QByteArray::fromStdString(text));
    while (!xml.atEnd()) xml.readNext();
    return !xml.hasError();
}

}  // namespace

class TestRunLog : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void stepsCountFromOne();
    void lineAndReaderAgree();
    void cutLastLineIsLeftOut();
    void repeatedStepsCountOnce();
    void lineBehindACutOneIsFound();
    void plannedStepsAreTold();
    void plannedStepsAreWorkedOut();
    void unreadableRunsAreNamed();
    void smoothingForgetsJumps();
    void thinningKeepsTheExtremes();
    void summaryTellsBestAndLeft();
    void everyNumberIsDrawn();
    void inspectWritesCurves();

private:
    QTemporaryDir folder_;
    fs::path write(const std::string& name, const std::string& text) const {
        const auto run = fs::path(folder_.path().toStdString()) / name;
        mcj::writeWholeFile(run / "metrics.jsonl", text);
        return run;
    }
};

void TestRunLog::stepsCountFromOne() {
    const auto log = mcj::readRunLog(write("plain", line(0, 4) + line(1, 3)));
    QCOMPARE(log.name, std::string("plain"));
    QCOMPARE(log.stepsDone, std::int64_t{2});
    QCOMPARE(log.find("loss")->step, (std::vector<double>{1, 2}));
    QCOMPARE(log.find("loss")->value, (std::vector<double>{4, 3}));
    QCOMPARE(log.namesWith("loss."), std::vector<std::string>{"loss.motion.full"});
    QVERIFY(log.find("absent") == nullptr && !log.last("absent"));
    QVERIFY(!log.lastLineCut && log.unreadableLines == 0 && log.repeatedSteps == 0);
}

void TestRunLog::lineAndReaderAgree() {
    const double odd = 0.1 + 1e-9;
    const double none = std::numeric_limits<double>::quiet_NaN();
    const auto text = stepLine({{"step", 7}, {"a\"b", odd}, {"none", none}}) + "\n";
    const auto log = mcj::readRunLog(write("agree", text));
    QCOMPARE(log.stepsDone, std::int64_t{8});
    QVERIFY(std::abs(*log.last("a\"b") - odd) < 1e-10);
    QVERIFY(std::isnan(log.find("none")->value.at(0)));
    QVERIFY(!log.last("none"));
}

void TestRunLog::cutLastLineIsLeftOut() {
    const std::string whole = line(0, 4) + line(1, 3);
    const std::string third = line(2, 2);
    for (std::size_t length = 1; length < third.size(); ++length) {
        const auto log = mcj::readRunLog(write("cut", whole + third.substr(0, length)));
        const bool isComplete = length == third.size() - 1;  // its end of line alone is missing
        QCOMPARE(log.stepsDone, std::int64_t{isComplete ? 3 : 2});
        QCOMPARE(log.lastLineCut, !isComplete);
        QCOMPARE(log.unreadableLines, std::int64_t{0});
    }
}

void TestRunLog::repeatedStepsCountOnce() {
    // Killed after step 5, gone on with from the checkpoint after step 3.
    std::string text;
    for (int i = 0; i < 5; ++i) text += line(i, 10 + i);
    text += "{\"event\": \"resume\", \"step\": 3}\n";
    for (int i = 3; i < 8; ++i) text += line(i, 20 + i);
    const auto log = mcj::readRunLog(write("resumed", text));
    QCOMPARE(log.stepsDone, std::int64_t{8});
    QCOMPARE(log.repeatedSteps, std::int64_t{2});
    QCOMPARE(log.resumes, 1);
    QCOMPARE(log.find("loss")->step, (std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8}));
    QCOMPARE(log.find("loss")->value, (std::vector<double>{10, 11, 12, 23, 24, 25, 26, 27}));
}

void TestRunLog::lineBehindACutOneIsFound() {
    const auto log = mcj::readRunLog(write("glued", line(0, 4) + "{\"event\": \"st" + line(1, 3)));
    QCOMPARE(log.stepsDone, std::int64_t{2});
    QCOMPARE(log.unreadableLines, std::int64_t{1});
    const auto damaged =
        mcj::readRunLog(write("damaged", line(0, 4) + "\x03zz\n[1]\n" + line(1, 3)));
    QCOMPARE(damaged.stepsDone, std::int64_t{2});
    QCOMPARE(damaged.unreadableLines, std::int64_t{2});
}

void TestRunLog::plannedStepsAreTold() {
    const auto flat =
        mcj::readRunLog(write("told", "{\"event\":\"start\",\"steps\":90}\n" + line(0, 1)));
    QCOMPARE(*flat.stepsPlanned, std::int64_t{90});
    const auto nested = mcj::readRunLog(
        write("nested", "{\"event\":\"start\",\"recipe\":{\"steps\":80}}\n" + line(0, 1)));
    QCOMPARE(*nested.stepsPlanned, std::int64_t{80});
}

void TestRunLog::plannedStepsAreWorkedOut() {
    const auto text = stepLine({{"step", 9}, {"steps_per_sec", 0.5}, {"eta_secs", 180}}) + "\n";
    QCOMPARE(*mcj::readRunLog(write("worked-out", text)).stepsPlanned, std::int64_t{100});
    QVERIFY(!mcj::readRunLog(write("unknown", line(0, 1))).stepsPlanned);
}

void TestRunLog::unreadableRunsAreNamed() {
    for (const auto& run :
         {fs::path("/no/such/run"), write("empty", ""), write("x", "{\"event\"")}) {
        try {
            (void)mcj::readRunLog(run);
            QFAIL("a run without a step was read");
        } catch (const mcj::Error& error) {
            QCOMPARE(error.code(), mcj::ErrorCode::Input);
            QVERIFY(std::string(error.what()).find(run.filename().string()) != std::string::npos);
        }
    }
}

void TestRunLog::smoothingForgetsJumps() {
    mcj::MetricSeries series;
    for (int i = 0; i < 1000; ++i) {
        series.step.push_back(i + 1);
        series.value.push_back(i % 50 == 7 ? 1e6 : i == 500 ? std::nan("") : 2.0 + 0.001 * i);
    }
    const auto smooth = mcj::smoothed(series, 41, 200);
    QCOMPARE(smooth.value.size(), std::size_t{200});
    QCOMPARE(smooth.step.front(), 1.0);
    QCOMPARE(smooth.step.back(), 1000.0);
    for (std::size_t i = 0; i < smooth.value.size(); ++i) {
        QVERIFY(std::abs(smooth.value[i] - (2.0 + 0.001 * (smooth.step[i] - 1))) < 0.03);
    }
    QCOMPARE(mcj::smoothed({{1}, {5}}, 1).value, std::vector<double>{5});
    QVERIFY(mcj::smoothed({}, 1).value.empty());
}

void TestRunLog::thinningKeepsTheExtremes() {
    mcj::MetricSeries series;
    for (int i = 0; i < 5000; ++i) {
        series.step.push_back(i);
        series.value.push_back(i == 3333     ? 99.0
                               : i == 77     ? -99.0
                               : i % 10 == 0 ? std::nan("")
                                             : 1.0);
    }
    const auto thin = mcj::thinned(series, 100);
    QVERIFY(thin.value.size() <= 200);
    QVERIFY(std::is_sorted(thin.step.begin(), thin.step.end()));
    QCOMPARE(*std::max_element(thin.value.begin(), thin.value.end()), 99.0);
    QCOMPARE(*std::min_element(thin.value.begin(), thin.value.end()), -99.0);
    for (const double value : thin.value) QVERIFY(std::isfinite(value));
}

void TestRunLog::summaryTellsBestAndLeft() {
    std::string text =
        "{\"event\": \"start\", \"steps\": 40, "
        "\"initial\": {\"validation_census\": 2.75}}\n";
    for (int i = 0; i < 10; ++i) {
        std::map<std::string, double> metrics{{"step", i}, {"loss", 9.0 - i}, {"steps_per_sec", 2}};
        if (i % 3 == 2) metrics["validation_epe_px"] = i == 5 ? 1.5 : 2.5;
        metrics["encoder_gradient_norm.content"] = 3.0;
        if (i % 2 == 0) metrics["encoder_gradient_norm.real"] = 1.0;
        if (i == 9) metrics["validation_content"] = 17.5;
        text += stepLine(metrics) + "\n";
    }
    const auto summary = mcj::summarize(mcj::readRunLog(write("summed", text)));
    QCOMPARE(*summary.leftSecs, 15.0);
    QCOMPARE(*summary.bestErrorPx, 1.5);
    QCOMPARE(summary.bestErrorStep, std::int64_t{6});
    QCOMPARE(*summary.lastErrorPx, 2.5);
    QCOMPARE(summary.losses.at(0).first, 9.0);
    QCOMPARE(summary.losses.at(0).last, 0.0);
    QCOMPARE(summary.losses.at(0).least, 0.0);
    QCOMPARE(*summary.lastContent, 17.5);
    QCOMPARE(summary.tasks.size(), std::size_t{2});
    QCOMPARE(summary.tasks[0].name, std::string("content"));
    QCOMPARE(summary.tasks[0].steps, std::int64_t{10});
    QCOMPARE(summary.tasks[0].share, 0.75);
    QCOMPARE(summary.tasks[1].steps, std::int64_t{5});
    const auto words = mcj::summaryText({summary});
    QVERIFY(words.find("encoder gradient norm") != std::string::npos);
    QVERIFY(words.find("15 s") != std::string::npos && words.find("summed") != std::string::npos);
    QCOMPARE(mcj::durationText(7500), std::string("2 h 05 min"));
    QCOMPARE(mcj::durationText(200), std::string("3 min 20 s"));
    const auto object = mcj::summaryJson(summary);
    QVERIFY(object.find("\"samples_per_sec\":null") != std::string::npos);
    QVERIFY(object.find("\"validation_content\":17.5") != std::string::npos);
    QCOMPARE(*summary.firstCensus, 2.75);
    QVERIFY(words.find("2.75") != std::string::npos);
    QVERIFY(object.find("\"initial_census\":2.75") != std::string::npos);
    QVERIFY(object.find("\"share\":0.25") != std::string::npos);
}

void TestRunLog::everyNumberIsDrawn() {
    std::string text;
    const std::vector<std::string> names{
        "loss",          "loss.motion.full", "loss.real.cycle", "gradient_norm.encoder",
        "learning_rate", "samples_per_sec",  "real_flow_px"};
    for (int i = 0; i < 5; ++i) {
        std::map<std::string, double> metrics{{"step", i}, {"epe_px", 3}, {"validation_epe_px", 2}};
        for (const auto& name : names) metrics[name] = 1.0 + i;
        text += stepLine(metrics) + "\n";
    }
    const auto log = mcj::readRunLog(write("drawn", text));
    const auto svg = mcj::svgOf(mcj::plotOfRuns({log}));
    QVERIFY(isWholeXml(svg));
    for (const auto& name : names) {
        QVERIFY2(svg.find(">" + name + "<") != std::string::npos, name.c_str());
    }
    QVERIFY(svg.find(">validation<") != std::string::npos);
    auto other = log;
    other.name = "the other";
    const auto both = mcj::svgOf(mcj::plotOfRuns({log, other}));
    QVERIFY(both.find(">drawn<") != std::string::npos &&
            both.find(">the other<") != std::string::npos);
}

void TestRunLog::inspectWritesCurves() {
    const auto run = write("inspected", line(0, 4) + line(1, 3)).string();
    std::vector<std::string> words{"mcjepa-train", run, "--json"};
    const auto call = [](std::vector<std::string> given) {
        std::vector<char*> raw;
        for (auto& word : given) raw.push_back(word.data());
        mcj::Arguments arguments(static_cast<int>(raw.size()), raw.data());
        return mcj::inspectCommand(arguments);
    };
    QCOMPARE(call(words), 0);
    QVERIFY(isWholeXml(mcj::readWholeFile(fs::path(run) / "curves.svg", "")));
    const auto output = fs::path(folder_.path().toStdString()) / "two" / "runs.svg";
    QCOMPARE(call({"mcjepa-train", run, run, "-o", output.string()}), 0);
    QVERIFY(isWholeXml(mcj::readWholeFile(output, "")));
    QVERIFY_THROWS_EXCEPTION(mcj::Error, call({"mcjepa-train"}));
    QVERIFY_THROWS_EXCEPTION(mcj::Error, call({"mcjepa-train", run, "--jason"}));
}

MCJ_TEST(TestRunLog)
#include "test_run_log.moc"
