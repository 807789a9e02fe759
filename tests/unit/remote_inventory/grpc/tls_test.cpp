#include <grpcpp/security/server_credentials.h>
#include <openssl/bio.h>
#include <openssl/pem.h>

#include "integration/messaging/tls_front.hpp"
#include "unit/remote_inventory/grpc/peer_fixture.hpp"

namespace logistics::remote_inventory {
namespace {

using fakes::IsOk;
using fakes::StatusIs;

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const auto size = static_cast<std::size_t>(BIO_get_mem_data(bio, &data));
  std::string text(data, size);
  BIO_free(bio);
  return text;
}

class TlsTest : public PeerFixture {
 protected:
  // Serves with a certificate for `name`; the client trusts `trusted`.
  void ServeTls(const std::string& name, const messaging::TestAuthority& trusted) {
    const messaging::Key key = messaging::NewKey();
    const messaging::Certificate certificate = authority_.Sign(key.get(), name);
    BIO* const key_text = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(key_text, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    BIO* const certificate_text = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(certificate_text, certificate.get());
    grpc::SslServerCredentialsOptions tls;
    tls.pem_key_cert_pairs.push_back({TextOf(key_text), TextOf(certificate_text)});
    StartServer(grpc::SslServerCredentials(tls));
    options_.tls_ca_file = testing::TempDir() + "logistics-inventory-" + std::to_string(port_) + ".pem";
    trusted.WriteTo(options_.tls_ca_file);
    options_.url = absl::StrCat("https://localhost:", port_);
    ConnectOnly();
  }
  ~TlsTest() override { std::remove(options_.tls_ca_file.c_str()); }

  absl::Status Ask() { return peer_->ListProducts("", 1, 1, Within(kPatience)).status(); }

  const messaging::TestAuthority authority_;
  const messaging::TestAuthority other_authority_;
};

TEST_F(TlsTest, TheRightNameOfATrustedAuthorityIsTaken) {
  ServeTls("DNS:localhost", authority_);
  EXPECT_THAT(Ask(), IsOk());
}

TEST_F(TlsTest, AnotherNameIsRefused) {
  ServeTls("DNS:inventory.example", authority_);
  EXPECT_THAT(Ask(), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(TlsTest, AnotherAuthorityIsRefused) {
  ServeTls("DNS:localhost", other_authority_);
  EXPECT_THAT(Ask(), StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace logistics::remote_inventory
