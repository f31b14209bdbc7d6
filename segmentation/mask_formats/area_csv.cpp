#include "segmentation/mask_formats/area_csv.h"

#include <cstdio>

namespace mcj {
namespace {

constexpr const char* kFile = "areas.csv";

/// RFC 4180.
std::string quoted(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + '"';
}

std::string secsText(const VideoInfo& source, FrameIndex frame) {
    const auto at = static_cast<std::size_t>(frame);
    if (at >= source.pts.size() || !source.pts[at]) return {};
    char text[40];
    std::snprintf(text, sizeof text, "%.6f",
                  static_cast<double>(*source.pts[at]) * source.timeBase.value());
    return text;
}

}  // namespace

std::vector<std::string> writeAreaTable(const MaskSet& set, const std::filesystem::path& folder,
                                        const Progress& progress) {
    std::string text = "frame,time_s,object,name,category,area_px,x0,y0,x1,y1\r\n";
    std::size_t done = 0;
    for (const FrameIndex frame : set.frames) {
        tellFrame(progress, done++, set);
        std::map<int, ShapeFacts> facts;
        for (const ObjectShape& shape : set.read(frame).shapes()) {
            facts[shape.object] = factsOf(shape.rle);
        }
        for (const SetObject& object : set.objects) {
            const ShapeFacts one = facts[object.id];
            text += std::to_string(frame) + ',' + secsText(set.source, frame) + ',' +
                    std::to_string(object.id) + ',' + quoted(object.name) + ',' +
                    quoted(object.category) + ',' + std::to_string(one.area) + ',';
            if (one.area > 0) {
                text += std::to_string(one.box.x0) + ',' + std::to_string(one.box.y0) + ',' +
                        std::to_string(one.box.x1) + ',' + std::to_string(one.box.y1);
            } else {
                text += ",,,";
            }
            text += "\r\n";
        }
    }
    writeFormatText(folder / kFile, text);
    return {kFile};
}

}  // namespace mcj
