// Others at the same record: what they do while the built program is about to write, and records
// that are not just the one that it may move.

#include <string>
#include <vector>

#include "support/api_scene.h"
#include "support/catch.h"

namespace {

using fault::Effect;
using fault::Moment;

constexpr const char* kRecord = "www.example.com";
constexpr const char* kCannotConfirm = "changed by somebody else during this run: ";

/// What somebody else does to the lab's record.
using Deed = std::function<void(Lab&)>;

void edit(Lab& lab) {
  lab.point_to(Lab::kOther);
}
void set_the_target(Lab& lab) {
  lab.point_to(Lab::kBackup);
}
void take_away(Lab& lab) {
  lab.cloudflare.remove(kRecord, "A");
}
void recreate(Lab& lab) {
  lab.cloudflare.recreate(kRecord, "A", Lab::kMain);
}
void recreate_at_the_target(Lab& lab) {
  lab.cloudflare.recreate(kRecord, "A", Lab::kBackup);
}
void add_a_second(Lab& lab) {
  lab.cloudflare.add_record({.name = kRecord, .content = Lab::kOther});
}

Deed meanwhile(Exchange exchange, Moment moment, const Deed& deed) {
  return [=](Lab& lab) {
    at(exchange, fault::Meanwhile{moment, [&lab, deed] { deed(lab); }}, 1)(lab);
  };
}

/// Right before the re-read.
Deed before_reread(const Deed& deed) {
  return meanwhile(Exchange::reread, Moment::before, deed);
}

/// Right before the PATCH.
Deed before_patch(const Deed& deed) {
  return meanwhile(Exchange::patch, Moment::before, deed);
}

/// Right after a PATCH whose answer is lost.
Deed after_lost_patch(Effect effect, const Deed& deed) {
  return [=](Lab& lab) {
    at(Exchange::patch, fault::Close{effect})(lab);
    meanwhile(Exchange::patch, Moment::after, deed)(lab);
  };
}

}  // namespace

TEST_CASE("What somebody else does before the write is not overwritten") {
  const std::string by_other = kCannotConfirm;
  const std::string untouched = "; nothing was overwritten\n";

  play({
      {"edits it", before_reread(edit), 5, by_other + "it holds 127.0.4.1 now" + untouched,
       Lab::kOther, 0},
      {"deletes it", before_reread(take_away), 5, by_other + "it is gone" + untouched, "", 0},
      {"recreates it", before_reread(recreate), 5, by_other, Lab::kMain, 0},
      {"adds another", before_reread(add_a_second), 5,
       by_other + "there are 2 of them now" + untouched, Lab::kMain, 0},
      {"makes the same change", before_reread(set_the_target), 0, "", Lab::kBackup, 0},
      {"makes the same change with a new record", before_reread(recreate_at_the_target), 0, "",
       Lab::kBackup, 0},
      {"deletes it right before the PATCH", before_patch(take_away), 5,
       by_other + "it is gone" + untouched, "", 1},
      {"recreates it right before the PATCH", before_patch(recreate), 5, by_other, Lab::kMain, 1},
  });
}

TEST_CASE("After a lost answer the record says whose change it holds") {
  const std::string by_other = kCannotConfirm;

  play({
      {"edited, ours was applied", after_lost_patch(Effect::applied, edit), 5,
       by_other + "it holds 127.0.4.1 now", Lab::kOther},
      {"edited, ours was not applied", after_lost_patch(Effect::none, edit), 5,
       by_other + "it holds 127.0.4.1 now", Lab::kOther},
      {"deleted, ours was applied", after_lost_patch(Effect::applied, take_away), 5,
       by_other + "it is gone", ""},
      {"recreated, ours was not applied", after_lost_patch(Effect::none, recreate), 5, by_other,
       Lab::kMain},
      {"a second one, ours was applied", after_lost_patch(Effect::applied, add_a_second), 5,
       by_other + "there are 2 of them now", Lab::kBackup},
      {"the same change, ours was not applied", after_lost_patch(Effect::none, set_the_target)},
  });
}

TEST_CASE("Somebody else's changes to what we do not touch stay, and are no conflict") {
  const auto lab = failover_due();
  before_reread([](Lab& of) {
    of.cloudflare.edit(kRecord, "A", {.ttl = 3600, .settings = std::map<std::string, bool>{}});
  })(*lab);

  const ProcessResult result = run_once(*lab);

  CHECK(result.status == 0);
  CHECK(lab->content() == Lab::kBackup);
  CHECK(lab->cloudflare.record(kRecord)->ttl == 3600);
}

TEST_CASE("A record that is missing is not made") {
  const auto lab = failover_due();
  lab->cloudflare.remove(kRecord, "A");

  const ProcessResult result = run_once(*lab);

  CHECK(result.status == 3);
  CHECK(result.out.empty());
  CHECK(result.err ==
        "cf-failover: error: www.example.com A: found no A record of that name in the zone\n"
        "cf-failover: hint: create it, with the address of MAIN; cf-failover creates and deletes "
        "nothing\n");
  CHECK(lab->cloudflare.records().empty());
}

TEST_CASE("A record of another type does not count") {
  const auto lab = failover_due();
  lab->cloudflare.remove(kRecord, "A");
  lab->cloudflare.add_record({.name = kRecord, .type = "AAAA", .content = "::1"});
  lab->cloudflare.add_record({.name = kRecord, .type = "TXT", .content = "127.0.2.1"});

  const ProcessResult result = run_once(*lab);

  CHECK(result.status == 3);
  CHECK(contains(result.err, "found no A record of that name"));
}

TEST_CASE("Records of other types and names beside ours are left alone") {
  const auto lab = failover_due();
  lab->cloudflare.add_record({.name = kRecord, .type = "AAAA", .content = "::1"});
  lab->cloudflare.add_record({.name = "www2.example.com", .content = Lab::kMain});
  lab->cloudflare.add_record({.name = "example.com", .content = Lab::kMain});

  const ProcessResult result = run_once(*lab);

  CHECK(result.out == success_line());
  CHECK(lab->cloudflare.record(kRecord, "AAAA")->content == "::1");
  CHECK(lab->cloudflare.record("www2.example.com")->content == Lab::kMain);
  CHECK(lab->cloudflare.record("example.com")->content == Lab::kMain);
}

TEST_CASE("Of two records none is moved") {
  const auto lab = failover_due();
  add_a_second(*lab);

  const ProcessResult result = run_once(*lab);

  CHECK(result.status == 3);
  CHECK(result.err ==
        "cf-failover: error: www.example.com A: found 2 A records of that name\n"
        "cf-failover: hint: keep just one of them: moving one would leave visitors at the "
        "others\n");
  CHECK(lab->cloudflare.writes().empty());
}

TEST_CASE("A list of another name, type or family than was asked for is not believed") {
  const auto [name, mischief] = GENERATE(table<std::string, fault::Mischief>({
      {"name", fault::replace("www.example.com", "ftp.example.com")},
      {"type", fault::replace("\"A\"", "\"TXT\"")},
      {"family", fault::replace("127.0.2.1", "::1")},
      {"no address", fault::replace("127.0.2.1", "localhost")},
  }));
  CAPTURE(name);
  const auto lab = failover_due();
  at(Exchange::list, mischief)(*lab);

  const ProcessResult result = run_once(*lab, {"--deadline", "500ms"});

  CHECK(result.status == 3);
  CHECK(contains(result.err, "could not read the record: "));
  CHECK(lab->cloudflare.writes().empty());
}

TEST_CASE("A list of something else is read again, as any broken answer") {
  const auto lab = failover_due();
  at(Exchange::list, fault::replace("www.example.com", "ftp.example.com"), 1)(*lab);

  const ProcessResult result = run_once(*lab);

  CHECK(result.status == 0);
  CHECK(lists(*lab) == 3);
  CHECK(lab->content() == Lab::kBackup);
}

TEST_CASE("A wildcard record is found by its own name, and moved") {
  const auto lab = failover_due();
  lab->cloudflare.add_record({.name = "*.example.com", .content = Lab::kMain});

  const ProcessResult result = run(with(one_run(*lab), "--record", "*.example.com"));

  CAPTURE(result.err);
  CHECK(result.status == 0);
  CHECK(contains(result.out, "*.example.com A: failover 127.0.2.1 -> 127.0.3.1 "));
  CHECK(lab->cloudflare.record("*.example.com")->content == Lab::kBackup);
  CHECK(lab->content() == Lab::kMain);
}

TEST_CASE("An AAAA record moves between IPv6 addresses, and the A record stays") {
  // Of the two kinds of IPv6 addresses that stay on this machine there is one each.
  const std::string main_address = "::1";
  const std::string backup_address = "::ffff:127.0.3.1";
  const auto lab = failover_due();
  lab->cloudflare.add_record({.name = kRecord, .type = "AAAA", .content = main_address});
  ProcessSpec spec = with(with(one_run(*lab), "--main", main_address), "--backup", backup_address);

  const ProcessResult result = run(spec);

  CAPTURE(result.err);
  CHECK(result.status == 0);
  CHECK(result.out == "www.example.com AAAA: failover ::1 -> ::ffff:127.0.3.1 (::1: refused)\n");
  REQUIRE(lab->cloudflare.writes().size() == 1);
  CHECK(lab->cloudflare.writes().front().body == R"({"content":"::ffff:127.0.3.1"})");
  CHECK(lab->cloudflare.record(kRecord, "AAAA")->content == backup_address);
  CHECK(lab->content() == Lab::kMain);
}

TEST_CASE("Another spelling of an IPv6 address in the record is the same address") {
  const LoopbackOrigin main({.address = "::1"});
  const auto lab = failover_due();
  lab->cloudflare.add_record({.name = kRecord, .type = "AAAA", .content = "0:0:0:0:0:0:0:1"});
  ProcessSpec spec = with(with(one_run(*lab), "--main", "::1"), "--backup", "::ffff:127.0.3.1");
  const std::string probe = "http://www.example.com:" + std::to_string(main.port()) + "/";

  const ProcessResult result = run(with(spec, "--probe", probe));

  CAPTURE(result.out, result.err);
  CHECK(result.status == 0);
  CHECK(result.out.empty());
  CHECK(lab->cloudflare.writes().empty());
}

TEST_CASE("The TTL is set only if asked for, and only with a change") {
  const auto lab = failover_due();

  run_once(*lab, {"--ttl", "120"});

  REQUIRE(lab->cloudflare.writes().size() == 1);
  CHECK(lab->cloudflare.writes().front().body == R"({"content":"127.0.3.1","ttl":120})");
  CHECK(lab->cloudflare.record(kRecord)->ttl == 120);

  const ProcessResult second = run_once(*lab, {"--ttl", "300"});

  CHECK(second.status == 0);
  CHECK(lab->cloudflare.writes().size() == 1);
  CHECK(lab->cloudflare.record(kRecord)->ttl == 120);
}

TEST_CASE("A change sends the content and nothing else") {
  const auto lab = failover_due();

  run_once(*lab);

  REQUIRE(lab->cloudflare.writes().size() == 1);
  const LoggedRequest write = lab->cloudflare.writes().front();
  CHECK(write.body == R"({"content":"127.0.3.1"})");
  CHECK(write.content_type == "application/json");
  CHECK(write.accept == "application/json");
  CHECK(write.credential == "Bearer ****");
  CHECK(lab->cloudflare.record(kRecord)->ttl == 60);
}

TEST_CASE("A proxied record stays proxied, with or without a TTL to set") {
  const Options more = GENERATE(Options{}, Options{"--ttl", "120"});
  const auto lab = failover_due();
  lab->cloudflare.edit(kRecord, "A", {.proxied = true});

  const ProcessResult result = run_once(*lab, more);

  CAPTURE(result.err);
  CHECK(result.status == 0);
  CHECK(result.out == success_line());
  CHECK(lab->content() == Lab::kBackup);
  CHECK(lab->cloudflare.record(kRecord)->proxied);
  CHECK(lab->cloudflare.record(kRecord)->ttl == 1);
}
