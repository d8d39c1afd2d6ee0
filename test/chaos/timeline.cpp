#include "test/chaos/timeline.hpp"

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

namespace paddock::test {

namespace {

// In pixels.
constexpr double left = 190;
constexpr double plot_width = 1'180;
constexpr double chart_top = 50;
constexpr double chart_height = 180;
constexpr double row_height = 22;
constexpr double rows_top = chart_top + chart_height + 40;
constexpr double width = left + plot_width + 30;
constexpr double height = rows_top + fault_kinds * row_height + 40;

constexpr std::array<std::string_view, fault_kinds> colours{"#c0392b",
                                                            "#e67e22",
                                                            "#f1c40f",
                                                            "#d4ac0d",
                                                            "#7d3c98",
                                                            "#2980b9",
                                                            "#16a085",
                                                            "#27ae60",
                                                            "#7f8c8d",
                                                            "#34495e"};

struct text_at {
    double x;
    double y;
    std::string_view anchor = "start";
};

class drawing {
public:
    explicit drawing(const timeline& run)
        : run_(run), seconds_(std::max<std::size_t>(1, run.grants.size()))
    {
        out_ << R"(<svg xmlns="http://www.w3.org/2000/svg" width=")" << width << R"(" height=")"
             << height << R"(" font-family="sans-serif" font-size="12">)"
             << R"(<rect width="100%" height="100%" fill="white"/>)" << '\n';
    }

    std::string draw()
    {
        text({left, 25}, run_.title);
        draw_grants();
        draw_losses();
        draw_rows();
        draw_faults();
        draw_seconds();
        out_ << "</svg>\n";
        return out_.str();
    }

private:
    double x_of(double second) const
    {
        return left + plot_width * second / static_cast<double>(seconds_);
    }

    void text(const text_at& where, std::string_view words)
    {
        out_ << "<text x=\"" << where.x << "\" y=\"" << where.y << "\" text-anchor=\""
             << where.anchor << "\">" << words << "</text>\n";
    }

    void draw_grants()
    {
        const auto most = run_.grants.empty()
                              ? 1
                              : std::max<std::uint64_t>(1, *std::ranges::max_element(run_.grants));
        text({left - 8, chart_top + 10, "end"}, std::to_string(most));
        text({left - 8, chart_top + chart_height / 2, "end"}, "grants per second");
        text({left - 8, chart_top + chart_height, "end"}, "0");
        out_ << "<polyline fill=\"none\" stroke=\"#1f618d\" stroke-width=\"1.5\" points=\"";
        for (std::size_t second = 0; second < run_.grants.size(); ++second)
            out_ << x_of(static_cast<double>(second) + 0.5) << ','
                 << chart_top + chart_height -
                        chart_height * static_cast<double>(run_.grants[second]) /
                            static_cast<double>(most)
                 << ' ';
        out_ << "\"/>\n";
    }

    void draw_losses()
    {
        const double y = chart_top + chart_height + 14;
        text({left - 8, y + 4, "end"}, "holds lost");
        for (std::size_t second = 0; second < run_.losses.size(); ++second) {
            if (run_.losses[second] == 0)
                continue;
            out_ << "<circle cx=\"" << x_of(static_cast<double>(second) + 0.5) << "\" cy=\"" << y
                 << "\" r=\"" << std::min(7.0, 2 + 0.3 * static_cast<double>(run_.losses[second]))
                 << "\" fill=\"#c0392b\" fill-opacity=\"0.6\"><title>" << run_.losses[second]
                 << "</title></circle>\n";
        }
    }

    void draw_rows()
    {
        for (std::size_t kind = 0; kind < fault_kinds; ++kind) {
            const double y = rows_top + static_cast<double>(kind) * row_height;
            text({left - 8, y + row_height - 7, "end"}, name_of(static_cast<fault_kind>(kind)));
            out_ << "<line x1=\"" << left << "\" x2=\"" << left + plot_width << "\" y1=\""
                 << y + row_height << "\" y2=\"" << y + row_height << "\" stroke=\"#ddd\"/>\n";
        }
    }

    void draw_faults()
    {
        for (const auto& fault : run_.faults) {
            const auto kind = static_cast<std::size_t>(fault.planned.kind);
            const double begin = x_of(static_cast<double>(fault.begun.count()) / 1'000);
            const double end = x_of(static_cast<double>(fault.ended.count()) / 1'000);
            out_ << "<rect x=\"" << begin << "\" y=\""
                 << rows_top + static_cast<double>(kind) * row_height + 3 << "\" width=\""
                 << std::max(1.5, end - begin) << "\" height=\"" << row_height - 6 << "\" fill=\""
                 << colours.at(kind) << "\" fill-opacity=\"0.8\"><title>" << fault.text
                 << "</title></rect>\n";
        }
    }

    void draw_seconds()
    {
        const std::size_t step = std::max<std::size_t>(5, seconds_ / 60 * 5);
        for (std::size_t second = 0; second <= seconds_; second += step)
            text({x_of(static_cast<double>(second)), height - 15, "middle"},
                 std::to_string(second) + " s");
    }

    const timeline& run_;
    std::size_t seconds_;
    std::ostringstream out_;
};

} // namespace

std::string to_svg(const timeline& run)
{
    return drawing(run).draw();
}

} // namespace paddock::test
