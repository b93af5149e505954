#include "app/metrics.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <set>

#include "app/report.h"
#include "value/text.h"

namespace {

/// A metric as a scraper meets it.
struct Family {
  const char* name;
  const char* type;
  const char* help;
};

// In the order in which people read them.
constexpr Family kOrigin{"cf_failover_origin_info", "gauge",
                         "The address that the record points to, and its role."};
constexpr Family kProbe{"cf_failover_probe_success", "gauge",
                        "Whether the last probe found the address accessible; absent if unknown."};
constexpr Family kProbeTime{"cf_failover_probe_duration_seconds", "gauge",
                            "How long the last probe took, all attempts together."};
constexpr Family kCertificate{"cf_failover_certificate_expiry_timestamp_seconds", "gauge",
                              "When the certificate that the address showed expires."};
constexpr Family kLastRun{"cf_failover_last_run_timestamp_seconds", "gauge",
                          "When the last run began."};
constexpr Family kLastSuccess{"cf_failover_last_success_timestamp_seconds", "gauge",
                              "When the last run with exit status 0 began."};
constexpr Family kLastChange{"cf_failover_last_change_timestamp_seconds", "gauge",
                             "When the last run that changed the record began."};
constexpr Family kChanges{"cf_failover_changes_total", "counter",
                          "Confirmed changes of the record by this host."};
constexpr Family kFailures{"cf_failover_consecutive_failures", "gauge",
                           "Runs in a row whose exit status was not 0."};
constexpr Family kRequests{"cf_failover_api_requests", "gauge",
                           "Requests to Cloudflare's API in the last run."};
constexpr Family kLimit{"cf_failover_api_rate_limit_remaining", "gauge",
                        "Requests that Cloudflare's API had left, by its last answer."};
constexpr Family kDuration{"cf_failover_run_duration_seconds", "gauge",
                           "How long the last run took."};
constexpr Family kStatus{"cf_failover_exit_status", "gauge", "Exit status of the last run."};
constexpr Family kHold{"cf_failover_hold", "gauge",
                       "Whether automatic changes are suspended: 1 if so."};
constexpr Family kOutbox{"cf_failover_outbox_notices", "gauge",
                         "Notices that have not been delivered yet."};

constexpr std::array kFamilies{&kOrigin,      &kProbe,      &kProbeTime, &kCertificate, &kLastRun,
                               &kLastSuccess, &kLastChange, &kChanges,   &kFailures,    &kRequests,
                               &kLimit,       &kDuration,   &kStatus,    &kHold,        &kOutbox};

std::string number(double value) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.10g", value);
  return text.data();
}

std::string seconds(UnixTime time) {
  constexpr std::int64_t kThousand = 1000;
  const std::int64_t count = time.time_since_epoch().count();
  const std::string fraction = std::to_string(kThousand + count % kThousand).substr(1);
  return std::to_string(count / kThousand) + "." + fraction;
}

std::string seconds(double milliseconds) {
  constexpr double kThousand = 1000;
  return number(milliseconds / kThousand);
}

/// Names and addresses of ours need no escaping.
std::string record_labels(const RunReport& report) {
  return "record=\"" + report.name.str() + "\",type=\"" + std::string(to_text(report.type)) + "\"";
}

/// The samples by family, each a line without its end.
class Samples {
 public:
  void add(const Family& family, const std::string& labels, const std::string& value) {
    lines_[family.name] +=
        std::string(family.name) + (labels.empty() ? "" : "{" + labels + "}") + " " + value + "\n";
  }

  /// Lines that were written before, of records that are not ours now.
  void keep_others(const std::string& before, const std::vector<MeasuredRun>& ours) {
    std::set<std::string_view> kept;  // A sample that stands twice would spoil the file.
    for (const std::string_view line : split(before, '\n')) {
      const auto brace = line.find('{');
      const bool is_old = is_sample(line) && !is_of(ours, line.substr(brace + 1));
      if (!is_old || !kept.insert(line.substr(0, line.rfind(' '))).second) {
        continue;
      }
      lines_[std::string(line.substr(0, brace))] += std::string(line) + "\n";
    }
  }

  std::string text() const {
    std::string text;
    for (const Family* const family : kFamilies) {
      const auto lines = lines_.find(family->name);
      if (lines != lines_.end()) {
        text += std::string("# HELP ") + family->name + " " + family->help + "\n# TYPE " +
                family->name + " " + family->type + "\n" + lines->second;
      }
    }
    return text;
  }

 private:
  /// As we write them: plain names, and values with nothing to escape.
  static bool is_label(std::string_view label) {
    const auto equals = label.find("=\"");
    if (equals == label.npos || equals == 0 || label.size() < equals + 3 || label.back() != '"') {
      return false;
    }
    const std::string_view name = label.substr(0, equals);
    const std::string_view value = label.substr(equals + 2, label.size() - equals - 3);
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz_";
    return name.find_first_not_of(kLetters) == name.npos &&
           std::all_of(value.begin(), value.end(), [](char c) {
             return is_alphanumeric(c) ||
                    std::string_view(".:-_*").find(c) != std::string_view::npos;
           });
  }

  /// A line of ours, whoever wrote it: rubbish would make the collector refuse the whole file.
  static bool is_sample(std::string_view line) {
    const auto brace = line.find('{');
    const auto end = line.rfind("} ");
    if (brace == line.npos || end == line.npos || line.substr(brace + 1, 8) != "record=\"") {
      return false;
    }
    const auto labels = split(line.substr(brace + 1, end - brace - 1), ',');
    const bool is_whole = std::all_of(labels.begin(), labels.end(), is_label) &&
                          parse_number<double>(line.substr(end + 2)).has_value();
    return is_whole && std::any_of(kFamilies.begin(), kFamilies.end(), [&](const Family* family) {
             return line.substr(0, brace) == family->name;
           });
  }

  static bool is_of(const std::vector<MeasuredRun>& runs, std::string_view labels) {
    return std::any_of(runs.begin(), runs.end(), [&](const MeasuredRun& run) {
      return labels.starts_with(record_labels(run.report));
    });
  }

  std::map<std::string, std::string> lines_;
};

void add_probes(Samples& samples, const RunReport& report, const std::string& labels) {
  for (const ProbeResult& probe : report.probes) {
    const std::string of_probe = labels + ",address=\"" + probe.address.str() + "\",role=\"" +
                                 std::string(role_name(report.sites.role_of(probe.address))) + "\"";
    if (probe.health != Health::unknown) {
      samples.add(kProbe, of_probe, probe.health == Health::up ? "1" : "0");
    }
    if (probe.attempts > 0) {
      samples.add(kProbeTime, of_probe, seconds(probe.ms));
    }
    if (probe.certificate_expires) {
      samples.add(kCertificate, of_probe, std::to_string(unix_seconds(*probe.certificate_expires)));
    }
  }
}

void add_counters(Samples& samples, const Counters& counters, const std::string& labels) {
  if (counters.last_success) {
    samples.add(kLastSuccess, labels, seconds(*counters.last_success));
  }
  if (counters.last_change) {
    samples.add(kLastChange, labels, seconds(*counters.last_change));
  }
  for (const auto kind :
       {PastChange::Kind::failover, PastChange::Kind::failback, PastChange::Kind::switched}) {
    const auto count = counters.changes.find(kind);
    samples.add(kChanges, labels + ",action=\"" + std::string(to_text(kind)) + "\"",
                std::to_string(count == counters.changes.end() ? 0 : count->second));
  }
  samples.add(kFailures, labels, std::to_string(counters.failures_in_a_row));
}

void add_run(Samples& samples, const MeasuredRun& run) {
  const RunReport& report = run.report;
  const std::string labels = record_labels(report);
  if (const auto origin = report.origin_after()) {
    samples.add(kOrigin,
                labels + ",origin=\"" + origin->str() + "\",role=\"" +
                    std::string(role_name(report.sites.role_of(*origin))) + "\"",
                "1");
  }
  add_probes(samples, report, labels);
  samples.add(kLastRun, labels, seconds(report.now));
  add_counters(samples, run.counters, labels);
  samples.add(kRequests, labels, std::to_string(report.api_requests));
  if (report.api_requests_left) {
    samples.add(kLimit, labels, std::to_string(*report.api_requests_left));
  }
  samples.add(kDuration, labels, seconds(report.elapsed_ms));
  samples.add(kStatus, labels, std::to_string(to_int(exit_status(report))));
  samples.add(kHold, labels, report.hold ? "1" : "0");
}

}  // namespace

std::string metrics_text(const std::vector<MeasuredRun>& runs, std::size_t outbox,
                         const std::string& before) {
  Samples samples;
  for (const MeasuredRun& run : runs) {
    add_run(samples, run);
  }
  samples.keep_others(before, runs);
  samples.add(kOutbox, "", std::to_string(outbox));
  return samples.text();
}
