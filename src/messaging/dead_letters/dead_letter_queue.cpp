#include "messaging/dead_letters/dead_letter_queue.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "messaging/amqp/connection.hpp"
#include "messaging/amqp/dialer.hpp"
#include "messaging/amqp/message_properties.hpp"
#include "messaging/amqp/socket_watchdog.hpp"
#include "messaging/amqp/topology.hpp"
#include "messaging/dead_letters/dead_letter.hpp"

namespace logistics::messaging {
namespace {

constexpr char kLockPrefix[] = "logisticsctl.dlq.";
constexpr absl::Duration kWaitSlice = absl::Milliseconds(100);
constexpr absl::Duration kAnswerSlice = absl::Seconds(1);

bool BelongsToDeath(std::string_view header) {
  // x-delivery-count is the broker's count of the deliveries of this letter.
  return header == kDeadReasonHeader || header == kDeadAtHeader || header == kDeadConsumerHeader ||
         header == kDeadAttemptsHeader || header == "x-delivery-count";
}

}  // namespace

// A connection and the broker's answers on it.
class DeadLetterQueue::Link final : private ConnectionListener {
 public:
  static absl::StatusOr<std::unique_ptr<Link>> Open(const BrokerOptions& options, const std::string& purpose) {
    std::unique_ptr<Link> link(new Link(options));
    BrokerDialer dialer(options, purpose, link->watchdog_, [] { return false; });
    absl::StatusOr<std::unique_ptr<Connection>> connection = dialer.Dial();
    if (!connection.ok()) return connection.status();
    link->connection_ = *std::move(connection);
    return link;
  }

  Connection& connection() { return *connection_; }

  absl::Status Service() {
    const absl::Status status = connection_->ProcessInput(*this);
    return status.ok() ? ended_ : status;
  }

  // The answer to the message published last.
  struct Answer {
    bool given = false;
    bool nacked = false;
    std::string returned;
  };
  Answer answer;

  // The number of letters still to be read; further ones stay in hand unread.
  std::size_t wanted = 0;
  std::size_t bytes = 0;
  std::vector<Letter> letters;

 private:
  explicit Link(const BrokerOptions& options) : watchdog_(options.operation_timeout) {}

  void OnAck(std::uint64_t /*tag*/, bool /*multiple*/) override { answer.given = true; }
  void OnNack(std::uint64_t /*tag*/, bool /*multiple*/) override { answer.given = answer.nacked = true; }
  void OnReturned(std::string_view /*message_id*/, std::string_view reason) override { answer.returned = reason; }
  void OnChannelClosed(const absl::Status& why) override { ended_ = absl::UnavailableError(why.message()); }
  void OnBlocked(std::string_view /*reason*/) override {}
  void OnUnblocked() override {}
  void OnDelivery(Delivery&& delivery) override {
    if (wanted == 0) return;
    bytes += delivery.body.size();
    if (bytes > kLetterBytesInHandMax) {
      wanted = 0;
      return;
    }
    --wanted;
    letters.push_back(LetterOf(std::move(delivery), letters.size()));
  }
  void OnConsumerEnded(const absl::Status& why) override { ended_ = absl::UnavailableError(why.message()); }

  SocketWatchdog watchdog_;  // outlives the connection
  std::unique_ptr<Connection> connection_;
  absl::Status ended_;
};

DeadLetterQueue::DeadLetterQueue(const BrokerOptions& options, std::string queue)
    : options_(options), queue_(std::move(queue)), dead_letter_queue_(DeadLetterQueueOf(queue_)) {}

DeadLetterQueue::~DeadLetterQueue() {
  if (taker_) taker_->connection().Close();
  if (keeper_) keeper_->connection().Close();
}

absl::StatusOr<std::unique_ptr<DeadLetterQueue>> DeadLetterQueue::Open(const BrokerOptions& options,
                                                                       const std::string& queue) {
  std::unique_ptr<DeadLetterQueue> opened(new DeadLetterQueue(options, queue));
  absl::StatusOr<std::unique_ptr<Link>> keeper = Link::Open(opened->options_, "dlq command");
  if (!keeper.ok()) return keeper.status();
  opened->keeper_ = *std::move(keeper);
  Connection& connection = opened->keeper_->connection();
  const absl::Status locked = connection.DeclareExclusiveQueue(kLockPrefix + queue);
  if (absl::IsFailedPrecondition(locked)) {
    return absl::FailedPreconditionError(
        absl::StrCat("another dlq command runs on ", queue, ": try again when it has ended (", locked.message(), ")"));
  }
  if (!locked.ok()) return locked;
  const absl::StatusOr<std::size_t> count = opened->Count();
  if (!count.ok()) return count.status();
  const absl::Status channel = connection.OpenPublishChannel();
  if (!channel.ok()) return channel;
  return opened;
}

absl::StatusOr<std::size_t> DeadLetterQueue::Count() { return keeper_->connection().CountMessages(dead_letter_queue_); }

absl::Status DeadLetterQueue::CheckQueue() { return keeper_->connection().CountMessages(queue_).status(); }

absl::StatusOr<std::vector<Letter>> DeadLetterQueue::Take(std::size_t count) {
  if (count == 0) return std::vector<Letter>();
  absl::StatusOr<std::unique_ptr<Link>> taker = Link::Open(options_, "dlq letters");
  if (!taker.ok()) return taker.status();
  taker_ = *std::move(taker);
  const std::size_t wanted = std::min(count, kLettersInHandMax);
  taker_->wanted = wanted;
  absl::Status status = taker_->connection().Consume(dead_letter_queue_, static_cast<int>(kLettersInHandMax));
  // Goes on as long as letters come.
  std::size_t seen = 0;
  while (status.ok() && taker_->wanted > 0) {
    status = Await(options_.operation_timeout, kAnswerSlice,
                   [&] { return taker_->wanted == 0 || taker_->letters.size() > seen; });
    if (status.ok() && taker_->letters.size() == seen && taker_->wanted > 0) {
      status = absl::UnavailableError(absl::StrCat("the broker gave out ", seen, " of ", wanted, " letters of ",
                                                   dead_letter_queue_, ": does another consumer read it?"));
    }
    seen = taker_->letters.size();
  }
  if (status.ok()) return std::move(taker_->letters);
  taker_.reset();
  return status;
}

absl::Status DeadLetterQueue::PutBack() {
  if (!taker_) return absl::OkStatus();
  const std::unique_ptr<Link> taker = std::move(taker_);
  // A connection lost meanwhile shows here. Once the broker has closed its side, it has processed all acks.
  const absl::Status status = taker->Service();
  if (!status.ok()) return status;
  return taker->connection().CloseAndWait();
}

absl::Status DeadLetterQueue::Republish(const Letter& letter) {
  MessageProperties properties(letter.properties);
  properties.RemoveHeaders([](std::string_view name) { return BelongsToDeath(name) || SendsElsewhere(name); });
  if (!letter.original_exchange.empty()) properties.SetTextOnce(kOriginalExchangeHeader, letter.original_exchange);
  if (!letter.original_routing_key.empty()) {
    properties.SetTextOnce(kOriginalRoutingKeyHeader, letter.original_routing_key);
  }
  properties.RemoveUserId();
  properties.MakePersistent();
  absl::Status status = Service();
  if (!status.ok()) return status;
  keeper_->answer = {};
  {
    const Connection::Burst burst(keeper_->connection());
    status = keeper_->connection().Send("", queue_, properties.properties(), letter.body).status();
  }
  if (!status.ok()) return status;
  const Link::Answer& answer = keeper_->answer;
  status = Await(options_.operation_timeout, kAnswerSlice, [&] { return answer.given; });
  if (!status.ok()) return status;
  if (!answer.given) {
    return absl::UnavailableError(absl::StrCat("the broker did not answer within ",
                                               absl::FormatDuration(options_.operation_timeout),
                                               ": does it have a memory or disk alarm?"));
  }
  if (!answer.returned.empty()) {
    return absl::NotFoundError(absl::StrCat("there is no queue ", queue_, " (", answer.returned, ")"));
  }
  if (answer.nacked) {
    return absl::ResourceExhaustedError(absl::StrCat("queue ", queue_, " does not take it: is it full?"));
  }
  return absl::OkStatus();
}

absl::Status DeadLetterQueue::Remove(const Letter& letter) {
  if (!taker_) return absl::UnavailableError("the letters were put back");
  return taker_->connection().Ack(letter.tag);
}

absl::Status DeadLetterQueue::Wait(absl::Duration time, const std::function<bool()>& done) {
  return Await(time, kWaitSlice, done);
}

absl::Status DeadLetterQueue::Service() {
  const absl::Status status = keeper_->Service();
  return status.ok() && taker_ ? taker_->Service() : status;
}

absl::Status DeadLetterQueue::Await(absl::Duration time, absl::Duration slice, const std::function<bool()>& done) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point until = Clock::now() + absl::ToChronoNanoseconds(time);
  while (true) {
    const absl::Status status = Service();
    if (!status.ok()) return status;
    const absl::Duration left = absl::FromChrono(until - Clock::now());
    if (done() || left <= absl::ZeroDuration()) return absl::OkStatus();
    std::array<pollfd, 2> sockets = {pollfd{keeper_->connection().fd(), POLLIN, 0},
                                     pollfd{taker_ ? taker_->connection().fd() : -1, POLLIN, 0}};
    const absl::Duration wait = std::min(left, slice) + absl::Milliseconds(1);
    ::poll(sockets.data(), sockets.size(), static_cast<int>(absl::ToInt64Milliseconds(wait)));
  }
}

}  // namespace logistics::messaging
