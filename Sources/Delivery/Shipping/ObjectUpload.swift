import Crypto

#if canImport(Glibc)
import Glibc
#endif

/// Sends a file to a bucket, in parts when it is large, and looks whether what arrived is what was sent.
struct ObjectUpload {
  private let store: ObjectStore
  private let signature: RequestSignature
  private let isCancelled: () -> Bool
  private let client = HTTPClient()

  /// Files up to this are sent at once, larger ones in parts of it at the least.
  static let partSize = 16 << 20
  private static let mostParts = 10_000
  private static let attempts = 5

  init(_ store: ObjectStore, _ isCancelled: @escaping () -> Bool) throws(ShipError) {
    guard let access = store.accessKey, let secret = store.secretKey else {
      throw ShipError("there are no keys for \(SafeAddress.host(of: store.endpoint)); set access_key and secret_key")
    }
    self.store = store
    self.isCancelled = isCancelled
    signature = RequestSignature(
      accessKey: access, secretKey: secret, sessionToken: store.sessionToken, region: store.region)
  }

  private var place: String { SafeAddress.host(of: store.endpoint) }

  /// Sends a capture.
  /// - Returns: `s3://bucket/key`.
  func run(_ capture: ShippedCapture) throws(ShipError) -> String {
    let file = try ReadFile(capture.path)
    let key = store.prefix + capture.name
    let path = "/\(RequestSignature.encode(store.bucket))/\(RequestSignature.encode(key, keeping: "/"))"
    let tag: String
    if file.size <= UInt64(ObjectUpload.partSize) {
      tag = try sendWhole(file, path, metadata(capture))
    } else {
      tag = try sendParts(file, path, metadata(capture))
    }
    try look(path, size: file.size, tag: tag)
    return "s3://\(store.bucket)/\(key)"
  }

  /// What goes into the object's metadata. Fields are plain text, so that other characters are encoded.
  private func metadata(_ capture: ShippedCapture) -> [(String, String)] {
    [
      ("x-amz-meta-reel-id", capture.id), ("x-amz-meta-reel-policy", capture.policy),
      ("x-amz-meta-reel-rule", capture.rule), ("x-amz-meta-reel-container", capture.container),
    ].filter { !$0.1.isEmpty }.map { ($0.0, RequestSignature.encode(String($0.1.prefix(256)), keeping: " /:,()")) }
  }

  // MARK: At once

  private func sendWhole(_ file: borrowing ReadFile, _ path: String, _ metadata: [(String, String)]) throws(ShipError)
    -> String
  {
    let body = try file.read(at: 0, count: Int(file.size))
    let sum = Base64Text.of(Array(SHA256.hash(data: body)))
    let answer = try send("PUT", path, body: body, fields: metadata + [("x-amz-checksum-sha256", sum)])
    let tag = RequestSignature.hexadecimal(Insecure.MD5.hash(data: body))
    try compare(answer, sum, tag, "the object")
    return tag
  }

  /// Compares what the store says that it has with what was sent.
  private func compare(_ answer: HTTPAnswer, _ sum: String, _ tag: String, _ what: String) throws(ShipError) {
    if let theirs = answer.fields["x-amz-checksum-sha256"], theirs != sum {
      throw ShipError("\(place): \(what) that arrived has another SHA-256 than what was sent")
    }
    // With keys of its own the store's tag is no digest of the content.
    let isEncrypted = answer.fields.keys.contains { $0.hasPrefix("x-amz-server-side-encryption") }
    if let theirs = answer.fields["etag"]?.filter({ $0 != "\"" }), !isEncrypted, theirs.utf8.count == tag.utf8.count,
      theirs != tag
    {
      throw ShipError("\(place): \(what) that arrived has another MD5 than what was sent")
    }
  }

  // MARK: In parts

  private func sendParts(_ file: borrowing ReadFile, _ path: String, _ metadata: [(String, String)]) throws(ShipError)
    -> String
  {
    let start = try send(
      "POST", path, query: [("uploads", "")], fields: metadata + [("x-amz-checksum-algorithm", "SHA256")])
    guard let id = ObjectUpload.element("UploadId", start.body) else {
      throw ShipError("\(place) gives no id for an upload in parts")
    }
    do throws(ShipError) {
      return try sendParts(file, path, id)
    } catch {
      // What was sent is paid for until somebody removes it.
      do throws(ShipError) { _ = try send("DELETE", path, query: [("uploadId", id)], isLast: true) } catch let second {
        throw ShipError("\(error); and its parts are still there: \(second)")
      }
      throw error
    }
  }

  private func sendParts(_ file: borrowing ReadFile, _ path: String, _ id: String) throws(ShipError) -> String {
    let least = (file.size + UInt64(ObjectUpload.mostParts) - 1) / UInt64(ObjectUpload.mostParts)
    let size = max(UInt64(ObjectUpload.partSize), ((least + (1 << 20) - 1) >> 20) << 20)
    var list = ""
    var digests: [UInt8] = []
    var number = 0
    var offset: UInt64 = 0
    while offset < file.size {
      number += 1
      let body = try file.read(at: offset, count: Int(min(size, file.size - offset)))
      let digest = Insecure.MD5.hash(data: body)
      let sum = Base64Text.of(Array(SHA256.hash(data: body)))
      let answer = try send(
        "PUT", path, query: [("partNumber", "\(number)"), ("uploadId", id)], body: body,
        fields: [("x-amz-checksum-sha256", sum)])
      let tag = RequestSignature.hexadecimal(digest)
      try compare(answer, sum, tag, "part \(number)")
      let theirs = answer.fields["etag"] ?? "\"\(tag)\""
      list += "<Part><PartNumber>\(number)</PartNumber><ETag>\(ObjectUpload.escape(theirs))</ETag>"
      list += "<ChecksumSHA256>\(sum)</ChecksumSHA256></Part>"
      digests += digest
      offset += UInt64(body.count)
    }
    let body = Array("<CompleteMultipartUpload>\(list)</CompleteMultipartUpload>".utf8)
    let answer = try send("POST", path, query: [("uploadId", id)], body: body)
    // This one can fail behind a status of 200.
    if ObjectUpload.element("Code", answer.body) != nil { throw refusal(answer) }
    return RequestSignature.hexadecimal(Insecure.MD5.hash(data: digests)) + "-\(number)"
  }

  // MARK: Afterwards

  private func look(_ path: String, size: UInt64, tag: String) throws(ShipError) {
    let answer = try send("HEAD", path)
    let theirs = answer.fields["content-length"].flatMap { UInt64($0) }
    guard theirs == size else {
      throw ShipError(
        "\(place): the object has \(theirs.map { "\($0)" } ?? "an unknown number of") bytes, and the capture \(size)")
    }
    try compare(answer, answer.fields["x-amz-checksum-sha256"] ?? "", tag, "the object")
  }

  // MARK: Requests

  private func refusal(_ answer: HTTPAnswer) -> ShipError {
    let code = ObjectUpload.element("Code", answer.body) ?? "no code"
    let message = ObjectUpload.element("Message", answer.body).map { ", \($0)" } ?? ""
    return ShipError("\(place) answers status \(answer.status) (\(code)\(message))")
  }

  /// Sends a request until it is answered, a few times.
  /// - Parameter isLast: for cleaning up: it is tried although everything ends.
  private func send(
    _ method: String, _ path: String, query: [(String, String)] = [], body: [UInt8] = [],
    fields: [(String, String)] = [], isLast: Bool = false
  ) throws(ShipError) -> HTTPAnswer {
    let hash = RequestSignature.hexadecimal(SHA256.hash(data: body))
    let parts = store.endpoint.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    let host = parts.count > 2 ? String(parts[2]) : ""
    var request = HTTPRequest(method: method, url: "\(parts[0])//\(host)\(path)", body: body)
    if !query.isEmpty { request.url += "?" + RequestSignature.query(query) }
    request.authorities = store.certificateAuthorities
    // A slow line has time for a part; a store that does nothing at all does not.
    request.timeout = 900_000
    request.idleTimeout = 20
    var backOff = BackOff()
    var failure = ShipError("\(place) was not asked")
    for attempt in 1...ObjectUpload.attempts {
      // Signed anew each time: signatures are valid for a few minutes.
      request.fields = signature.fields(
        of: RequestSignature.Request(
          method: method, host: host, path: path, query: query, fields: fields, bodyHash: hash), time: Moment.ofDay)
      if !body.isEmpty { request.fields.append(("Content-Type", "application/octet-stream")) }
      var wanted: Int64?
      switch answer(request, isLast) {
      case .success(let answer):
        if (200..<300).contains(answer.status) { return answer }
        failure = refusal(answer)
        guard answer.status == 429 || answer.status == 408 || answer.status >= 500 else { throw failure }
        wanted = answer.retryAfter
      case .failure(let error):
        if error.isCancelled { throw ShipError("given up: the guard is ending") }
        failure = ShipError(error.description)
      }
      if attempt < ObjectUpload.attempts { try wait(backOff.next(atLeast: wanted), isLast) }
    }
    throw ShipError("\(failure), \(ObjectUpload.attempts) times")
  }

  private func answer(_ request: HTTPRequest, _ isLast: Bool) -> Result<HTTPAnswer, HTTPFailure> {
    Result { () throws(HTTPFailure) in try client.send(request, isCancelled: isLast ? { false } : isCancelled) }
  }

  private func wait(_ time: Int64, _ isLast: Bool) throws(ShipError) {
    let end = Moment.now + min(time, 30_000_000_000)
    while Moment.now < end {
      if !isLast, isCancelled() { throw ShipError("given up: the guard is ending") }
      usleep(50_000)
    }
  }

  /// The text of the first element of a name, without what it is escaped with.
  static func element(_ name: String, _ body: [UInt8]) -> String? {
    let text = String(decoding: body, as: UTF8.self)
    guard let start = text.firstRange(of: "<\(name)>"), let end = text[start.upperBound...].firstRange(of: "</\(name)>")
    else { return nil }
    let content = text[start.upperBound..<end.lowerBound].prefix(1024)
    return String(String.UnicodeScalarView(content.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
  }

  private static func escape(_ text: String) -> String {
    text.map { $0 == "&" ? "&amp;" : $0 == "<" ? "&lt;" : $0 == "\"" ? "&quot;" : String($0) }.joined()
  }
}

/// A file that is read in pieces.
struct ReadFile: ~Copyable {
  private let descriptor: Int32
  private let path: String
  /// Bytes.
  let size: UInt64

  init(_ path: String) throws(ShipError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw ShipError("\(path): \(String(cString: strerror(errno)))") }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw ShipError("\(path): is no regular file")
    }
    self.descriptor = descriptor
    self.path = path
    size = UInt64(max(status.st_size, 0))
  }

  deinit { close(descriptor) }

  func read(at offset: UInt64, count: Int) throws(ShipError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let got = bytes.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress?.advanced(by: done), count - done, off_t(offset) + off_t(done))
      }
      if got < 0, errno == EINTR { continue }
      if got < 0 { throw ShipError("\(path): \(String(cString: strerror(errno)))") }
      if got == 0 { throw ShipError("\(path) became shorter while it was sent") }
      done += got
    }
    return bytes
  }
}
