#include "fault_plan.h"

#include <utility>

namespace {

using fault::Effect;
using fault::Moment;
using Silence = FaultPlan::Silence;

void silence(FaultPlan& plan, Silence how, Effect effect) {
  plan.silence = how;
  plan.carried_out = effect == Effect::applied;
}

// One overload for each mischief.

void add(FaultPlan& plan, const fault::Delay& delay) {
  (delay.carried_out == Moment::after ? plan.wait_before : plan.wait_after) += delay.wait;
}

void add(FaultPlan& plan, const fault::Hang& hang) {
  silence(plan, Silence::hang, hang.effect);
}

void add(FaultPlan& plan, const fault::Close& close) {
  silence(plan, Silence::close, close.effect);
}

void add(FaultPlan& plan, const fault::Reset& reset) {
  silence(plan, Silence::reset, reset.effect);
}

void add(FaultPlan& plan, const fault::CloseAfterAnswer&) {
  plan.close_after_answer = true;
}

void add(FaultPlan& plan, const fault::Answer& answer) {
  plan.answer = answer;
  plan.carried_out = answer.effect == Effect::applied;
}

void add(FaultPlan& plan, const fault::Rewrite& rewrite) {
  plan.rewrites.push_back(rewrite);
}

void add(FaultPlan& plan, const fault::Cut& cut) {
  plan.cut = cut;
}

void add(FaultPlan& plan, const fault::Pause& pause) {
  plan.pause = pause;
}

void add(FaultPlan& plan, const fault::Drip& drip) {
  plan.drip = drip;
}

void add(FaultPlan& plan, const fault::Chunked& chunked) {
  plan.chunked = chunked;
}

void add(FaultPlan& plan, const fault::Endless&) {
  plan.endless = true;
}

void add(FaultPlan& plan, const fault::Meanwhile& meanwhile) {
  (meanwhile.moment == Moment::before ? plan.before : plan.after).push_back(meanwhile.act);
}

}  // namespace

void ArmedFaults::arm(Fault fault) {
  const std::lock_guard lock{mutex_};
  armed_.push_back(Armed{.fault = std::move(fault)});
}

void ArmedFaults::disarm_all() {
  const std::lock_guard lock{mutex_};
  armed_.clear();
}

FaultPlan ArmedFaults::plan_for(std::string_view method, std::string_view target) {
  const std::lock_guard lock{mutex_};
  FaultPlan plan;
  for (Armed& armed : armed_) {
    if (befalls(armed, method, target)) {
      std::visit([&](const auto& mischief) { add(plan, mischief); }, armed.fault.mischief);
    }
  }
  return plan;
}

bool ArmedFaults::befalls(Armed& armed, std::string_view method, std::string_view target) {
  const Fault& fault = armed.fault;
  const bool matches = (fault.method.empty() || fault.method == method) &&
                       target.find(fault.path) != std::string_view::npos;
  if (!matches) {
    return false;
  }
  ++armed.met;
  return armed.met >= fault.nth && armed.met - fault.nth < fault.times;
}
