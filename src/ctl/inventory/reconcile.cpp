#include "ctl/inventory/reconcile.hpp"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "ctl/client/text.hpp"

namespace logistics::ctl {
namespace {

using Report = ::logistics::admin::ReconcileInventoryResponse;

std::string DriftText(const Report& report) {
  Table table({"product", "location", "drift>", "reserved>", "held by orders>"});
  for (const ::logistics::admin::LevelDrift& drift : report.drifts()) {
    const std::string expected = drift.expected_min() == drift.expected_max()
                                     ? absl::StrCat(drift.expected_min())
                                     : absl::StrCat(drift.expected_min(), "-", drift.expected_max());
    table.Add({drift.product_id(), drift.warehouse_id(), absl::StrCat(drift.drift() > 0 ? "+" : "", drift.drift()),
               drift.level_missing() ? "no level" : absl::StrCat(drift.reserved()), expected});
  }
  return table.ToString("  ");
}

std::string DamagedText(const Report& report) {
  Table table({"product", "location", "quantity>", "reserved>", "available>"});
  for (const ::logistics::admin::DamagedLevel& level : report.damaged()) {
    table.Add({level.product_id(), level.warehouse_id(), absl::StrCat(level.quantity()), absl::StrCat(level.reserved()),
               absl::StrCat(level.available())});
  }
  return table.ToString("  ");
}

std::string MultiLocationText(const Report& report) {
  Table table({"product", "locations"});
  for (const ::logistics::admin::MultiLocationProduct& product : report.multi_location()) {
    table.Add({product.product_id(), absl::StrJoin(product.warehouse_ids(), ", ")});
  }
  return table.ToString("  ");
}

std::string StuckText(const Report& report) {
  Table table({"order", "steps", "tries>", "for>", "last error"});
  for (const ::logistics::admin::StuckSettlement& stuck : report.stuck()) {
    const absl::Duration age = absl::Trunc(absl::Seconds(stuck.age_seconds()), absl::Seconds(1));
    table.Add({stuck.reservation_id(), OneLine(stuck.steps()), absl::StrCat(stuck.attempts()),
               absl::FormatDuration(age), OneLine(stuck.last_error())});
  }
  return table.ToString("  ");
}

std::string InDoubtText(const Report& report) {
  Table table({"order", "product", "sku", "location", "pieces>", "since", "why"});
  for (const ::logistics::admin::RestockInDoubt& restock : report.in_doubt()) {
    table.Add({restock.reservation_id(), restock.product_id(), Named(restock.sku()), restock.warehouse_id(),
               absl::StrCat(restock.quantity()), TimeText(restock.since()), OneLine(restock.reason())});
  }
  return table.ToString("  ");
}

std::string ReportText(const Report& report, bool fix) {
  if (report.embedded()) return "nothing to reconcile: the daemon keeps the stock itself\n";
  std::string text;
  const auto section = [&](int rows, std::string_view head, const auto& body) {
    if (rows > 0) text.append(head).append("\n").append(body(report));
  };
  section(report.drifts_size(), "reserved there differs from the reservations of our orders:", DriftText);
  section(report.damaged_size(), "damaged there, reserved below 0 or not adding up:", DamagedText);
  section(report.multi_location_size(),
          "in several locations there, which its releases and commits mix up:", MultiLocationText);
  section(report.stuck_size(), "not confirmed for too long, still tried:", StuckText);
  section(report.in_doubt_size(), "put back without an answer, look at the level and adjust by hand:", InDoubtText);
  if (fix) {
    absl::StrAppend(&text, report.settled_again(), " reservations are released or committed again",
                    report.settled_again_all() ? "" : "; there are more, repeat this later", "\n");
  }
  absl::StrAppend(&text, report.levels(), " levels compared, ");
  if (report.drift_products() == 0) return text.append("no drift\n");
  return absl::StrCat(text, report.drift_products(), " products drift by ", report.drift_pieces(), " pieces\n");
}

}  // namespace

int ReconcileInventory(Session& session, const ::logistics::admin::ReconcileInventoryRequest& request) {
  Report report;
  const int called = session.Call(
      [&](grpc::ClientContext& context) { return session.admin().ReconcileInventory(&context, request, &report); });
  if (called != kExitOk) return called;
  const int answered = session.Answer(report, [&] { return ReportText(report, request.fix()); });
  if (answered != kExitOk) return answered;
  return report.drift_products() > 0 || report.damaged_size() > 0 ? kExitDrift : kExitOk;
}

}  // namespace logistics::ctl
