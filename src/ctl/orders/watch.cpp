#include "ctl/orders/watch.hpp"

#include <cstdio>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "ctl/client/failure.hpp"
#include "ctl/client/stopper.hpp"
#include "ctl/client/text.hpp"
#include "ctl/orders/seen_versions.hpp"
#include "logistics/base/backoff.hpp"

namespace logistics::ctl {
namespace {

constexpr std::size_t kSeenOrdersMax = 10'000;
constexpr absl::Duration kBackoffMin = absl::Milliseconds(100);
constexpr absl::Duration kBackoffMax = absl::Seconds(5);
constexpr std::size_t kChangeWidth = 23;  // "processing -> cancelled"

std::string ChangeText(const ::order::OrderStatusEvent& event) {
  if (event.previous_status() != ::order::ORDER_STATUS_UNKNOWN) {
    return absl::StrCat(StatusText(event.previous_status()), " -> ", StatusText(event.new_status()));
  }
  // Events of a snapshot have no token.
  return absl::StrCat(event.resume_token().empty() ? "is " : "new -> ", StatusText(event.new_status()));
}

std::string LineOf(const ::order::OrderStatusEvent& event) {
  std::string line = absl::StrCat(TimeText(event.timestamp()), "  ", OneLine(event.order_id()), "  ");
  std::string change = ChangeText(event);
  if (!event.notes().empty()) {
    change.resize(std::max(change.size(), kChangeWidth), ' ');
    absl::StrAppend(&change, "  ", OneLine(event.notes()));
  }
  return absl::StrCat(line, change, "\n");
}

// Whether another try, of the same request or with a later token, may succeed.
bool MayGoOn(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::OK:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::UNAVAILABLE:
      return true;
    default:
      return false;
  }
}

class Watcher {
 public:
  Watcher(Session& session, const WatchArguments& arguments)
      : session_(session),
        arguments_(arguments),
        stopper_(arguments.time),
        token_(arguments.request.resume_token()),
        seen_(kSeenOrdersMax) {}

  int Run() {
    for (int failed = 0;; ++failed) {
      received_ = false;
      grpc::ClientContext context;
      const grpc::Status status = Stream(context);
      if (written_ == Written::kFailed) return kExitRefused;
      if (stopper_.stopped() || over()) break;
      if (!MayGoOn(status.error_code()) || !ever_received_) {
        const int code = session_.Fail(context, status);
        if (status.error_code() == grpc::StatusCode::OUT_OF_RANGE) {
          std::fputs("  begin anew without --token, with --snapshot for the orders as they stand\n", stderr);
        } else if (ever_received_) {
          PrintToken();
        }
        return code;
      }
      if (received_) failed = 0;
      PrintEnd(session_.FailureOf(context, status));
      if (stopper_.WaitFor(base::BackoffDelay(kBackoffMin, kBackoffMax, failed, random_))) break;
    }
    PrintToken();
    return kExitOk;
  }

 private:
  bool over() const { return written_ != Written::kAll || (arguments_.count > 0 && shown_ == arguments_.count); }

  // One stream, to its end.
  grpc::Status Stream(grpc::ClientContext& context) {
    session_.Prepare(context);
    context.set_wait_for_ready(ever_received_);
    ::order::StreamOrderUpdatesRequest request = arguments_.request;
    request.set_resume_token(token_);
    if (!token_.empty()) request.set_include_snapshot(false);
    stopper_.SetCall(&context);
    const auto stream = session_.orders().StreamOrderUpdates(&context, request);
    ::order::OrderStatusEvent event;
    while (!over() && stream->Read(&event)) Take(event);
    if (over()) context.TryCancel();
    const grpc::Status status = stream->Finish();
    stopper_.SetCall(nullptr);
    // The trailing token is valid only for a stream that was read to its end.
    if (const std::string token = TrailingValue(context, "resume-token"); !token.empty() && !over()) token_ = token;
    return status;
  }

  void Take(const ::order::OrderStatusEvent& event) {
    if (!received_) std::fputs(ever_received_ ? "connected again\n" : "connected\n", stderr);
    received_ = true;
    ever_received_ = true;
    printed_end_.clear();
    const bool change = !event.order_id().empty();
    // A script may want to keep the token of an event without a change.
    if (change ? seen_.Add(event.order_id(), event.version()) : session_.json()) {
      written_ = session_.Show(event, [&event] { return LineOf(event); });
      if (written_ != Written::kAll) return;
      if (change) ++shown_;
    }
    if (!event.resume_token().empty()) token_ = event.resume_token();
  }

  // Once for each reason, until an event is received again.
  void PrintEnd(const Failure& failure) {
    const std::string reason = failure.status.ok() ? "closed by the server" : Headline(failure);
    if (reason == printed_end_) return;
    printed_end_ = reason;
    std::fprintf(stderr, "the stream ended (%s); going on %s\n", reason.c_str(),
                 token_.empty() ? "from the beginning: what happens meanwhile may be missing without --snapshot"
                                : absl::StrCat("from ", token_).c_str());
  }

  void PrintToken() const {
    if (!token_.empty()) std::fprintf(stderr, "to go on from here: --token %s\n", token_.c_str());
  }

  Session& session_;
  const WatchArguments& arguments_;
  Stopper stopper_;
  std::string token_;  // after the last change shown
  SeenVersions seen_;
  std::minstd_rand random_{std::random_device{}()};
  std::int64_t shown_ = 0;
  Written written_ = Written::kAll;
  bool received_ = false;       // of the present stream
  bool ever_received_ = false;  // the address and the request are right
  std::string printed_end_;
};

}  // namespace

int WatchOrders(Session& session, const WatchArguments& arguments) { return Watcher(session, arguments).Run(); }

}  // namespace logistics::ctl
