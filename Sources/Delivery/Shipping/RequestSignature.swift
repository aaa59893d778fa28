import Crypto

/// Signatures of version 4, as stores that speak S3 take them.
///
/// Made here rather than by libcurl, whose older versions sort neither the query nor the fields.
struct RequestSignature {
  let accessKey: Secret
  let secretKey: Secret
  let sessionToken: Secret?
  let region: String
  var service = "s3"

  /// A request as it is signed.
  struct Request {
    var method: String
    /// `host[:port]`, as it is sent.
    var host: String
    /// Encoded already, with a slash in front.
    var path: String
    /// Names and values, not encoded yet.
    var query: [(String, String)] = []
    /// Further fields that are signed, by names in small letters.
    var fields: [(String, String)] = []
    /// The SHA-256 of the body in hexadecimal digits.
    var bodyHash: String
  }

  /// All fields that the request is sent with.
  /// - Parameter time: nanoseconds of the epoch.
  func fields(of request: Request, time: Int64) -> [(String, String)] {
    let stamp = RequestSignature.stamp(time)
    let day = String(stamp.prefix(8))
    var signed =
      request.fields + [
        ("host", request.host), ("x-amz-content-sha256", request.bodyHash), ("x-amz-date", stamp),
      ]
    if let sessionToken { signed.append(("x-amz-security-token", sessionToken.value)) }
    signed.sort { $0.0 < $1.0 }
    let names = signed.map(\.0).joined(separator: ";")
    let canonical = [
      request.method, request.path, RequestSignature.query(request.query),
      signed.map { "\($0.0):\($0.1)\n" }.joined(), names, request.bodyHash,
    ].joined(separator: "\n")
    let scope = "\(day)/\(region)/\(service)/aws4_request"
    let hash = RequestSignature.hexadecimal(SHA256.hash(data: Array(canonical.utf8)))
    let text = "AWS4-HMAC-SHA256\n\(stamp)\n\(scope)\n\(hash)"
    var key = Array("AWS4\(secretKey.value)".utf8)
    for part in [day, region, service, "aws4_request"] { key = RequestSignature.code(part, key) }
    let signature = RequestSignature.hexadecimal(RequestSignature.code(text, key))
    let authorization =
      "AWS4-HMAC-SHA256 Credential=\(accessKey.value)/\(scope),SignedHeaders=\(names),Signature=\(signature)"
    return signed + [("authorization", authorization)]
  }

  private static func code(_ text: String, _ key: [UInt8]) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: key)))
  }

  /// `20261128T120000Z`.
  static func stamp(_ time: Int64) -> String {
    String(Moment.text(time).prefix(19).filter { $0 != "-" && $0 != ":" }) + "Z"
  }

  /// A query in the order and the encoding that are signed.
  static func query(_ query: [(String, String)]) -> String {
    query.map { (encode($0.0), encode($0.1)) }.sorted { $0 < $1 }.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
  }

  /// Everything but letters, digits and `-._~` as `%XX`.
  static func encode(_ text: String, keeping more: String = "") -> String {
    var result = ""
    for byte in text.utf8 {
      let isPlain = (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte)
      if isPlain || "-._~".utf8.contains(byte) || more.utf8.contains(byte) {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        result += "%" + (digits.utf8.count < 2 ? "0" : "") + digits
      }
    }
    return result
  }

  /// Two digits for each byte.
  static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
