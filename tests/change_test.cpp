#include "core/change.h"

#include "support/catch.h"
#include "support/fakes.h"

namespace {

const IpAddress kOld = ip("192.0.2.10");
const IpAddress kNew = ip("198.51.100.20");
const IpAddress kThird = ip("203.0.113.9");
const Record kSeen{"372e67954025e0ba6aaa6d586b9e0b59", kOld};

using Kind = ApiFailure::Kind;
using Records = std::vector<Record>;

ApiResult<Records> failed(Kind kind) {
  return tl::unexpected(ApiFailure{.kind = kind});
}
ApiResult<Record> unanswered(Kind kind) {
  return tl::unexpected(ApiFailure{.kind = kind});
}

Record holding(const IpAddress& content) {
  return {kSeen.id, content};
}

struct Outcome {
  Change change;
  std::size_t writes;
};

Outcome change_with(FakeStore store) {
  auto task = change(store, kSeen, kNew, [] { return std::optional<Withheld>(); });
  REQUIRE(task.done());
  return {task.result(), store.writes.size()};
}

FakeStore store(std::deque<ApiResult<Records>> reads, std::deque<ApiResult<Record>> answers = {}) {
  FakeStore fake;
  fake.reads = std::move(reads);
  fake.answers = std::move(answers);
  return fake;
}

template <typename Expected>
bool is(const Outcome& outcome) {
  return std::holds_alternative<Expected>(outcome.change);
}

}  // namespace

TEST_CASE("A record that is as it was read is written once, and confirmed by the answer") {
  const Outcome outcome = change_with(store({Records{kSeen}}));

  CHECK(is<Written>(outcome));
  CHECK(outcome.writes == 1);
}

TEST_CASE("Nothing is written over what somebody else changed since the first read") {
  const Record replaced{"00000000000000000000000000000001", kOld};
  for (const Records& now : std::vector<Records>{
           {}, {holding(kThird)}, {replaced}, {kSeen, holding(kThird)}, {kSeen, holding(kNew)}}) {
    const Outcome outcome = change_with(store({now}));

    CHECK(is<Conflict>(outcome));
    CHECK(outcome.writes == 0);
  }
}

TEST_CASE("A record that already holds the target is done, whoever did it") {
  for (const std::string& id : {kSeen.id, std::string("00000000000000000000000000000001")}) {
    const Outcome outcome = change_with(store({Records{{id, kNew}}}));

    CHECK(is<AlreadyThere>(outcome));
    CHECK(outcome.writes == 0);
  }
}

TEST_CASE("Without a second read nothing is written") {
  for (const Kind kind : {Kind::no_answer, Kind::broken_answer, Kind::server, Kind::refused,
                          Kind::gone, Kind::deadline}) {
    const Outcome outcome = change_with(store({failed(kind)}));

    CHECK(is<NotWritten>(outcome));
    CHECK(outcome.writes == 0);
  }
}

TEST_CASE("Nothing is written when the deadline is too near") {
  FakeStore late = store({Records{kSeen}});
  late.in_time = false;

  const Outcome outcome = change_with(late);

  REQUIRE(is<NotWritten>(outcome));
  CHECK(std::get<NotWritten>(outcome.change).failure.kind == Kind::deadline);
  CHECK(outcome.writes == 0);
}

TEST_CASE("A refused write is not a success, and is not looked into") {
  const Outcome outcome = change_with(store({Records{kSeen}}, {unanswered(Kind::refused)}));

  CHECK(is<NotWritten>(outcome));
  CHECK(outcome.writes == 1);
}

TEST_CASE("A record that is gone when it is written was changed by somebody else") {
  const Outcome outcome = change_with(store({Records{kSeen}}, {unanswered(Kind::gone)}));

  CHECK(is<Conflict>(outcome));
  CHECK(outcome.writes == 1);
}

TEST_CASE("After a lost answer the record is read, and tells one of four things") {
  for (const Kind lost : {Kind::no_answer, Kind::broken_answer, Kind::server, Kind::deadline}) {
    const auto after = [&](const ApiResult<Records>& read) {
      const Outcome outcome = change_with(store({Records{kSeen}, read}, {unanswered(lost)}));
      CHECK(outcome.writes == 1);
      return outcome;
    };

    CHECK(is<Written>(after(Records{holding(kNew)})));
    CHECK(is<NotWritten>(after(Records{kSeen})));
    CHECK(is<Conflict>(after(Records{holding(kThird)})));
    CHECK(is<Conflict>(after(Records{})));
    CHECK(is<Unconfirmed>(after(failed(Kind::no_answer))));
    CHECK(is<Unconfirmed>(after(failed(Kind::deadline))));
  }
}

TEST_CASE("An answer that names another address or another record confirms nothing") {
  const Record other_id{"00000000000000000000000000000001", kNew};
  for (const Record& echoed : {holding(kThird), holding(kOld), other_id}) {
    const Outcome believed_after_read =
        change_with(store({Records{kSeen}, Records{holding(kNew)}}, {echoed}));
    const Outcome still_old = change_with(store({Records{kSeen}, Records{kSeen}}, {echoed}));

    CHECK(is<Written>(believed_after_read));
    CHECK(is<NotWritten>(still_old));
    CHECK(still_old.writes == 1);
  }
}
