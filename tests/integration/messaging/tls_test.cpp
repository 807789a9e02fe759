#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "integration/messaging/relay_fixture.hpp"
#include "integration/messaging/tls_front.hpp"

namespace logistics::messaging {
namespace {

using ports::HealthState;
using testing::HasSubstr;

class TlsTest : public RelayFixture {
 protected:
  TlsTest() {
    std::signal(SIGPIPE, SIG_IGN);  // the front's own writes; the daemon's must not need it
    authority_.WriteTo(ca_file_);
    options_.tls_ca_file = ca_file_;
  }
  ~TlsTest() override { std::filesystem::remove(ca_file_); }

  std::string UrlThrough(const TlsFront& front) const {
    std::string url = broker_.UrlThrough(front.port());
    return url.replace(0, std::string("amqp").size(), "amqps");
  }
  void ExpectRefused() {
    ASSERT_TRUE(health_.WaitFor(
        "broker", [](const auto& entry) { return entry.reason.find("certificate") != std::string::npos; }, kLongWait));
    EXPECT_EQ(health_.Last("broker")->state, HealthState::kDegraded);
    EXPECT_EQ(metrics_.Value("logistics_broker_connected"), 0);
  }

  TestAuthority authority_;
  const std::string ca_file_ = std::filesystem::temp_directory_path() / ("ca-" + std::to_string(::getpid()) + ".pem");
};

TEST_F(TlsTest, CertificateOfThisAddressFromAKnownAuthority_IsUsed) {
  const TlsFront front(authority_, "IP:127.0.0.1,DNS:localhost", broker_.host(), broker_.port());
  options_.urls = {UrlThrough(front)};
  StartRelay();
  ASSERT_TRUE(WaitUntilUp());
  CommitRounds(20, 20);
  support::TestConsumer consumer(broker_.url(), "all");
  ExpectAllInOrder(consumer, 20, 20);
  relay_->Stop(absl::Now() + kLongWait);
}

TEST_F(TlsTest, CertificateOfAnotherHost_IsRefused) {
  const TlsFront front(authority_, "DNS:broker.example", broker_.host(), broker_.port());
  options_.urls = {UrlThrough(front)};
  StartRelay();
  ExpectRefused();
  relay_.reset();
}

TEST_F(TlsTest, CertificateOfAnUnknownAuthority_IsRefused) {
  const TestAuthority other;
  const TlsFront front(other, "IP:127.0.0.1,DNS:localhost", broker_.host(), broker_.port());
  options_.urls = {UrlThrough(front)};
  StartRelay();
  ExpectRefused();
  relay_.reset();
}

TEST_F(TlsTest, SystemAuthorities_DoNotKnowAPrivateOne) {
  const TlsFront front(authority_, "IP:127.0.0.1,DNS:localhost", broker_.host(), broker_.port());
  options_.urls = {UrlThrough(front)};
  options_.tls_ca_file.clear();
  StartRelay();
  ExpectRefused();
  relay_.reset();
}

TEST_F(TlsTest, VerificationOff_TakesAnyCertificate) {
  const TlsFront front(authority_, "DNS:broker.example", broker_.host(), broker_.port());
  options_.urls = {UrlThrough(front)};
  options_.tls_verify = false;
  StartRelay();
  EXPECT_TRUE(WaitUntilUp());
  relay_->Stop(absl::Now() + kLongWait);
}

TEST_F(TlsTest, MissingAuthorityFile_IsNamed) {
  options_.urls = {"amqps://guest:guest@127.0.0.1:1"};
  options_.tls_ca_file = "/nowhere/ca.pem";
  StartRelay();
  EXPECT_TRUE(health_.WaitFor(
      "broker", [](const auto& entry) { return entry.reason.find("/nowhere/ca.pem") != std::string::npos; },
      kLongWait));
}

}  // namespace
}  // namespace logistics::messaging
