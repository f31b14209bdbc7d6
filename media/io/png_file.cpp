#include "media/io/png_file.h"

#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>

#include "media/base/error.h"
#include "media/io/atomic_file.h"

// libpng reports errors by longjmp, which skips destructors. So every function that calls setjmp
// below holds plain values only, returns whether it succeeded, and leaves memory to its caller.

namespace mcj {
namespace {

struct Diagnostics {
    std::array<char, 160> text{};
};

void onError(png_structp png, png_const_charp message) {
    auto* diagnostics = static_cast<Diagnostics*>(png_get_error_ptr(png));
    std::strncpy(diagnostics->text.data(), message, diagnostics->text.size() - 1);
    png_longjmp(png, 1);
}

void onWarning(png_structp, png_const_charp) {}

// ---- reading ----------------------------------------------------------------------------------

struct Input {
    ByteView bytes;
    std::size_t done = 0;
};

void onRead(png_structp png, png_bytep target, std::size_t count) {
    auto* input = static_cast<Input*>(png_get_io_ptr(png));
    if (input->bytes.size() - input->done < count) png_error(png, "the file ends early");
    std::memcpy(target, input->bytes.data() + input->done, count);
    input->done += count;
}

struct Decoder {
    Diagnostics diagnostics;
    Input input;
    png_structp png = nullptr;
    png_infop info = nullptr;

    explicit Decoder(ByteView bytes) : input{bytes} {
        png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &diagnostics, onError, onWarning);
        if (png != nullptr) info = png_create_info_struct(png);
        if (info == nullptr) throw std::bad_alloc();
        png_set_read_fn(png, &input, onRead);
    }
    ~Decoder() { png_destroy_read_struct(&png, &info, nullptr); }
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    /// Reads up to the first row: then the sizes are known and no pixels are allocated yet.
    [[nodiscard]] bool readHeader() {
        if (setjmp(png_jmpbuf(png)) != 0) return false;
        png_set_user_limits(png, kMaxFileSidePx, kMaxFileSidePx);
        // A compressed text or profile must not unfold to gigabytes.
        png_set_chunk_malloc_max(png, 8U << 20);
        png_read_info(png, info);
        png_set_packing(png);  // 1, 2 and 4 bits to one byte per pixel, values unscaled
        if (png_get_bit_depth(png, info) == 16) png_set_swap(png);
        png_set_interlace_handling(png);
        png_read_update_info(png, info);
        return true;
    }

    [[nodiscard]] bool readRows(png_bytepp rows) {
        if (setjmp(png_jmpbuf(png)) != 0) return false;
        png_read_image(png, rows);
        png_read_end(png, nullptr);
        return true;
    }
};

PngKind kindOf(int colorType) {
    switch (colorType) {
    case PNG_COLOR_TYPE_PALETTE: return PngKind::Palette;
    case PNG_COLOR_TYPE_RGB: return PngKind::Rgb;
    case PNG_COLOR_TYPE_RGB_ALPHA: return PngKind::RgbAlpha;
    case PNG_COLOR_TYPE_GRAY_ALPHA: return PngKind::GreyAlpha;
    default: return PngKind::Grey;
    }
}

[[noreturn]] void failToDecode(const std::string& name, const std::string& why) {
    throw Error(ErrorCode::Input, "cannot read '" + name + "' as PNG: " + why,
                "The file may be damaged or not completely copied.");
}

template <typename T>
std::vector<png_bytep> rowPointers(Raster<T>& raster) {
    std::vector<png_bytep> rows(static_cast<std::size_t>(raster.height()));
    for (int y = 0; y < raster.height(); ++y) {
        rows[static_cast<std::size_t>(y)] = reinterpret_cast<png_bytep>(raster.row(y));
    }
    return rows;
}

std::vector<Rgb8> paletteOf(const Decoder& decoder) {
    png_colorp colors = nullptr;
    int count = 0;
    std::vector<Rgb8> palette;
    if (png_get_PLTE(decoder.png, decoder.info, &colors, &count) != 0) {
        for (int i = 0; i < count; ++i) {
            palette.push_back({colors[i].red, colors[i].green, colors[i].blue});
        }
    }
    return palette;
}

std::vector<std::uint8_t> paletteAlphaOf(const Decoder& decoder) {
    png_bytep alpha = nullptr;
    int count = 0;
    if (png_get_tRNS(decoder.png, decoder.info, &alpha, &count, nullptr) == 0 || alpha == nullptr) {
        return {};
    }
    return {alpha, alpha + count};
}

// ---- writing ----------------------------------------------------------------------------------

/// Where the encoder's bytes go: to a file or to memory. An exception must not unwind libpng, so a
/// file error is stored here until libpng has returned.
struct Output {
    AtomicFile* file = nullptr;
    std::vector<std::uint8_t> memory;
    std::exception_ptr failure;

    void write(const std::uint8_t* bytes, std::size_t count) {
        if (file != nullptr) {
            file->write(bytes, count);
        } else {
            memory.insert(memory.end(), bytes, bytes + count);
        }
    }
};

void onWrite(png_structp png, png_bytep bytes, std::size_t count) {
    auto* output = static_cast<Output*>(png_get_io_ptr(png));
    try {
        output->write(bytes, count);
    } catch (...) {
        output->failure = std::current_exception();
    }
    if (output->failure) png_error(png, "cannot write");
}

void onFlush(png_structp) {}

struct Encoder {
    Diagnostics diagnostics;
    Output output;
    png_structp png = nullptr;
    png_infop info = nullptr;

    /// `file`: null to keep the bytes in memory.
    explicit Encoder(AtomicFile* file) {
        output.file = file;
        png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &diagnostics, onError, onWarning);
        if (png != nullptr) info = png_create_info_struct(png);
        if (info == nullptr) throw std::bad_alloc();
        png_set_write_fn(png, &output, onWrite, onFlush);
    }
    ~Encoder() { png_destroy_write_struct(&png, &info); }
    Encoder(const Encoder&) = delete;
    Encoder& operator=(const Encoder&) = delete;

    [[nodiscard]] bool write(const PngImage& image, int colorType, png_bytepp rows,
                             png_const_colorp palette) {
        if (setjmp(png_jmpbuf(png)) != 0) return false;
        png_set_user_limits(png, kMaxFileSidePx, kMaxFileSidePx);
        png_set_IHDR(png, info, static_cast<png_uint_32>(image.size().width),
                     static_cast<png_uint_32>(image.size().height), image.bitDepth, colorType,
                     PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
        if (palette != nullptr) {
            png_set_PLTE(png, info, palette, static_cast<int>(image.palette.size()));
            if (!image.paletteAlpha.empty()) {
                png_set_tRNS(png, info, image.paletteAlpha.data(),
                             static_cast<int>(image.paletteAlpha.size()), nullptr);
            }
        }
        // Level 3 with one filter writes a 1080p map about four times as fast as the default, for a
        // tenth more bytes; indices compress best unfiltered.
        png_set_compression_level(png, 3);
        png_set_filter(png, 0, palette != nullptr ? PNG_FILTER_NONE : PNG_FILTER_SUB);
        png_write_info(png, info);
        if (image.bitDepth == 16) png_set_swap(png);
        if (image.bitDepth < 8) png_set_packing(png);
        png_write_image(png, rows);
        png_write_end(png, nullptr);
        return true;
    }
};

int colorTypeOf(PngKind kind) {
    switch (kind) {
    case PngKind::Grey: return PNG_COLOR_TYPE_GRAY;
    case PngKind::GreyAlpha: return PNG_COLOR_TYPE_GRAY_ALPHA;
    case PngKind::Palette: return PNG_COLOR_TYPE_PALETTE;
    case PngKind::Rgb: return PNG_COLOR_TYPE_RGB;
    case PngKind::RgbAlpha: return PNG_COLOR_TYPE_RGB_ALPHA;
    }
    return PNG_COLOR_TYPE_GRAY;
}

}  // namespace

bool isPng(ByteView bytes) noexcept { return startsWith(bytes, "\x89PNG\r\n\x1a\n"); }

std::string otherPictureKind(ByteView bytes) {
    if (startsWith(bytes, "\xff\xd8\xff")) return "JPEG";
    if (startsWith(bytes, std::string_view("II*\0", 4)) ||
        startsWith(bytes, std::string_view("MM\0*", 4)) ||
        startsWith(bytes, std::string_view("II+\0", 4)) ||
        startsWith(bytes, std::string_view("MM\0+", 4))) {
        return "TIFF";
    }
    if (startsWith(bytes, "GIF8")) return "GIF";
    if (startsWith(bytes, "BM")) return "BMP";
    if (startsWith(bytes, "RIFF") &&
        startsWith(bytes.subspan(std::min<std::size_t>(8, bytes.size())), "WEBP")) {
        return "WebP";
    }
    if (startsWith(bytes, "\x76\x2f\x31\x01")) return "OpenEXR";
    return {};
}

PngImage decodePng(ByteView bytes, const std::string& name) {
    if (!isPng(bytes)) {
        const std::string kind = otherPictureKind(bytes);
        if (kind.empty()) failToDecode(name, "it is not a PNG file");
        throw Error(ErrorCode::Input, "'" + name + "' is a " + kind + " image, not a PNG",
                    "Save it as PNG.");
    }
    Decoder decoder(bytes);
    if (!decoder.readHeader()) failToDecode(name, decoder.diagnostics.text.data());

    PngImage image;
    image.kind = kindOf(png_get_color_type(decoder.png, decoder.info));
    // After png_set_packing libpng reports 8 bits for what is stored with fewer.
    const ByteView header = bytes.subspan(8);
    image.bitDepth = header.size() > 16 ? header[16] : 0;
    const SizePx size{static_cast<int>(png_get_image_width(decoder.png, decoder.info)),
                      static_cast<int>(png_get_image_height(decoder.png, decoder.info))};
    const int channels = pngChannels(image.kind);
    // Deflate shrinks to 1/1032 at most: a header that claims more pixels than that is wrong.
    const std::uint64_t packedBits = size.area() * static_cast<std::uint64_t>(channels) *
                                     static_cast<std::uint64_t>(image.bitDepth);
    if (packedBits / 8 > std::uint64_t{1032} * bytes.size()) {
        failToDecode(name, "it is too short for the " + std::to_string(size.width) + "x" +
                               std::to_string(size.height) + " pixels in its header");
    }

    std::vector<png_bytep> rows;
    if (image.bitDepth == 16) {
        image.values16 = Raster<std::uint16_t>(size, channels);
        rows = rowPointers(image.values16);
    } else {
        image.values8 = Raster<std::uint8_t>(size, channels);
        rows = rowPointers(image.values8);
    }
    const std::size_t expectedRowBytes = static_cast<std::size_t>(size.width) *
                                         static_cast<std::size_t>(channels) *
                                         (image.bitDepth == 16 ? 2U : 1U);
    if (png_get_rowbytes(decoder.png, decoder.info) != expectedRowBytes) {
        throw Error(ErrorCode::Internal, "libpng lays out '" + name + "' in an unexpected way");
    }
    if (!decoder.readRows(rows.data())) failToDecode(name, decoder.diagnostics.text.data());
    if (image.kind == PngKind::Palette) {
        image.palette = paletteOf(decoder);
        image.paletteAlpha = paletteAlphaOf(decoder);
    }
    return image;
}

namespace {

/// Encodes the picture. Throws with `name` where that fails.
void encodeInto(Encoder& encoder, const PngImage& image, const std::string& name) {
    std::vector<png_color> palette;
    for (const Rgb8& color : image.palette) palette.push_back({color[0], color[1], color[2]});
    // libpng's rows are not const, but it only reads them.
    std::vector<png_bytep> rows = image.bitDepth == 16
                                      ? rowPointers(const_cast<PngImage&>(image).values16)
                                      : rowPointers(const_cast<PngImage&>(image).values8);
    const bool written = encoder.write(image, colorTypeOf(image.kind), rows.data(),
                                       palette.empty() ? nullptr : palette.data());
    if (written) return;
    if (encoder.output.failure) std::rethrow_exception(encoder.output.failure);
    throw Error(ErrorCode::Internal,
                "cannot write '" + name + "' as PNG: " + encoder.diagnostics.text.data());
}

}  // namespace

std::vector<std::uint8_t> encodePng(const PngImage& image) {
    if (image.size().empty()) {
        throw Error(ErrorCode::Input, "an image without pixels cannot be written as PNG");
    }
    Encoder encoder(nullptr);
    encodeInto(encoder, image, "an image");
    return std::move(encoder.output.memory);
}

void writePng(const std::filesystem::path& path, const PngImage& image, Flush flush) {
    if (image.size().empty()) {
        throw Error(ErrorCode::Input, "cannot write '" + path.string() + "': it has no pixels");
    }
    AtomicFile file(path, flush);
    Encoder encoder(&file);
    encodeInto(encoder, image, path.string());
    file.commit();
}

}  // namespace mcj
