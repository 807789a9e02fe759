// Several addresses of one peer, listed in its URL as a name with several addresses would give them.
#include "fakes/eventually.hpp"
#include "unit/remote_inventory/grpc/peer_fixture.hpp"

namespace logistics::remote_inventory {
namespace {

using fakes::IsOk;

// A replica of the service of the fixture, with a count of its own.
class SecondServer {
 public:
  SecondServer() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
  }
  ~SecondServer() { server_->Shutdown(std::chrono::system_clock::now()); }
  SecondServer(const SecondServer&) = delete;
  SecondServer& operator=(const SecondServer&) = delete;

  int port() const { return port_; }
  int Calls() { return service_.Calls("items"); }

 private:
  ScriptedService service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

class RoundRobinTest : public PeerFixture {
 protected:
  void SetUp() override {
    StartServer();
    options_.url = absl::StrCat("http://127.0.0.1:", port_, ",127.0.0.1:", second_.port());
    Connect();
    // The second connection may come up after the first, which then gets all.
    ASSERT_TRUE(fakes::Eventually([this] { return Ask().ok() && First() > 0 && second_.Calls() > 0; }, kPatience));
  }
  absl::Status Ask() { return peer_->ListProducts("", 1, 1, Within(kPatience)).status(); }
  int First() { return service_.Calls("items"); }

  SecondServer second_;
};

TEST_F(RoundRobinTest, BothUp_ShareTheCalls) {
  const int first = First();
  const int second = second_.Calls();
  for (int i = 0; i < 20; ++i) EXPECT_THAT(Ask(), IsOk());
  EXPECT_EQ(First() - first, 10);
  EXPECT_EQ(second_.Calls() - second, 10);
}

TEST_F(RoundRobinTest, OneStops_CallsGoOnAtTheOtherUntilItIsBack) {
  StopServer();
  const int first = First();
  const int second = second_.Calls();
  for (int i = 0; i < 20; ++i) EXPECT_THAT(Ask(), IsOk()) << i;
  EXPECT_EQ(First(), first);
  EXPECT_EQ(second_.Calls() - second, 20);
  StartServer();
  EXPECT_TRUE(fakes::Eventually([&] { return Ask().ok() && First() > first; }, kPatience));
}

}  // namespace
}  // namespace logistics::remote_inventory
