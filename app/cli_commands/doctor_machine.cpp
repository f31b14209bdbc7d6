#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <sys/utsname.h>
#include <unistd.h>

#include "app/cli_commands/doctor_findings.h"
#include "app/cli_commands/text_layout.h"
#include "app/cli_commands/video_opening.h"
#include "media/base/available_memory.h"
#include "media/base/instruction_set.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

/// The value after "key<separator>" in a file of such lines; empty if there is no such line.
std::string valueIn(const fs::path& file, const std::string& key, char separator) {
    std::ifstream lines(file);
    std::string line;
    while (std::getline(lines, line)) {
        if (line.rfind(key, 0) != 0) continue;
        const auto at = line.find(separator);
        if (at == std::string::npos) continue;
        const auto from = line.find_first_not_of(" \t\"", at + 1);
        if (from == std::string::npos) return {};
        return line.substr(from, line.find_last_not_of(" \t\"") - from + 1);
    }
    return {};
}

std::string firstLine(const fs::path& file) {
    std::ifstream lines(file);
    std::string line;
    std::getline(lines, line);
    return line;
}

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string{} : std::string(value);
}

Finding lookAtSystem() {
    utsname kernel{};
    ::uname(&kernel);
    const std::string system = valueIn("/etc/os-release", "PRETTY_NAME", '=');
    Finding finding{"system", FindingState::Good,
                    (system.empty() ? "unknown" : system) + ", " + kernel.sysname + " " +
                        kernel.release + ", " + kernel.machine};
    finding.details = {{"name", system}, {"kernel", kernel.release}, {"machine", kernel.machine}};
    return finding;
}

/// The processor's vector extensions that matter for computing.
std::vector<std::string> cpuFeatures() {
    std::vector<std::string> features;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("sse4.2")) features.emplace_back("sse4.2");
    if (__builtin_cpu_supports("avx")) features.emplace_back("avx");
    if (__builtin_cpu_supports("avx2")) features.emplace_back("avx2");
    if (__builtin_cpu_supports("fma")) features.emplace_back("fma");
    if (__builtin_cpu_supports("avx512f")) features.emplace_back("avx512f");
    if (__builtin_cpu_supports("avx512bw")) features.emplace_back("avx512bw");
    if (__builtin_cpu_supports("avx512vl")) features.emplace_back("avx512vl");
    if (__builtin_cpu_supports("avx512vnni")) features.emplace_back("avx512vnni");
#endif
    return features;
}

Finding lookAtCpu() {
    const std::string model = valueIn("/proc/cpuinfo", "model name", ':');
    const std::vector<std::string> features = cpuFeatures();
    const unsigned cores = std::thread::hardware_concurrency();
    std::string list;
    bool fast = false;
    const std::string used = instructionSetName(instructionSet());
    for (const std::string& feature : features) {
        if (!list.empty()) list += ' ';
        list += feature;
        fast = fast || feature == "avx2";
    }
    Finding finding{"cpu", FindingState::Good,
                    (model.empty() ? "unknown" : model) + ", " + std::to_string(cores) +
                        " cores; " + (list.empty() ? "no vector extension known" : list) +
                        "; kernels for " + used};
    finding.details = {
        {"model", model}, {"cores", cores}, {"features", features}, {"instruction_set", used}};
    if (!fast) finding.advice = "Without AVX2 everything runs, but several times slower.";
    if (const std::string asked = environment("MCJ_ISA"); !asked.empty() && asked != used) {
        finding.advice = "MCJ_ISA=" + asked +
                         " has no effect: it can only lower the instruction set, to v4, v3 or "
                         "baseline.";
    } else if (instructionSet() != supportedInstructionSet()) {
        finding.advice = "MCJ_ISA=" + asked +
                         " lowers the kernels' instruction set; without it, they use " +
                         instructionSetName(supportedInstructionSet()) + ".";
    }
    if (!finding.advice.empty()) finding.state = FindingState::Limited;
    return finding;
}

std::uint64_t kibibytesIn(const std::string& key) {
    std::istringstream text(valueIn("/proc/meminfo", key, ':'));
    std::uint64_t value = 0;
    text >> value;
    return value * 1024;
}

Finding lookAtMemory() {
    const std::uint64_t total = kibibytesIn("MemTotal");
    const auto left = availableMemory();
    const std::uint64_t available = left ? left->ramBytes : 0;
    Finding finding{"memory", FindingState::Good,
                    bytesText(total) + ", " + bytesText(available) + " available"};
    finding.details = {{"total_bytes", total}, {"available_bytes", available}};
    // LibTorch, the model and one pair at 1080p.
    constexpr std::uint64_t kComfortable = std::uint64_t{2} << 30;
    if (available < kComfortable) {
        finding.state = FindingState::Limited;
        finding.advice = "Close other programs, or compute at a smaller size with --max-side 960.";
    }
    return finding;
}

Finding lookAtGpu() {
    std::vector<std::string> names;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator("/proc/driver/nvidia/gpus", failed)) {
        const std::string name = valueIn(entry.path() / "information", "Model", ':');
        names.push_back(name.empty() ? "NVIDIA GPU" : name);
    }
    const std::string driver = firstLine("/proc/driver/nvidia/version");
    int nodes = 0;
    while (fs::exists("/dev/nvidia" + std::to_string(nodes), failed)) ++nodes;

    Finding finding{"gpu", FindingState::Good, ""};
    finding.details = {{"names", names}, {"driver", driver}, {"device_nodes", nodes}};
    if (nodes > 0 && !driver.empty()) {
        finding.text = names.empty() ? std::to_string(nodes) + " NVIDIA GPU" : names.front();
        if (names.size() > 1) finding.text += " and " + std::to_string(names.size() - 1) + " more";
        finding.text += "; " + driver;
        return finding;
    }
    if (nodes > 0 || !driver.empty()) {
        finding.state = FindingState::Limited;
        finding.text = driver.empty() ? "a GPU device node without a driver"
                                      : "a driver without a GPU device node";
        finding.advice =
            "Install NVIDIA's driver (580 or newer for CUDA 13) and restart, or give the "
            "container access to the GPU.";
        return finding;
    }
    finding.text = "none; everything runs on the CPU";
    return finding;
}

Finding lookAtDisplay() {
    const std::string x11 = environment("DISPLAY");
    const std::string wayland = environment("WAYLAND_DISPLAY");
    Finding finding{"display", FindingState::Good, ""};
    finding.details = {{"x11", x11}, {"wayland", wayland}};
    if (!wayland.empty() || !x11.empty()) {
        finding.text = wayland.empty() ? "X11 at " + x11 : "Wayland at " + wayland;
        return finding;
    }
    finding.state = FindingState::Limited;
    finding.text = "none; mcjepa works, mcjepa-studio needs one";
    finding.advice = "Start mcjepa-studio from a desktop session, over ssh -X, or with xvfb-run.";
    return finding;
}

Finding lookAtFolder(const std::string& name, const fs::path& folder, const std::string& advice) {
    std::error_code failed;
    fs::path existing = fs::absolute(folder, failed);
    while (!fs::exists(existing, failed) && existing != existing.parent_path()) {
        existing = existing.parent_path();
    }
    const bool writable = ::access(existing.c_str(), W_OK | X_OK) == 0;
    const std::uint64_t free = freeBytesAt(existing);
    Finding finding{name, FindingState::Good, folder.string() + ", " + bytesText(free) + " free"};
    finding.details = {{"path", folder.string()}, {"writable", writable}, {"free_bytes", free}};
    if (!writable) {
        finding.state = FindingState::Limited;
        finding.text = folder.string() + " is not writable";
        finding.advice = advice;
    }
    return finding;
}

/// Qt's folder for the user's data: the one that `variable` names, else `fallback` at home.
fs::path userFolder(const char* variable, const char* fallback) {
    const std::string named = environment(variable);
    return named.empty() ? fs::path(environment("HOME")) / fallback : fs::path(named);
}

}  // namespace

std::vector<Finding> lookAtMachine() {
    return {lookAtSystem(), lookAtCpu(), lookAtMemory(), lookAtGpu(), lookAtDisplay()};
}

std::vector<Finding> lookAtFolders() {
    std::error_code failed;
    fs::path temporary = fs::temp_directory_path(failed);
    if (failed) temporary = "/tmp";
    return {
        lookAtFolder("output folder", "out", "Run from a writable folder, or choose one with -o."),
        lookAtFolder("temporary folder", temporary, "Set TMPDIR to a writable folder."),
        // Qt's paths for the organisation and application names set in app/studio_main.cpp.
        lookAtFolder("settings folder", userFolder("XDG_CONFIG_HOME", ".config") / "mcjepa",
                     "Set XDG_CONFIG_HOME to a writable folder; otherwise the window does not keep "
                     "its settings."),
        lookAtFolder(
            "projects folder",
            userFolder("XDG_DATA_HOME", ".local/share") / "mcjepa" / "mcjepa-studio" / "projects",
            "Set XDG_DATA_HOME to a writable folder; otherwise the window keeps masks only for "
            "videos in a writable folder.")};
}

}  // namespace mcj
