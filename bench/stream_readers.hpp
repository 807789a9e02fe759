#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <limits>
#include <memory>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "order.grpc.pb.h"
#include "order_requests.hpp"

namespace logistics::bench {

inline constexpr std::chrono::seconds kPatience{60};

// On a connection of its own.
inline std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

// Many readers without a thread each.
class Readers {
 public:
  // With a customer of its own each, who orders nothing, or of all orders.
  Readers(const std::string& address, int count, int per_connection, bool of_nobody) {
    std::mt19937_64 random(std::random_device{}());
    std::unique_ptr<order::OrderService::Stub> stub;
    for (int i = 0; i < count; ++i) {
      if (i % per_connection == 0) stub = order::OrderService::NewStub(Connect(address));
      readers_.push_back(std::make_unique<Reader>(*this, *stub, of_nobody ? RandomUuid(random) : ""));
    }
  }
  ~Readers() {
    for (const auto& reader : readers_) reader->context.TryCancel();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_ == readers_.size(); });
  }
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;

  void AwaitGreeted() {
    Await("a first token", [this] { return greeted_ == readers_.size(); });
  }
  void AwaitReceived(std::size_t changes) {
    {
      const std::lock_guard lock(mutex_);
      wanted_ = changes;
    }
    Await("all changes", [this] { return received_ >= wanted_; });
  }

 private:
  struct Reader final : grpc::ClientReadReactor<order::OrderStatusEvent> {
    Reader(Readers& all_readers, order::OrderService::Stub& stub, const std::string& customer) : all(all_readers) {
      request.set_customer_id(customer);
      stub.async()->StreamOrderUpdates(&context, &request, this);
      StartRead(&event);
      StartCall();
    }
    void OnReadDone(bool ok) override {
      if (!ok) return;
      const bool change = !event.order_id().empty();
      StartRead(&event);
      all.Note(change);
    }
    void OnDone(const grpc::Status&) override {
      const std::lock_guard lock(all.mutex_);
      ++all.ended_;
      all.changed_.notify_all();
    }
    Readers& all;
    grpc::ClientContext context;
    order::StreamOrderUpdatesRequest request;
    order::OrderStatusEvent event;
  };

  // The first of a stream is a token.
  void Note(bool change) {
    const std::lock_guard lock(mutex_);
    ++(change ? received_ : greeted_);
    if (received_ >= wanted_ || greeted_ == readers_.size()) changed_.notify_all();
  }
  template <typename Condition>
  void Await(const char* what, const Condition& condition) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, condition)) {
      throw std::runtime_error(std::string("not all readers got ") + what);
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t greeted_ = 0;  // guarded by mutex_, as the next three
  std::size_t received_ = 0;
  std::size_t wanted_ = std::numeric_limits<std::size_t>::max();
  std::size_t ended_ = 0;
  std::vector<std::unique_ptr<Reader>> readers_;
};

}  // namespace logistics::bench
