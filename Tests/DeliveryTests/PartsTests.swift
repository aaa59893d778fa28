import Foundation
import TestSupport
import Testing

@testable import Delivery

/// Parts of deliveries by themselves.
struct PartsTests {
  static let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

  /// The examples that the store's documentation works out, with the signature that it gives.
  static let examples: [(RequestSignature.Request, String)] = [
    (
      .init(
        method: "GET", host: "examplebucket.s3.amazonaws.com", path: "/test.txt", fields: [("range", "bytes=0-9")],
        bodyHash: empty), "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    ),
    (
      .init(
        method: "PUT", host: "examplebucket.s3.amazonaws.com", path: "/test%24file.text",
        fields: [("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")],
        bodyHash: "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"),
      "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
    ),
    (
      .init(
        method: "GET", host: "examplebucket.s3.amazonaws.com", path: "/", query: [("lifecycle", "")], bodyHash: empty),
      "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
    ),
    (
      .init(
        method: "GET", host: "examplebucket.s3.amazonaws.com", path: "/", query: [("prefix", "J"), ("max-keys", "2")],
        bodyHash: empty), "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    ),
  ]

  @Test("Signatures are those of the documentation's examples", arguments: examples)
  func signatures(request: RequestSignature.Request, signature: String) {
    let signer = RequestSignature(
      accessKey: Secret("AKIAIOSFODNN7EXAMPLE"), secretKey: Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
      sessionToken: nil, region: "us-east-1")
    let fields = signer.fields(of: request, time: 1_369_353_600_000_000_000)
    let authorization = fields.first { $0.0 == "authorization" }?.1 ?? ""
    #expect(authorization.hasSuffix("Signature=\(signature)"), "\(authorization)")
  }

  @Test("Base64 agrees with another implementation")
  func base64() {
    var random = SeededGenerator(seed: 7)
    for length in 0..<200 {
      let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
      #expect(Base64Text.of(bytes) == Data(bytes).base64EncodedString())
    }
  }

  private func randomText(_ random: inout SeededGenerator) -> String {
    let scalars = (0..<Int.random(in: 0..<40, using: &random)).map { _ in
      Unicode.Scalar(UInt32.random(in: 0..<0xD800, using: &random)) ?? " "
    }
    return String(String.UnicodeScalarView(scalars))
  }

  @Test("Notices come back from bytes as they were, and not at all from fewer or other ones")
  func notices() {
    var random = SeededGenerator(seed: 8)
    for _ in 0..<300 {
      var notice = Notice(
        kind: [.alert, .capture, .internal].randomElement(using: &random) ?? .alert,
        time: Int64.random(in: Int64.min...Int64.max, using: &random),
        priority: UInt8.random(in: 0...7, using: &random),
        text: randomText(&random), json: randomText(&random))
      notice.severity = Bool.random(using: &random) ? UInt8.random(in: 0...7, using: &random) : nil
      notice.policy = randomText(&random)
      notice.rule = randomText(&random)
      notice.hostname = randomText(&random)
      for _ in 0..<Int.random(in: 0..<4, using: &random) {
        notice.labels.append(Notice.Label(randomText(&random), randomText(&random)))
      }
      let bytes = NoticeCoding.encode(notice)
      #expect(NoticeCoding.decode(bytes) == notice)
      #expect(NoticeCoding.decode(Array(bytes.dropLast(Int.random(in: 1...bytes.count, using: &random)))) == nil)
      #expect(NoticeCoding.decode(bytes + [0]) == nil)
      // Whatever else stands there, nothing traps.
      var changed = bytes
      for _ in 0..<4 {
        changed[Int.random(in: 0..<changed.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      _ = NoticeCoding.decode(changed)
    }
  }

  @Test("Attempts become rarer up to one a minute, never at the same moment, and wait for what is asked")
  func backOff() {
    var least = BackOff()
    var most = BackOff()
    var waits: [(Int64, Int64)] = []
    for _ in 0..<40 { waits.append((least.next(atLeast: nil, chance: 0), most.next(atLeast: nil, chance: 1))) }
    #expect(waits[0].0 == 375_000_000 && waits[0].1 == 625_000_000)
    #expect(waits[1].0 == 750_000_000 && waits[1].1 == 1_250_000_000)
    #expect(waits[39].0 == 45_000_000_000 && waits[39].1 == 75_000_000_000)
    for (low, high) in waits { #expect(low < high) }
    most.reset()
    #expect(most.next(atLeast: nil, chance: 1) == 625_000_000)
    #expect(most.next(atLeast: 7_000_000_000, chance: 1) == 7_000_000_000)
  }

  @Test(
    "Addresses are shown without what may be secret",
    arguments: [
      ("https://hooks.example.com/T0/B0/x", "https://hooks.example.com"),
      ("https://user:word@example.com:8080/x?y=z", "https://example.com:8080"), ("http://a?token=x", "http://a"),
      ("nonsense", "an address"), ("", "an address"),
    ])
  func addresses(address: String, shown: String) { #expect(SafeAddress.host(of: address) == shown) }

  @Test(
    "Times are written in UTC",
    arguments: [(0, "1970-01-01T00:00:00.000000Z"), (1_795_867_200_123_456_789, "2026-11-28T12:00:00.123456Z")]
      as [(Int64, String)])
  func times(nanoseconds: Int64, text: String) { #expect(Moment.text(nanoseconds) == text) }
}
