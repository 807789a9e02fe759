#include "storage/coordination/leases.hpp"

namespace logistics::storage {
namespace {

constexpr Statement kAcquire = {
    "acquire_lease",
    "INSERT INTO leases (name, holder, expires_at) "
    "VALUES ($1::text, $2::uuid, clock_timestamp() + $3::bigint * interval '1 millisecond') "
    "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at "
    "WHERE leases.holder = excluded.holder OR leases.expires_at < clock_timestamp() "
    "RETURNING " LOGISTICS_WITHOUT_DISK_WAIT};
constexpr Statement kRelease = {
    "release_lease",
    "DELETE FROM leases WHERE name = $1::text AND holder = $2::uuid RETURNING " LOGISTICS_WITHOUT_DISK_WAIT};

}  // namespace

bool AcquireLease(Session& session, const std::string& name, const domain::Uuid& holder, absl::Duration ttl) {
  const Params params = Params().Add(name).Add(holder).Add(absl::ToInt64Milliseconds(ttl));
  return !session.Execute(kAcquire, params).empty();
}

void ReleaseLease(Session& session, const std::string& name, const domain::Uuid& holder) {
  session.Execute(kRelease, Params().Add(name).Add(holder));
}

}  // namespace logistics::storage
