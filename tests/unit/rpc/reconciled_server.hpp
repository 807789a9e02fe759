#pragma once

#include "fakes/scripted_ledger.hpp"
#include "fakes/scripted_peer.hpp"
#include "logistics/service/saga/reconciler.hpp"
#include "unit/rpc/server_fixture.hpp"

namespace logistics::rpc {

// A server whose stock another service keeps, as far as the reconciler is concerned: over books and a peer that the
// test writes.
class ReconciledServer : public ServerFixture {
 protected:
  void StartRemote() { Start(&reconciler_); }
  void StartEmbedded() { Start(nullptr); }

  const domain::LevelKey chair_{domain::ProductId(ids_.NewId()), domain::WarehouseId(ids_.NewId())};
  fakes::ScriptedLedger ledger_;
  fakes::ScriptedPeer peer_;
  fakes::StuckSettlements settlements_;

 private:
  service::Reconciler reconciler_{ledger_, settlements_, peer_, ids_, metrics_, log_, [] {
                                    service::ReconcilerOptions options;
                                    options.pause = absl::ZeroDuration();
                                    return options;
                                  }()};
};

}  // namespace logistics::rpc
