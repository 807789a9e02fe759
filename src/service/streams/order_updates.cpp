#include "logistics/service/streams/order_updates.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "logistics/domain/errors.hpp"
#include "service/streams/order_hub.hpp"

namespace logistics::service {
namespace {

constexpr std::string_view kNoUuid = "must be a UUID of 36 characters";

}  // namespace

OrderUpdates::OrderUpdates(ports::OrderLog& log, ports::Metrics& metrics, const OrderUpdatesOptions& options)
    : hub_(std::make_unique<Hub>(log, metrics, options)) {}

OrderUpdates::~OrderUpdates() = default;

void OrderUpdates::Start() { hub_->Start(); }
void OrderUpdates::Wake() { hub_->Wake(); }
void OrderUpdates::Stop() { hub_->Stop(); }
void OrderUpdates::Unsubscribe(const std::shared_ptr<OrderFeed>& feed) { hub_->Unsubscribe(feed); }

absl::StatusOr<std::shared_ptr<OrderFeed>> OrderUpdates::Subscribe(const OrderUpdatesRequest& request,
                                                                   std::function<void()> wake) {
  std::vector<domain::FieldViolation> violations;
  ports::OrderScope scope;
  if (!request.customer_id.empty()) {
    scope.customer_id = domain::CustomerId::Parse(request.customer_id);
    if (!scope.customer_id) violations.push_back({"customer_id", std::string(kNoUuid)});
  }
  if (!request.order_id.empty()) {
    scope.order_id = domain::OrderId::Parse(request.order_id);
    if (!scope.order_id) violations.push_back({"order_id", std::string(kNoUuid)});
    if (!request.customer_id.empty()) {
      violations.push_back({"customer_id", "must be empty when order_id is given: one order or one customer"});
    }
  }
  std::optional<ResumePoint> from;
  if (!request.resume_token.empty()) {
    from = DecodeResumeToken(request.resume_token);
    if (!from) violations.push_back({"resume_token", "is not a token of this service, or was changed on its way"});
    if (request.include_snapshot) {
      violations.push_back({"include_snapshot", "must be false with a resume_token: what is resumed misses nothing"});
    }
  }
  if (!violations.empty()) return domain::InvalidFieldsError(violations);
  return hub_->Subscribe(scope, from, request.include_snapshot, std::move(wake));
}

}  // namespace logistics::service
