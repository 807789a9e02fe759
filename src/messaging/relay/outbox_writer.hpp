#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "logistics/ports/outbox.hpp"
#include "messaging/relay/leadership.hpp"
#include "messaging/relay/publish_window.hpp"
#include "messaging/relay/quarantined_keys.hpp"

namespace logistics::messaging {

// Stores the outcomes of publications: quarantines refused messages and deletes confirmed ones, several at once. After
// a call that failed the term is over, and the next one reads again what is still there. Belongs to one thread.
class OutboxWriter {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // The references outlive the writer.
  OutboxWriter(Leadership& leadership, PublishWindow& window, QuarantinedKeys& keys)
      : leadership_(leadership), window_(window), keys_(keys) {}

  // A message whose key is in quarantine goes there too.
  void Quarantine(ports::OutboxMessage message) { to_quarantine_.push_back(std::move(message)); }
  // Stores the outcomes of the window when that is due. `refusal` is why the broker refused the last message.
  void Write(Time now, const std::string& refusal);
  bool Due(Time now) const;
  // Nothing waits here or in the window to be stored.
  bool idle() const { return to_quarantine_.empty() && window_.confirmed() == 0; }
  // Forgets everything: the term is over.
  void Reset();
  // When Write is due for what the window has now.
  Time NextDue(Time now) const;

 private:
  Leadership& leadership_;
  PublishWindow& window_;
  QuarantinedKeys& keys_;
  std::vector<ports::OutboxMessage> to_quarantine_;
  Time delete_at_ = Time::max();  // when the confirmed ones have waited long enough
  Time move_at_ = Time::min();    // when the start position may move over commits without events
};

}  // namespace logistics::messaging
