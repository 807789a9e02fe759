#include "rpc/server/unknown_calls.hpp"

#include <chrono>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "logistics/base/cut_text.hpp"
#include "logistics/domain/validation.hpp"
#include "rpc/call/status_mapping.hpp"

namespace logistics::rpc {
namespace {

constexpr std::size_t kLoggedMethodBytesMax = 128;

// Answers at once and reads nothing.
class Refusal final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Refusal(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

}  // namespace

UnknownCalls::UnknownCalls(CallRuntime& runtime) : runtime_(runtime), method_("unknown", runtime.metrics()) {}

grpc::ServerGenericBidiReactor* UnknownCalls::CreateReactor(grpc::GenericCallbackServerContext* context) {
  std::string_view name = context->method();
  if (name.substr(0, 1) == "/") name.remove_prefix(1);
  const std::string correlation_id = TakeCorrelationId(*context, runtime_.ids());
  const absl::Status status =
      absl::UnimplementedError(absl::StrCat(domain::Quoted(name), " is no method of this server"));
  const grpc::Status answer = ToGrpcStatus(status, correlation_id);
  method_.Count(answer.error_code(), 0);
  runtime_.Log({status, answer.error_code(), base::CutText(name, kLoggedMethodBytesMax), std::chrono::seconds(0),
                correlation_id, ""});
  return new Refusal(answer);
}

}  // namespace logistics::rpc
