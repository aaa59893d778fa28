import CCurl

/// A request of HTTP.
struct HTTPRequest {
  var method = "POST"
  var url: String
  /// Names and values.
  var fields: [(String, String)] = []
  var body: [UInt8] = []
  /// A file with certificates to trust; `nil` for those of the system.
  var authorities: String?
  /// Milliseconds for the connection with its handshake.
  var connectTimeout = 5000
  /// Milliseconds for all of it.
  var timeout = 15_000
  /// Seconds after which a transfer ends that does not move; 0 for none but `timeout`.
  var idleTimeout = 0
}

/// What a server answered.
struct HTTPAnswer {
  let status: Int
  /// By names in small letters.
  let fields: [String: String]
  /// At most a mebibyte.
  let body: [UInt8]

  /// How many nanoseconds the server wants to be left alone.
  var retryAfter: Int64? {
    guard let seconds = fields["retry-after"].flatMap({ Int64($0) }), seconds >= 0 else { return nil }
    return min(seconds, 300) * 1_000_000_000
  }

  /// The status, and the beginning of what stands in the answer, on one line.
  var summary: String {
    let text = String(decoding: body.prefix(200), as: UTF8.self)
    let line = String(
      String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    return line.allSatisfy({ $0 == " " }) ? "status \(status)" : "status \(status): \(line)"
  }
}

/// Why there was no answer. Never with a path, a field or a body: those may be secrets.
struct HTTPFailure: Error, Hashable, CustomStringConvertible {
  let description: String
  /// Whether somebody wanted it to end.
  var isCancelled = false
}

/// Sends requests, one after the other, over connections that stay open. TLS is verified; redirects are not followed.
///
/// A class, since it owns a handle that callbacks of the library know.
final class HTTPClient {
  private let curl: UnsafeMutableRawPointer?
  private static let isReady: Bool = reel_curl_start() == CURLE_OK

  init() { curl = HTTPClient.isReady ? reel_curl_init() : nil }

  deinit { if let curl { reel_curl_cleanup(curl) } }

  /// What callbacks fill.
  private final class Sink {
    var body: [UInt8] = []
    var fields: [String: String] = [:]
    let isCancelled: () -> Bool
    init(_ isCancelled: @escaping () -> Bool) { self.isCancelled = isCancelled }
    static let limit = 1 << 20
  }

  /// Sends a request and waits for its answer.
  /// - Parameter isCancelled: asked about once a second, from the same thread.
  func send(
    _ request: HTTPRequest, isCancelled: @escaping () -> Bool = { false }
  ) throws(HTTPFailure) -> HTTPAnswer {
    guard let curl else { throw HTTPFailure(description: "libcurl.so.4 cannot be loaded: install libcurl4") }
    // Keeps connections and what was learned of TLS sessions.
    reel_curl_reset(curl)
    let sink = Sink(isCancelled)
    var fields: UnsafeMutablePointer<curl_slist>?
    defer { reel_curl_free(fields) }
    for (name, value) in request.fields + [("Expect", "")] {
      // A field without a value is written with a semicolon, and one that is left out with nothing.
      fields = reel_curl_append(fields, name == "Expect" ? "Expect:" : "\(name): \(value)")
    }
    let place = SafeAddress.host(of: request.url)
    let code = withExtendedLifetime(sink) {
      request.body.withUnsafeBytes { body in
        let prepared = prepare(curl, request, fields, body, sink)
        return prepared == CURLE_OK ? reel_curl_perform(curl) : prepared
      }
    }
    guard code == CURLE_OK else {
      if code == CURLE_ABORTED_BY_CALLBACK { throw HTTPFailure(description: "given up", isCancelled: true) }
      if code == CURLE_OPERATION_TIMEDOUT {
        let seconds = request.idleTimeout > 0 ? request.idleTimeout : request.timeout / 1000
        throw HTTPFailure(description: "\(place) did not answer within \(seconds) s")
      }
      if code == CURLE_WRITE_ERROR, sink.body.count >= Sink.limit {
        throw HTTPFailure(description: "\(place) answers with more than a mebibyte")
      }
      throw HTTPFailure(description: "\(place): \(HTTPClient.words(code))")
    }
    return HTTPAnswer(status: reel_curl_status(curl), fields: sink.fields, body: sink.body)
  }

  /// What a code of the library means.
  static func words(_ code: CURLcode) -> String {
    switch code {
    case CURLE_PEER_FAILED_VERIFICATION:
      return "its certificate is not trusted; name its authority's with 'ca', or look who answers there"
    case CURLE_SSL_CACERT_BADFILE: return "the certificates of authorities cannot be read"
    default:
      // In the middle of a line; names such as SSL stay as they are.
      let text = String(cString: reel_curl_strerror(code))
      let isName = text.dropFirst().first?.isUppercase ?? true
      return isName ? text : text.prefix(1).lowercased() + text.dropFirst()
    }
  }

  private func prepare(
    _ curl: UnsafeMutableRawPointer, _ request: HTTPRequest, _ fields: UnsafeMutablePointer<curl_slist>?,
    _ body: UnsafeRawBufferPointer, _ sink: Sink
  ) -> CURLcode {
    let context = Unmanaged.passUnretained(sink).toOpaque()
    var codes = [
      reel_curl_text(curl, CURLOPT_URL, request.url),
      reel_curl_text(curl, CURLOPT_PROTOCOLS_STR, "http,https"),
      reel_curl_number(curl, CURLOPT_FOLLOWLOCATION, 0),
      reel_curl_number(curl, CURLOPT_NOSIGNAL, 1),
      reel_curl_number(curl, CURLOPT_CONNECTTIMEOUT_MS, request.connectTimeout),
      reel_curl_number(curl, CURLOPT_TIMEOUT_MS, request.timeout),
      reel_curl_number(curl, CURLOPT_SSL_VERIFYPEER, 1),
      reel_curl_number(curl, CURLOPT_SSL_VERIFYHOST, 2),
      reel_curl_text(curl, CURLOPT_USERAGENT, "reel"),
      reel_curl_fields(curl, fields),
      reel_curl_take(curl, HTTPClient.takeBody, HTTPClient.takeField, context),
      reel_curl_watch(curl, HTTPClient.watch, context),
    ]
    if request.idleTimeout > 0 {
      codes.append(reel_curl_number(curl, CURLOPT_LOW_SPEED_LIMIT, 1))
      codes.append(reel_curl_number(curl, CURLOPT_LOW_SPEED_TIME, request.idleTimeout))
    }
    if let authorities = request.authorities { codes.append(reel_curl_text(curl, CURLOPT_CAINFO, authorities)) }
    if request.method == "HEAD" {
      codes.append(reel_curl_number(curl, CURLOPT_NOBODY, 1))
    } else if request.method == "DELETE", body.isEmpty {
      codes.append(reel_curl_text(curl, CURLOPT_CUSTOMREQUEST, "DELETE"))
    } else {
      codes.append(reel_curl_number(curl, CURLOPT_POST, 1))
      codes.append(reel_curl_size(curl, CURLOPT_POSTFIELDSIZE_LARGE, Int(body.count)))
      // The library takes no bytes as a wish to ask for some.
      if let base = body.baseAddress {
        codes.append(reel_curl_bytes(curl, CURLOPT_POSTFIELDS, base))
      } else {
        codes.append(reel_curl_text(curl, CURLOPT_COPYPOSTFIELDS, ""))
      }
      if request.method != "POST" { codes.append(reel_curl_text(curl, CURLOPT_CUSTOMREQUEST, request.method)) }
    }
    return codes.first { $0 != CURLE_OK } ?? CURLE_OK
  }

  private static let takeBody: reel_curl_taker = { bytes, size, count, context in
    guard let bytes, let context else { return 0 }
    let sink = Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue()
    let length = size * count
    let rest = Sink.limit - sink.body.count
    sink.body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: min(length, rest)))
    // Less than there was ends the transfer.
    return length <= rest ? length : 0
  }

  private static let takeField: reel_curl_taker = { bytes, size, count, context in
    guard let bytes, let context else { return 0 }
    let sink = Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue()
    let length = size * count
    let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: length), as: UTF8.self)
    // A first line, also that of an answer behind "continue", begins a new answer.
    if line.hasPrefix("HTTP/") { sink.fields = [:] }
    if sink.fields.count < 100, let colon = line.firstIndex(of: ":") {
      let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
      var text = value[...]
      while let last = text.last, last.isWhitespace { text.removeLast() }
      sink.fields[line[..<colon].lowercased()] = String(text)
    }
    return length
  }

  private static let watch: reel_curl_watcher = { context, _, _, _, _ in
    guard let context else { return 0 }
    return Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue().isCancelled() ? 1 : 0
  }
}
