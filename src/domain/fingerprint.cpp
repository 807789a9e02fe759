#include "domain/fingerprint.hpp"

#include <openssl/evp.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace logistics::domain {
namespace {

// The canonical form: fixed-width numbers, texts behind their length, optional parts behind a flag, so that no two
// orders have the same bytes.
class CanonicalForm {
 public:
  void Number(std::int64_t value) {
    for (int shift = 0; shift < 64; shift += 8) bytes_.push_back(static_cast<char>((value >> shift) & 0xFF));
  }
  void Text(std::string_view text) {
    Number(static_cast<std::int64_t>(text.size()));
    bytes_.append(text);
  }
  void Flag(bool value) { bytes_.push_back(value ? '\1' : '\0'); }
  void Id(const Uuid& id) { bytes_.append(id.bytes().begin(), id.bytes().end()); }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

void Append(const OrderLine& line, CanonicalForm& form) {
  form.Flag(line.product_id.has_value());
  if (line.product_id) form.Id(line.product_id->uuid());
  form.Text(line.sku);
  form.Text(line.name);
  form.Number(line.quantity);
  form.Number(line.unit_price_minor);
}

void Append(const ShippingInfo& shipping, CanonicalForm& form) {
  form.Text(shipping.address_line1);
  form.Text(shipping.address_line2);
  form.Text(shipping.city);
  form.Text(shipping.state);
  form.Text(shipping.postal_code);
  form.Text(shipping.country);
  form.Text(shipping.recipient_name);
  form.Text(shipping.recipient_phone);
  form.Text(shipping.shipping_method);
  form.Number(shipping.shipping_cost_minor);
}

void Append(const PaymentInfo& payment, CanonicalForm& form) {
  form.Text(payment.payment_method);
  form.Text(payment.transaction_id);
  form.Number(payment.amount_minor);
  form.Flag(payment.is_paid);
  form.Flag(payment.payment_date.has_value());
  if (payment.payment_date) form.Number(absl::ToUnixMicros(*payment.payment_date));
}

}  // namespace

std::string FingerprintOf(const Order& order) {
  CanonicalForm form;
  form.Text("order/1");
  form.Id(order.customer_id.uuid());
  form.Id(order.warehouse_id.uuid());
  form.Text(order.currency.code());
  form.Text(order.notes);
  form.Number(static_cast<std::int64_t>(order.lines.size()));
  for (const OrderLine& line : order.lines) Append(line, form);
  form.Flag(order.shipping.has_value());
  if (order.shipping) Append(*order.shipping, form);
  form.Flag(order.payment.has_value());
  if (order.payment) Append(*order.payment, form);

  // Fetched once: looking the algorithm up costs more than hashing an order.
  static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  std::string digest(32, '\0');
  const int digested = EVP_Digest(form.bytes().data(), form.bytes().size(),
                                  reinterpret_cast<unsigned char*>(digest.data()), nullptr, sha256, nullptr);
  if (digested != 1) std::abort();  // without SHA-256 every payload would look like every other
  return digest;
}

}  // namespace logistics::domain
