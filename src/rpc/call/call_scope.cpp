#include "rpc/call/call_scope.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "logistics/base/code_name.hpp"
#include "logistics/base/cut_text.hpp"
#include "logistics/domain/errors.hpp"
#include "logistics/domain/validation.hpp"
#include "rpc/call/status_mapping.hpp"

namespace logistics::rpc {
namespace {

constexpr absl::Duration kRetryWhenNoThread = absl::Milliseconds(250);
constexpr std::size_t kCorrelationIdBytesMax = 128;
constexpr std::size_t kTraceparentBytes = 55;
constexpr std::size_t kLoggedIdBytesMax = 128;

bool IsCorrelationId(std::string_view text) {
  return !text.empty() && text.size() <= kCorrelationIdBytesMax && domain::IsPrintableAscii(text);
}

std::optional<std::string_view> FindMetadata(const grpc::ServerContextBase& context, const char* key) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(key);
  if (found == metadata.end()) return std::nullopt;
  return std::string_view(found->second.data(), found->second.size());
}

absl::Time DeadlineOf(const grpc::ServerContext& context, const ServerOptions& options, absl::Time now) {
  const std::chrono::system_clock::time_point given = context.deadline();
  if (given == std::chrono::system_clock::time_point::max()) return now + options.default_deadline;
  return std::min(absl::FromChrono(given), now + options.max_deadline);
}

}  // namespace

std::string TakeCorrelationId(grpc::ServerContextBase& context, ports::IdGenerator& ids) {
  const std::optional<std::string_view> given = FindMetadata(context, ports::kCorrelationIdKey);
  std::string id = given && IsCorrelationId(*given) ? std::string(*given) : ids.NewId().ToString();
  context.AddTrailingMetadata(ports::kCorrelationIdKey, id);
  return id;
}

bool IsWellFormedTraceparent(std::string_view text) {
  if (text.size() != kTraceparentBytes) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool dash = i == 2 || i == 35 || i == 52;
    if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
  }
  const auto all_zero = [](std::string_view id) { return id.find_first_not_of('0') == std::string_view::npos; };
  return text.substr(0, 2) != "ff" && !all_zero(text.substr(3, 32)) && !all_zero(text.substr(36, 16));
}

Method::Method(std::string name, ports::Metrics& metrics)
    : name_(std::move(name)),
      metrics_(metrics),
      seconds_(metrics.GetHistogram("logistics_rpc_seconds", "How long calls took to answer", ports::LatencyBounds(),
                                    {{"method", name_}})) {
  MakeCounter(grpc::StatusCode::OK);
}

ports::Counter& Method::MakeCounter(grpc::StatusCode code) {
  ports::Counter& counter = metrics_.GetCounter("logistics_rpc_total", "Calls answered, by status code",
                                                {{"method", name_}, {"code", base::CodeName(code)}});
  by_code_[static_cast<std::size_t>(code)].store(&counter);
  return counter;
}

void Method::Count(grpc::StatusCode code, double seconds) {
  ports::Counter* counter = by_code_[static_cast<std::size_t>(code)].load();
  if (counter == nullptr) counter = &MakeCounter(code);
  counter->Increment();
  seconds_.Observe(seconds);
}

CallRuntime::CallRuntime(const ServerOptions& options, service::CallQueue& tasks, ports::IdGenerator& ids,
                         ports::Metrics& metrics, ports::Log& log)
    : options_(options),
      ids_(ids),
      metrics_(metrics),
      log_(log),
      admission_(options.calls_max, metrics),
      loop_(tasks, metrics),
      pool_(options.threads_max, options.blocking_calls_max) {}

absl::Status CallRuntime::RunOnPool(service::WorkerPool::Work work) {
  if (pool_.TryRun(std::move(work))) return absl::OkStatus();
  return domain::RetryLaterError(absl::StatusCode::kResourceExhausted,
                                 absl::StrCat("too many calls at once, at most ", pool_.work_max(), " of this kind"),
                                 kRetryWhenNoThread);
}

void CallRuntime::Log(const Outcome& outcome) {
  const ports::LogLevel level = HidesText(outcome.status) ? ports::LogLevel::kError : ports::LogLevel::kInfo;
  if (!log_.Enabled(level)) return;
  const std::string code = base::CodeName(outcome.code);  // the fields are views
  std::array<ports::LogField, 6> fields;
  std::size_t count = 0;
  const auto add = [&](std::string_view key, const auto& value) { fields[count++] = ports::LogField::Of(key, value); };
  add("method", outcome.method);
  add("code", code);
  add("ms", outcome.taken.count() * 1000);
  add("correlation_id", outcome.correlation_id);
  if (!outcome.order_id.empty()) add("order_id", outcome.order_id);
  const absl::string_view error = outcome.status.message();
  if (!outcome.status.ok()) add("error", std::string_view(error.data(), error.size()));
  log_.Write(level, "rpc", std::span(fields.data(), count));
}

CallScope::CallScope(CallRuntime& runtime, Method& method, grpc::ServerContext& context)
    : runtime_(runtime), method_(method), server_context_(context), start_(std::chrono::steady_clock::now()) {
  context_.correlation_id = TakeCorrelationId(context, runtime.ids());
  const std::optional<std::string_view> traceparent = FindMetadata(context, ports::kTraceparentKey);
  if (traceparent && IsWellFormedTraceparent(*traceparent)) context_.traceparent = std::string(*traceparent);

  const absl::Time now = absl::Now();
  context_.deadline = DeadlineOf(context, runtime.options(), now);
  admitted_ = runtime.admission().TryEnter();
  entered_ = admitted_.ok();
  if (entered_ && context_.deadline <= now) {
    admitted_ = absl::DeadlineExceededError("the deadline had passed before the call began");
  }
}

CallScope::~CallScope() { Leave(); }

void CallScope::Leave() {
  if (std::exchange(entered_, false)) runtime_.admission().Leave();
}

std::optional<std::string_view> CallScope::metadata(const char* key) const {
  return FindMetadata(server_context_, key);
}

void CallScope::set_order_id(std::string_view order_id) { order_id_ = base::CutText(order_id, kLoggedIdBytesMax); }

grpc::Status CallScope::Finish(const absl::Status& status) {
  grpc::Status answer = ToGrpcStatus(status, context_.correlation_id);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start_;
  method_.Count(answer.error_code(), taken.count());
  runtime_.Log({status, answer.error_code(), method_.name(), taken, context_.correlation_id, order_id_});
  Leave();
  return answer;
}

}  // namespace logistics::rpc
