#include "integration/messaging/tls_front.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <stdexcept>

#include "support/loopback.hpp"

namespace logistics::messaging {
namespace {

constexpr long kValidSeconds = 3600;  // NOLINT(google-runtime-int): OpenSSL's type
constexpr std::size_t kBufferBytes = 16'384;

void AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (extension == nullptr) throw std::runtime_error("test certificate: bad extension " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Certificate NewCertificate(EVP_PKEY* key, const char* name, int serial) {
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kValidSeconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kValidSeconds);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  return certificate;
}

}  // namespace

Key NewKey() { return Key(EVP_EC_gen("P-256")); }

TestAuthority::TestAuthority() : key_(NewKey()), certificate_(NewCertificate(key_.get(), "test authority", 1)) {
  X509* const certificate = certificate_.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  AddExtension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(certificate, key_.get(), EVP_sha256());
}

Certificate TestAuthority::Sign(EVP_PKEY* key, const std::string& subject_alt_name) const {
  Certificate certificate = NewCertificate(key, "test broker", 2);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get()));
  AddExtension(certificate.get(), certificate_.get(), NID_subject_alt_name, subject_alt_name);
  X509_sign(certificate.get(), key_.get(), EVP_sha256());
  return certificate;
}

void TestAuthority::WriteTo(const std::string& path) const {
  std::FILE* const file = std::fopen(path.c_str(), "w");
  if (file == nullptr) throw std::runtime_error("cannot write " + path);
  PEM_write_X509(file, certificate_.get());
  std::fclose(file);
}

TlsFront::TlsFront(const TestAuthority& authority, const std::string& subject_alt_name, const std::string& target_host,
                   int target_port)
    : context_(SSL_CTX_new(TLS_server_method())), target_host_(target_host), target_port_(target_port) {
  const Key key = NewKey();
  const Certificate certificate = authority.Sign(key.get(), subject_alt_name);
  SSL_CTX_use_certificate(context_.get(), certificate.get());
  SSL_CTX_use_PrivateKey(context_.get(), key.get());
  const support::Listener listener = support::ListenOnLoopback();
  listener_ = listener.fd;
  port_ = listener.port;
  wake_ = ::eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this] { Run(); });
}

TlsFront::~TlsFront() {
  ::eventfd_write(wake_, 1);  // stays readable: nobody reads it
  thread_.join();
  ::close(listener_);
  ::close(wake_);
}

void TlsFront::Run() {
  for (;;) {
    std::array<pollfd, 2> fds = {pollfd{wake_, POLLIN, 0}, pollfd{listener_, POLLIN, 0}};
    ::poll(fds.data(), fds.size(), -1);
    if (fds[0].revents != 0) return;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    Serve(client);
    ::close(client);
  }
}

void TlsFront::Serve(int client) const {
  SSL* const tls = SSL_new(context_.get());
  SSL_set_fd(tls, client);
  if (SSL_accept(tls) == 1) {
    const int server = support::ConnectTo(target_host_, target_port_);
    if (server >= 0) {
      Pump(tls, client, server);
      ::close(server);
    }
  }
  SSL_free(tls);
}

void TlsFront::Pump(SSL* client, int client_fd, int server_fd) const {
  std::array<char, kBufferBytes> buffer{};
  for (;;) {
    std::array<pollfd, 3> fds = {pollfd{wake_, POLLIN, 0}, pollfd{client_fd, POLLIN, 0}, pollfd{server_fd, POLLIN, 0}};
    ::poll(fds.data(), fds.size(), -1);
    if (fds[0].revents != 0) return;
    if (fds[1].revents != 0) {
      do {
        const int size = SSL_read(client, buffer.data(), static_cast<int>(buffer.size()));
        if (size <= 0 || !support::SendAll(server_fd, {buffer.data(), static_cast<std::size_t>(size)})) return;
      } while (SSL_pending(client) > 0);
    }
    if (fds[2].revents != 0) {
      const ssize_t size = ::recv(server_fd, buffer.data(), buffer.size(), 0);
      if (size <= 0 || SSL_write(client, buffer.data(), static_cast<int>(size)) <= 0) return;
    }
  }
}

}  // namespace logistics::messaging
