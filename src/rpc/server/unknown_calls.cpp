#include "rpc/server/unknown_calls.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "logistics/base/cut_text.hpp"
#include "logistics/domain/validation.hpp"
#include "rpc/call/status_mapping.hpp"

namespace logistics::rpc {
namespace {

constexpr std::size_t kLoggedMethodBytesMax = 128;

// That gRPC may hand over before the loop has asked for the next.
constexpr int kAwaited = 2;

}  // namespace

// Answers at once and reads nothing. Owns itself.
class UnknownCalls::Call final : public CallLoop::Event {
 public:
  static void Await(UnknownCalls& calls) {
    Call& call = *new Call(calls);
    grpc::ServerCompletionQueue& queue = calls.runtime_.loop().queue();
    calls.runtime_.loop().CallBegins();
    calls.service_.RequestCall(&call.context_, &call.stream_, &queue, &queue, static_cast<Event*>(&call));
  }

  void Proceed(bool ok) override {
    if (ok && !std::exchange(answered_, true)) {
      Await(calls_);
      return stream_.Finish(calls_.Refuse(context_), static_cast<Event*>(this));
    }
    calls_.runtime_.loop().CallEnds();
    delete this;
  }

 private:
  explicit Call(UnknownCalls& calls) : calls_(calls) {}

  UnknownCalls& calls_;
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_{&context_};
  bool answered_ = false;
};

void UnknownCalls::AwaitCalls() {
  for (int i = 0; i < kAwaited; ++i) Call::Await(*this);
}

grpc::Status UnknownCalls::Refuse(grpc::GenericServerContext& context) {
  std::string_view name = context.method();
  if (name.substr(0, 1) == "/") name.remove_prefix(1);
  const std::string correlation_id = TakeCorrelationId(context, runtime_.ids());
  const absl::Status status =
      absl::UnimplementedError(absl::StrCat(domain::Quoted(name), " is no method of this server"));
  const grpc::Status answer = ToGrpcStatus(status, correlation_id);
  method_.Count(answer.error_code(), 0);
  runtime_.Log({status, answer.error_code(), base::CutText(name, kLoggedMethodBytesMax), std::chrono::seconds(0),
                correlation_id, ""});
  return answer;
}

}  // namespace logistics::rpc
