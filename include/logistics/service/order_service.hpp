// The order use cases: check, decide, store, answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "logistics/domain/order.hpp"
#include "logistics/ports/call_context.hpp"
#include "logistics/ports/clock.hpp"
#include "logistics/ports/id_generator.hpp"
#include "logistics/ports/order_store.hpp"

namespace logistics::service {

// Requests as they come off the wire: nothing checked.
struct UpdateStatusRequest {
  std::string order_id;
  int new_status = 0;  // as on the wire, unknown numbers included
  std::string notes;
  std::string changed_by;
  std::int64_t expected_version = 0;  // 0 = any
};

struct CancelRequest {
  std::string order_id;
  std::string reason;
  std::string cancelled_by;
  std::int64_t expected_version = 0;  // 0 = any
};

struct ListRequest {
  int page = 0;       // 0 = the first
  int page_size = 0;  // 0 = the default
  int status = 0;     // 0 = all
  std::string customer_id;
  std::optional<absl::Time> start_date;
  std::optional<absl::Time> end_date;
  std::string sort_by;  // empty = created_at
  bool sort_desc = false;
  std::string page_token;                         // as next_page_token gave it, with the same filters and sort
  std::vector<domain::FieldViolation> malformed;  // fields that could not be read, and are left out above
};

struct ListResult {
  ports::OrderPage page;
  int page_number = 1;
  int page_size = 0;
  std::string next_page_token;  // empty: nothing follows
};

// Thread-safe; calls block. Errors are those of the store, and INVALID_ARGUMENT naming every bad field.
class OrderService {
 public:
  // All references outlive the service.
  OrderService(ports::OrderStore& store, ports::IdGenerator& ids, const ports::Clock& clock,
               domain::OrderDefaults defaults);

  absl::StatusOr<domain::Order> CreateOrder(const domain::OrderDraft& draft, const ports::CallContext& context);
  absl::StatusOr<domain::Order> GetOrder(const std::string& order_id, const ports::CallContext& context);
  absl::StatusOr<domain::Order> UpdateStatus(const UpdateStatusRequest& request, const ports::CallContext& context);
  absl::StatusOr<domain::Order> Cancel(const CancelRequest& request, const ports::CallContext& context);
  absl::StatusOr<ListResult> List(const ListRequest& request, const ports::CallContext& context);

 private:
  ports::OrderStore& store_;
  ports::IdGenerator& ids_;
  const ports::Clock& clock_;
  domain::OrderDefaults defaults_;
};

}  // namespace logistics::service
