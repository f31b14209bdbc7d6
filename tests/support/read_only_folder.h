#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <string>

namespace mcj::test {

/// While it lives, this process reads the files of a folder and can neither write them nor make new
/// ones. A superuser, whom permissions do not hold, becomes another user meanwhile; `works()` is
/// false where the system does not allow that.
class ReadOnlyFolder {
public:
    explicit ReadOnlyFolder(std::string folder) : folder_(std::move(folder)) {
        ::chmod(folder_.c_str(), 0555);
        if (::geteuid() == 0) superuser_ = ::setresuid(kOther, kOther, 0) == 0;
        works_ =
            ::access(folder_.c_str(), R_OK | X_OK) == 0 && ::access(folder_.c_str(), W_OK) != 0;
    }
    ~ReadOnlyFolder() {
        if (superuser_) superuser_ = ::setresuid(0, 0, 0) != 0;
        ::chmod(folder_.c_str(), 0755);
    }
    ReadOnlyFolder(const ReadOnlyFolder&) = delete;
    ReadOnlyFolder& operator=(const ReadOnlyFolder&) = delete;

    [[nodiscard]] bool works() const noexcept { return works_; }

private:
    static constexpr uid_t kOther = 65534;
    std::string folder_;
    bool superuser_ = false;
    bool works_ = false;
};

}  // namespace mcj::test
