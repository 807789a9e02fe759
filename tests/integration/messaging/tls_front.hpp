// TLS in front of a plain server, with certificates made for the test.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <thread>

namespace logistics::messaging {

struct KeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct CertificateFree {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyFree>;
using Certificate = std::unique_ptr<X509, CertificateFree>;

// A certificate authority of its own.
class TestAuthority {
 public:
  TestAuthority();
  // `subject_alt_name` in OpenSSL's form: "DNS:broker.example" or "IP:127.0.0.1".
  Certificate Sign(EVP_PKEY* key, const std::string& subject_alt_name) const;
  // The authority's certificate as a PEM file.
  void WriteTo(const std::string& path) const;

 private:
  Key key_;
  Certificate certificate_;
};

Key NewKey();

// Listens on loopback, speaks TLS there and plain TCP to the target; one connection at a time.
class TlsFront {
 public:
  TlsFront(const TestAuthority& authority, const std::string& subject_alt_name, const std::string& target_host,
           int target_port);
  ~TlsFront();
  TlsFront(const TlsFront&) = delete;
  TlsFront& operator=(const TlsFront&) = delete;

  int port() const { return port_; }

 private:
  void Run();
  void Serve(int client) const;
  void Pump(SSL* client, int client_fd, int server_fd) const;

  struct ContextFree {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, ContextFree> context_;
  const std::string target_host_;
  const int target_port_;
  int listener_ = -1;
  int wake_ = -1;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace logistics::messaging
