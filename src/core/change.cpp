#include "core/change.h"

namespace {

bool holds(const std::vector<Record>& records, const IpAddress& address) {
  return records.size() == 1 && records.front().content == address;
}

/// Kinds after which the write may have taken effect all the same.
bool outcome_is_open(ApiFailure::Kind kind) {
  switch (kind) {
    case ApiFailure::Kind::untrusted:
    case ApiFailure::Kind::refused:
    case ApiFailure::Kind::gone:
    case ApiFailure::Kind::no_zone:
    case ApiFailure::Kind::several_zones:
      return false;
    case ApiFailure::Kind::no_answer:
    case ApiFailure::Kind::broken_answer:
    case ApiFailure::Kind::server:
    case ApiFailure::Kind::deadline:
      return true;
  }
  return true;
}

/// The write's answer was lost or no answer at all: what does the record say?
Task<Change> find_out(RecordStore& store, Record seen, IpAddress target, ApiFailure failure) {
  const auto after = co_await store.read();
  if (!after) {
    co_return Unconfirmed{failure};
  }
  if (holds(*after, target)) {
    co_return Written{};
  }
  if (*after == std::vector{seen}) {
    co_return NotWritten{failure};
  }
  co_return Conflict{*after, Overwrote::unknown};
}

}  // namespace

Task<Change> change(RecordStore& store, Record seen, IpAddress target, LastWord last_word) {
  const auto again = co_await store.read();
  if (!again) {
    co_return NotWritten{again.error()};
  }
  if (holds(*again, target)) {
    co_return AlreadyThere{};
  }
  if (*again != std::vector{seen}) {
    co_return Conflict{*again};
  }
  if (const auto withheld = last_word()) {
    co_return *withheld;
  }
  if (!store.may_still_write()) {
    co_return NotWritten{{.kind = ApiFailure::Kind::deadline}};
  }

  const auto written = co_await store.write(seen.id, target);
  if (!written && written.error().kind == ApiFailure::Kind::gone) {
    co_return Conflict{};
  }
  if (!written && !outcome_is_open(written.error().kind)) {
    co_return NotWritten{written.error()};
  }
  if (written && written->id == seen.id && written->content == target) {
    co_return Written{};
  }
  const ApiFailure failure = written ? ApiFailure{.kind = ApiFailure::Kind::broken_answer,
                                                  .message = "the answer named another address"}
                                     : written.error();
  auto found_out = find_out(store, seen, target, failure);
  Change& found = co_await found_out;
  co_return std::move(found);
}
