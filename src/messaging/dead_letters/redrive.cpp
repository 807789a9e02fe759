#include "messaging/dead_letters/redrive.hpp"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace logistics::messaging {
namespace {

constexpr absl::Duration kReturnTimeMax = absl::Seconds(10);

class Redriver {
 public:
  Redriver(DeadLetterQueue& queue, const RedriveOptions& options, const RedriveCallbacks& callbacks)
      : queue_(queue), options_(options), callbacks_(callbacks) {}

  RedriveResult Run() {
    result_.status = queue_.CheckQueue();
    if (!result_.status.ok()) return result_;
    const absl::StatusOr<std::size_t> count = queue_.Count();
    if (!count.ok()) {
      result_.status = count.status();
      return result_;
    }
    result_.there = *count;
    while (Part() == Next::kAnotherPart) AwaitReturn();
    return result_;
  }

 private:
  using Clock = std::chrono::steady_clock;
  enum class Next { kAnotherPart, kEnd };

  // Takes as many of the remaining letters as fit in memory, and redrives those of the plan.
  Next Part() {
    const std::size_t left_there = result_.there - removed_;
    const absl::StatusOr<std::vector<Letter>> letters = queue_.Take(left_there);
    if (!letters.ok()) {
      result_.status = letters.status();
      return Next::kEnd;
    }
    taken_at_ = Clock::now();
    LetterFilter filter = options_.filter;
    if (filter.limit != kNoLimit) filter.limit -= result_.redriven;
    const RedrivePlan plan = PlanRedrive(*letters, filter);
    std::size_t gone = 0;
    Next next = Next::kEnd;
    for (const std::size_t index : plan.chosen) {
      if (!MayGoOn()) break;
      const bool long_in_hand = Clock::now() - taken_at_ >= absl::ToChronoNanoseconds(options_.in_hand_max);
      if (long_in_hand && gone > 0 && !options_.dry_run) {
        next = Next::kAnotherPart;
        break;
      }
      if (!Move((*letters)[index])) break;
      ++gone;
    }
    const absl::Status put_back = queue_.PutBack();
    if (result_.status.ok() && !put_back.ok()) {
      result_.status = absl::UnavailableError(
          absl::StrCat("the connection was lost (", put_back.message(),
                       "): letters that were redriven last may still be in the dead letter queue too"));
    }
    if (!result_.status.ok() || result_.stopped) return Next::kEnd;
    if (next == Next::kEnd) {
      const std::size_t behind = left_there - letters->size();
      const bool enough = options_.filter.limit != kNoLimit && result_.redriven >= options_.filter.limit;
      if (behind > 0 && gone > 0 && !options_.dry_run && !enough) return Next::kAnotherPart;
      if (!enough) result_.not_looked_at = behind;
      for (const std::size_t index : plan.left) {
        ++result_.left;
        if (callbacks_.left) callbacks_.left((*letters)[index]);
      }
    }
    return next;
  }

  // The broker returns letters in its own time. Letters that came meanwhile must not be taken in their place.
  void AwaitReturn() {
    const std::size_t left_there = result_.there - removed_;
    const absl::Status waited = queue_.Wait(kReturnTimeMax, [&] {
      const absl::StatusOr<std::size_t> count = queue_.Count();
      return !count.ok() || *count >= left_there;
    });
    waited.IgnoreError();  // the next Take reports a lost connection
  }

  bool MayGoOn() {
    const auto stopped = [this] { return callbacks_.stopped && callbacks_.stopped(); };
    if (options_.rate_per_second > 0 && !options_.dry_run) {
      const absl::Duration wait = absl::FromChrono(next_at_ - Clock::now());
      if (wait > absl::ZeroDuration()) result_.status = queue_.Wait(wait, stopped);
      next_at_ =
          std::max(next_at_, Clock::now()) + absl::ToChronoNanoseconds(absl::Seconds(1.0 / options_.rate_per_second));
    }
    result_.stopped = stopped();
    return result_.status.ok() && !result_.stopped;
  }

  bool Move(const Letter& letter) {
    if (!options_.dry_run) {
      result_.status = callbacks_.record(letter);
      if (!result_.status.ok()) return false;
      result_.status = queue_.Republish(letter);
      if (result_.status.ok()) result_.status = queue_.Remove(letter);
      if (!result_.status.ok()) {
        if (callbacks_.stayed) callbacks_.stayed(letter, result_.status);
        return false;
      }
      ++removed_;
    }
    ++result_.redriven;
    if (callbacks_.redriven) callbacks_.redriven(letter);
    return true;
  }

  DeadLetterQueue& queue_;
  const RedriveOptions& options_;
  const RedriveCallbacks& callbacks_;
  RedriveResult result_;
  std::size_t removed_ = 0;
  Clock::time_point taken_at_;
  Clock::time_point next_at_;
};

}  // namespace

RedriveResult Redrive(DeadLetterQueue& queue, const RedriveOptions& options, const RedriveCallbacks& callbacks) {
  return Redriver(queue, options, callbacks).Run();
}

absl::StatusOr<std::size_t> Drop(DeadLetterQueue& queue, const std::vector<const Letter*>& letters,
                                 const std::function<absl::Status(const Letter& letter)>& record) {
  std::size_t dropped = 0;
  for (const Letter* letter : letters) {
    absl::Status status = record(*letter);
    if (status.ok()) status = queue.Remove(*letter);
    if (!status.ok()) {
      return absl::Status(status.code(), absl::StrCat(status.message(), "; ", dropped, " of ", letters.size(),
                                                      " letters may be dropped, the others are not"));
    }
    ++dropped;
  }
  const absl::Status done = queue.PutBack();
  if (done.ok()) return dropped;
  return absl::Status(done.code(), absl::StrCat(done.message(), "; all or a part of the ", dropped,
                                                " letters may still be in the dead letter queue"));
}

}  // namespace logistics::messaging
