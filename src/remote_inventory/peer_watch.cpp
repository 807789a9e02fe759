#include "remote_inventory/peer_watch.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "remote_inventory/errors.hpp"

namespace logistics::remote_inventory {
namespace {

constexpr char kCorrelationId[] = "inventory-watch";

}  // namespace

PeerWatch::PeerWatch(std::string display, bool gzip, std::shared_ptr<grpc::Channel> channel, PeerCaller& caller,
                     ports::HealthReporter& health, ports::Metrics& metrics)
    : display_(std::move(display)),
      gzip_(gzip),
      channel_(std::move(channel)),
      caller_(caller),
      health_(health),
      connected_(
          metrics.GetGauge("logistics_inventory_connected", "1 while there is a connection to the inventory service")),
      stub_(::inventory::InventoryService::NewStub(channel_)) {}

PeerWatch::~PeerWatch() { Stop(); }

void PeerWatch::Start() {
  Report(channel_->GetState(/*try_to_connect=*/true));
  thread_ = std::jthread([this] { Run(); });
}

void PeerWatch::Stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void PeerWatch::Run() {
  while (!stopping_) {
    const grpc_connectivity_state state = channel_->GetState(/*try_to_connect=*/true);
    if (state == GRPC_CHANNEL_READY) {
      why_.clear();
      why_at_ = absl::InfinitePast();
      const bool probe = caller_.breaker().WantsProbe();
      const bool wrong_peer_due = caller_.wrong_peer() && absl::Now() - asked_at_ >= kWrongPeerAskedAgain;
      const bool due = !answered_ || wrong_peer_due;
      if (probe || (due && caller_.breaker().state() == BreakerState::kClosed)) Ask();
    } else {
      answered_ = false;
    }
    if (state == GRPC_CHANNEL_TRANSIENT_FAILURE) AskWhy();
    Report(state);
    // Also the pause after a question without an answer.
    channel_->WaitForStateChange(state, absl::ToChronoTime(absl::Now() + kStateWait));
  }
}

void PeerWatch::Ask() {
  asked_at_ = absl::Now();
  ports::CallContext context;
  context.correlation_id = kCorrelationId;
  const CallOutcome outcome = caller_.Once(PeerMethod::kListItems, context, [this](grpc::ClientContext& client) {
    ::inventory::ListItemsRequest request;
    request.set_page(1);
    request.set_page_size(1);
    ::inventory::ListItemsResponse response;
    return stub_->ListItems(&client, request, &response);
  });
  // Any answer shows that a service is there; PeerCaller knows whether it is the right one.
  answered_ =
      outcome.sent() && VerdictOf(outcome.answer, absl::ZeroDuration(), absl::InfiniteDuration()) == Verdict::kAnswered;
}

void PeerWatch::AskWhy() {
  const absl::Time now = absl::Now();
  if (now - why_at_ < kWhyAskedAgain) return;
  why_at_ = now;
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(now + kStateWait));
  context.AddMetadata(ports::kCorrelationIdKey, kCorrelationId);
  ::inventory::ListItemsRequest request;
  request.set_page(1);
  request.set_page_size(1);
  ::inventory::ListItemsResponse response;
  const grpc::Status status = stub_->ListItems(&context, request, &response);
  if (status.error_code() != grpc::StatusCode::UNAVAILABLE) return;
  std::string why = OneLine(status.error_message());
  if (why == why_) return;
  why_ = std::move(why);
  spdlog::warn("inventory: no connection to {}: {}", display_, why_);
}

void PeerWatch::Report(grpc_connectivity_state state) {
  connected_.Set(state == GRPC_CHANNEL_READY ? 1 : 0);
  std::string trouble = Trouble(state);
  if (trouble == reported_) return;
  health_.Report("inventory", trouble.empty() ? ports::HealthState::kUp : ports::HealthState::kDegraded, trouble);
  reported_ = std::move(trouble);
}

std::string PeerWatch::Trouble(grpc_connectivity_state state) const {
  if (state != GRPC_CHANNEL_READY) {
    return absl::StrCat("connecting to ", display_, "; new orders are refused until it is there",
                        why_.empty() ? "" : "; ", why_);
  }
  if (caller_.wrong_peer()) {
    return absl::StrCat(display_,
                        " is the wrong peer, it answers UNIMPLEMENTED; INVENTORY_SERVICE_URL has to name the "
                        "inventory service",
                        gzip_ ? ", which has to know gzip or inventory.remote.compression be none" : "");
  }
  if (!answered_ || caller_.breaker().state() != BreakerState::kClosed) {
    return absl::StrCat("connected to ", display_, ", which does not answer; new orders are refused until it does");
  }
  return "";
}

}  // namespace logistics::remote_inventory
