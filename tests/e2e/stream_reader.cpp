#include "e2e/stream_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "absl/time/clock.h"
#include "fakes/eventually.hpp"

namespace logistics::e2e {
namespace {

// Between two tries at a daemon that is not there.
constexpr absl::Duration kStreamPause = absl::Milliseconds(20);
constexpr std::size_t kDifferencesShownMax = 5;

bool InvitesToComeBack(grpc::StatusCode code) {
  return code == grpc::StatusCode::UNAVAILABLE || code == grpc::StatusCode::CANCELLED ||
         code == grpc::StatusCode::RESOURCE_EXHAUSTED;
}

// The window of HTTP/2 stays what it is at first, so that it is known what a reader takes without reading.
grpc::ChannelArguments FixedWindow() {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  return arguments;
}

std::set<ToldChange> HistoryOf(const World& world, const order::StreamOrderUpdatesRequest& scope) {
  std::string sql = "SELECT order_id, version FROM order_status_history";
  if (!scope.order_id().empty()) sql += " WHERE order_id = '" + scope.order_id() + "'";
  if (!scope.customer_id().empty()) {
    sql += " WHERE order_id IN (SELECT id FROM orders WHERE customer_id = '" + scope.customer_id() + "')";
  }
  std::set<ToldChange> changes;
  for (const auto& row : world.database.Query(sql)) changes.emplace(row[0].c_str(), row[1].as<std::int64_t>());
  return changes;
}

// Those of `all` that `some` has not.
std::string Without(const std::set<ToldChange>& all, const std::set<ToldChange>& some) {
  std::vector<ToldChange> rest;
  std::set_difference(all.begin(), all.end(), some.begin(), some.end(), std::back_inserter(rest));
  std::string text = std::to_string(rest.size());
  for (std::size_t i = 0; i < std::min(rest.size(), kDifferencesShownMax); ++i) {
    text += " " + rest[i].first + "/" + std::to_string(rest[i].second);
  }
  return text;
}

}  // namespace

StreamReader::StreamReader(Where where, order::StreamOrderUpdatesRequest scope)
    : where_(std::move(where)), scope_(std::move(scope)), thread_([this] { Run(); }) {}

StreamReader::~StreamReader() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    if (call_ != nullptr) call_->TryCancel();
  }
  changed_.notify_all();
  thread_.join();
}

void StreamReader::Run() {
  for (;;) {
    const std::string address = where_();
    if (!address.empty() && !Follow(address)) return;
    std::unique_lock lock(mutex_);
    if (address.empty() || !heard_) {
      changed_.wait_for(lock, absl::ToChronoMilliseconds(kStreamPause), [this] { return stop_; });
    }
    if (stop_) return;
  }
}

bool StreamReader::Follow(const std::string& address) {
  const auto stub = order::OrderService::NewStub(Connect(address, FixedWindow()));
  grpc::ClientContext context;
  order::StreamOrderUpdatesRequest request;
  if (!Begin(context, request)) return false;
  const auto stream = stub->StreamOrderUpdates(&context, request);
  for (order::OrderStatusEvent event; AwaitRelease() && stream->Read(&event);) Take(event);
  return End(context, stream->Finish());
}

bool StreamReader::AwaitRelease() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !held_ || stop_; });
  return !stop_;
}

bool StreamReader::Begin(grpc::ClientContext& context, order::StreamOrderUpdatesRequest& request) {
  const std::lock_guard lock(mutex_);
  if (stop_) return false;
  call_ = &context;
  heard_ = false;
  of_stream_.clear();
  request = scope_;
  request.set_resume_token(token_);
  if (!token_.empty()) request.set_include_snapshot(false);
  return true;
}

void StreamReader::Take(const order::OrderStatusEvent& event) {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(heard_, true)) ++streams_;
  if (!event.resume_token().empty()) token_ = event.resume_token();
  if (event.order_id().empty()) return;
  told_.emplace(event.order_id(), event.version());
  std::int64_t& highest = highest_[event.order_id()];
  if (!event.resume_token().empty()) {  // a snapshot is in no order
    const std::string name = event.order_id() + "/" + std::to_string(event.version());
    if (highest != 0 && event.version() > highest + 1) faults_.push_back(name + " behind " + std::to_string(highest));
    std::int64_t& last = of_stream_[event.order_id()];
    if (last != 0 && event.version() != last + 1) {
      faults_.push_back(name + " behind " + std::to_string(last) + " on one stream");
    }
    last = event.version();
  }
  highest = std::max(highest, event.version());
}

bool StreamReader::End(const grpc::ClientContext& context, const grpc::Status& status) {
  const std::lock_guard lock(mutex_);
  call_ = nullptr;
  if (stop_) return false;
  ++ends_[status.error_code()];
  // All that came before it was read.
  if (const std::string token = EndToken(context, status); !token.empty()) token_ = token;
  if (InvitesToComeBack(status.error_code())) return true;
  faults_.push_back("ended with " + std::to_string(status.error_code()) + ": " + status.error_message());
  return false;
}

void StreamReader::Cut() {
  const std::lock_guard lock(mutex_);
  if (call_ != nullptr) call_->TryCancel();
}

void StreamReader::Hold() {
  const std::lock_guard lock(mutex_);
  held_ = true;
}

void StreamReader::Release() {
  {
    const std::lock_guard lock(mutex_);
    held_ = false;
  }
  changed_.notify_all();
}

bool StreamReader::AwaitToken() const {
  return fakes::Eventually([this] { return !token().empty(); }, kPatience);
}

bool StreamReader::AwaitTold(const ToldChange& change) const {
  return fakes::Eventually(
      [&] {
        const std::lock_guard lock(mutex_);
        return told_.contains(change);
      },
      kPatience);
}

bool StreamReader::AwaitStreams(int streams) const {
  return fakes::Eventually([&] { return this->streams() >= streams; }, kPatience);
}

std::string StreamReader::token() const {
  const std::lock_guard lock(mutex_);
  return token_;
}

std::set<ToldChange> StreamReader::told() const {
  const std::lock_guard lock(mutex_);
  return told_;
}

int StreamReader::streams() const {
  const std::lock_guard lock(mutex_);
  return streams_;
}

int StreamReader::EndedWith(grpc::StatusCode code) const {
  const std::lock_guard lock(mutex_);
  const auto found = ends_.find(code);
  return found == ends_.end() ? 0 : found->second;
}

std::vector<std::string> StreamReader::faults() const {
  const std::lock_guard lock(mutex_);
  return faults_;
}

order::StreamOrderUpdatesRequest OrdersOf(const std::string& customer_id) {
  order::StreamOrderUpdatesRequest request;
  request.set_customer_id(customer_id);
  return request;
}

order::StreamOrderUpdatesRequest OneOrder(const std::string& order_id) {
  order::StreamOrderUpdatesRequest request;
  request.set_order_id(order_id);
  return request;
}

std::string EndToken(const grpc::ClientContext& context, const grpc::Status& status) {
  const auto& trailing = context.GetServerTrailingMetadata();
  if (const auto found = trailing.find("resume-token"); found != trailing.end()) {
    return {found->second.data(), found->second.size()};
  }
  const std::string words = "resume-token: ";
  const std::size_t at = status.error_message().find(words);
  return at == std::string::npos ? "" : status.error_message().substr(at + words.size());
}

void ExpectToldAll(const World& world, const StreamReader& reader, const order::StreamOrderUpdatesRequest& scope) {
  const std::set<ToldChange> history = HistoryOf(world, scope);
  fakes::Eventually([&] { return reader.told().size() >= history.size() || !reader.faults().empty(); }, kPatience);
  const std::set<ToldChange> told = reader.told();
  EXPECT_TRUE(told == history) << "of " << history.size() << " changes it missed " << Without(history, told)
                               << " and was told what never was: " << Without(told, history) << "; after "
                               << reader.streams() << " streams its token is " << reader.token();
  std::string faults;
  for (const std::string& fault : reader.faults()) faults += "\n" + fault;
  EXPECT_TRUE(faults.empty()) << faults;
}

}  // namespace logistics::e2e
