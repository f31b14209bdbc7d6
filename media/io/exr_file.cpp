#include "media/io/exr_file.h"

#include <ImfChannelList.h>
#include <ImfFrameBuffer.h>
#include <ImfHeader.h>
#include <ImfIO.h>
#include <ImfInputFile.h>
#include <ImfOutputFile.h>
#include <ImfStringAttribute.h>

#include <algorithm>
#include <new>
#include <stdexcept>

#include "media/base/error.h"
#include "media/io/atomic_file.h"
#include "media/io/exr_header.h"

namespace mcj {
namespace {

constexpr std::string_view kMagic = "\x76\x2f\x31\x01";

class MemoryStream : public Imf::IStream {
public:
    MemoryStream(ByteView bytes, const std::string& name)
        : Imf::IStream(name.c_str()), bytes_(bytes) {}

    bool read(char* target, int count) override {
        const auto wanted = static_cast<std::uint64_t>(std::max(count, 0));
        if (at_ > bytes_.size() || bytes_.size() - at_ < wanted) {
            throw std::runtime_error("the file ends early");
        }
        std::copy_n(bytes_.data() + at_, wanted, reinterpret_cast<std::uint8_t*>(target));
        at_ += wanted;
        return at_ < bytes_.size();
    }
    std::uint64_t tellg() override { return at_; }
    void seekg(std::uint64_t position) override { at_ = position; }

private:
    ByteView bytes_;
    std::uint64_t at_ = 0;
};

class AtomicStream : public Imf::OStream {
public:
    explicit AtomicStream(AtomicFile& file) : Imf::OStream(file.path().c_str()), file_(file) {}

    void write(const char* bytes, int count) override {
        file_.write(bytes, static_cast<std::size_t>(std::max(count, 0)));
    }
    std::uint64_t tellp() override { return file_.position(); }
    void seekp(std::uint64_t position) override { file_.seek(position); }

private:
    AtomicFile& file_;
};

std::string listOf(const std::vector<std::vector<std::string>>& alternatives) {
    std::string text;
    for (const auto& set : alternatives) {
        if (!text.empty()) text += ", or ";
        for (std::size_t i = 0; i < set.size(); ++i) text += (i == 0 ? "" : " and ") + set[i];
    }
    return text;
}

const std::vector<std::string>& chooseChannels(
    const Imf::ChannelList& present, const std::string& name,
    const std::vector<std::vector<std::string>>& alternatives) {
    for (const auto& set : alternatives) {
        const bool complete = std::all_of(set.begin(), set.end(), [&](const std::string& channel) {
            const Imf::Channel* found = present.findChannel(channel.c_str());
            return found != nullptr && found->xSampling == 1 && found->ySampling == 1;
        });
        if (complete) return set;
    }
    failToReadExr(name, "it has no channels " + listOf(alternatives), "Check the file's contents.");
}

ExrPicture readAll(ByteView bytes, const std::string& name,
                   const std::vector<std::vector<std::string>>& alternatives) {
    MemoryStream stream(bytes, name);
    Imf::InputFile file(stream, 0);
    const Imf::Header& header = file.header();
    ExrPicture picture;
    picture.channels = chooseChannels(header.channels(), name, alternatives);
    for (auto it = header.begin(); it != header.end(); ++it) {
        if (const auto* text = dynamic_cast<const Imf::StringAttribute*>(&it.attribute())) {
            picture.text[it.name()] = text->value();
        }
    }
    const Imath::Box2i window = header.dataWindow();
    const SizePx size{window.max.x - window.min.x + 1, window.max.y - window.min.y + 1};
    const auto count = picture.channels.size();
    picture.values = Raster<float>(size, static_cast<int>(count));
    Imf::FrameBuffer frame;
    for (std::size_t c = 0; c < count; ++c) {
        const std::size_t pixelBytes = count * sizeof(float);
        frame.insert(picture.channels[c],
                     Imf::Slice::Make(Imf::FLOAT, picture.values.data() + c, window, pixelBytes,
                                      pixelBytes * static_cast<std::size_t>(size.width)));
    }
    file.setFrameBuffer(frame);
    file.readPixels(window.min.y, window.max.y);
    return picture;
}

}  // namespace

bool isExr(ByteView bytes) noexcept { return startsWith(bytes, kMagic); }

ExrPicture decodeExr(ByteView bytes, const std::string& name,
                     const std::vector<std::vector<std::string>>& alternatives) {
    if (!isExr(bytes)) failToReadExr(name, "it is not an OpenEXR file");
    checkExrHeader(bytes, name);
    try {
        return readAll(bytes, name, alternatives);
    } catch (const Error&) {
        throw;
    } catch (const std::bad_alloc&) {
        failToReadExr(name, "its header requires more memory than is available");
    } catch (const std::exception& error) {  // Iex's exceptions derive from it
        failToReadExr(name, error.what());
    }
}

void writeExr(const std::filesystem::path& path, const ExrPicture& picture, Flush flush) {
    const SizePx size = picture.values.size();
    if (size.empty() ||
        picture.channels.size() != static_cast<std::size_t>(picture.values.channels())) {
        throw Error(ErrorCode::Internal,
                    "cannot write '" + path.string() + "': its channels do not match its values");
    }
    AtomicFile file(path, flush);
    try {
        Imf::Header header(size.width, size.height);
        header.compression() = Imf::ZIP_COMPRESSION;
        for (const auto& [key, value] : picture.text) {
            header.insert(key, Imf::StringAttribute(value));
        }
        Imf::FrameBuffer frame;
        const std::size_t pixelBytes = picture.channels.size() * sizeof(float);
        for (std::size_t c = 0; c < picture.channels.size(); ++c) {
            header.channels().insert(picture.channels[c], Imf::Channel(Imf::FLOAT));
            // A slice's base is not const, but an output file only reads it.
            char* base = reinterpret_cast<char*>(const_cast<float*>(picture.values.data() + c));
            frame.insert(picture.channels[c],
                         Imf::Slice(Imf::FLOAT, base, pixelBytes,
                                    pixelBytes * static_cast<std::size_t>(size.width)));
        }
        AtomicStream stream(file);
        Imf::OutputFile output(stream, header, 0);
        output.setFrameBuffer(frame);
        output.writePixels(size.height);
    } catch (const Error&) {
        throw;
    } catch (const std::exception& error) {
        throw Error(ErrorCode::Input,
                    "cannot write '" + path.string() + "' as OpenEXR: " + error.what());
    }
    file.commit();
}

}  // namespace mcj
