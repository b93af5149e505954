#include "hostile_api.h"

#include <vector>

#include "../support/api_faults.h"

namespace torture {

namespace {

using Faults = std::vector<NamedFault>;

void append(Faults& all, Faults more) {
  for (NamedFault& one : more) {
    all.push_back(std::move(one));
  }
}

/// What befalls a request that is carried out all the same.
Faults lost_answers() {
  using fault::Effect;
  return {
      {"closed, though carried out", fault::Close{Effect::applied}, ""},
      {"reset, though carried out", fault::Reset{Effect::applied}, ""},
      {"nothing, though carried out", fault::Hang{Effect::applied}, ""},
      {"502, though carried out", fault::applied(fault::edge_page(502)), ""},
      {"a page, though carried out", fault::applied(fault::html()), ""},
  };
}

const Faults& faults() {
  static const Faults kAll = [] {
    Faults all = lost_answers();
    append(all, passing_faults());
    append(all, final_refusals());
    append(all, harmless_faults());
    append(all, silences());
    return all;
  }();
  return kAll;
}

std::string befall(LoopbackCloudflare& cloudflare, std::size_t request, const NamedFault& fault) {
  cloudflare.arm({.nth = request, .mischief = fault.mischief});
  return fault.name + " at request " + std::to_string(request);
}

std::string arm_one(LoopbackCloudflare& cloudflare, const Kind& kind, std::size_t number) {
  return number < faults().size() ? befall(cloudflare, kind.requests.at(0), faults()[number]) : "";
}

std::string arm_pair(LoopbackCloudflare& cloudflare, const Kind& kind, std::size_t number) {
  const std::size_t first = number / faults().size();
  const std::size_t second = number % faults().size();
  if (first >= faults().size()) {
    return "";
  }
  return befall(cloudflare, kind.requests.at(0), faults()[first]) + ", " +
         befall(cloudflare, kind.requests.at(1), faults()[second]);
}

std::string arm_cut(LoopbackCloudflare& cloudflare, const Kind& kind, std::size_t number) {
  const fault::Ending ending = number % 2 == 0 ? fault::Ending::close : fault::Ending::reset;
  const fault::Cut cut{.after = number, .of = fault::Part::answer, .ending = ending};
  return befall(cloudflare, kind.requests.at(0), {"cut", cut, ""});
}

}  // namespace

std::string arm(LoopbackCloudflare& cloudflare, const Kind& kind, long nth) {
  const auto number = static_cast<std::size_t>(nth - 1);
  if (kind.how == "pair") {
    return arm_pair(cloudflare, kind, number);
  }
  return kind.how == "cut" ? arm_cut(cloudflare, kind, number) : arm_one(cloudflare, kind, number);
}

}  // namespace torture
