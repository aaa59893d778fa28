import Filter
import Glibc
import TestSupport
import Testing

@Suite("Numbers and addresses")
struct LiteralTests {
  static let numbers: [(text: String, int64: Int64?, uint64: UInt64?, double: Double)] = [
    ("0", 0, 0, 0),
    ("-0", 0, 0, 0),
    ("+42", 42, 42, 42),
    ("-7", -7, nil, -7),
    ("007", 7, 7, 7),
    ("9223372036854775807", .max, 9_223_372_036_854_775_807, 0x1p63),
    ("-9223372036854775808", .min, nil, -0x1p63),
    ("-9223372036854775809", nil, nil, -0x1p63),
    ("18446744073709551615", nil, .max, 0x1p64),
    ("18446744073709551616", nil, nil, 0x1p64),
    ("0x12345", 0x12345, 0x12345, 74565),
    ("0XaB00AB", 0xAB00AB, 0xAB00AB, 11_206_827),
    ("0xffffffffffffffff", nil, .max, 0x1p64),
    ("0x00000000000000000001", 1, 1, 1),
    ("1.", 1, 1, 1),
    ("1.5", nil, nil, 1.5),
    ("-0.25e+2", -25, nil, -25),
    ("1e3", 1000, 1000, 1000),
    ("12E-1", nil, nil, 1.2),
  ]

  @Test(arguments: numbers)
  func number(_ text: String, _ int64: Int64?, _ uint64: UInt64?, _ double: Double) throws {
    let number = try #require(NumberLiteral(text))
    #expect(number.int64 == int64)
    #expect(number.uint64 == uint64)
    #expect(number.double == double)
  }

  @Test(arguments: [
    "", "-", "+", "x", ".5", "1.5.2", "1e", "1 ", " 1", "0x", "0xg", "0x1ffffffffffffffff", "-0x1", "1_000", "nan",
    "inf", "1e999", "--1", "١",
  ])
  func noNumber(_ text: String) {
    #expect(NumberLiteral(text) == nil)
  }

  static let addresses: [(text: String, printed: String?)] = [
    ("127.0.0.1", "127.0.0.1"),
    ("0.0.0.0", "0.0.0.0"),
    ("255.255.255.255", "255.255.255.255"),
    ("::", "::"),
    ("::1", "::1"),
    ("1::", "1::"),
    ("2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"),
    ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
    ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
    ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
    ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
    ("::ffff:10.0.0.1", "::ffff:10.0.0.1"),
    ("::FFFF:a00:1", "::ffff:10.0.0.1"),
    ("64:ff9b::1.2.3.4", "64:ff9b::102:304"),
    ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
    ("", nil), ("1", nil), ("1.2.3", nil), ("1.2.3.4.5", nil), ("1.2.3.256", nil), ("01.2.3.4", nil), ("1.2.3.", nil),
    (" 1.2.3.4", nil), ("1.2.3.4 ", nil), ("0x1.2.3.4", nil), (":", nil), (":::", nil), ("1:2", nil), ("1::2::3", nil),
    ("1:2:3:4:5:6:7:8:9", nil), ("1:2:3:4:5:6:7:8::", nil), ("1:2:3:4:5:6:7:", nil), (":1:2:3:4:5:6:7", nil),
    ("12345::", nil), ("g::", nil), ("::1.2.3", nil), ("1.2.3.4::", nil), ("::1.2.3.4:5", nil), ("fe80::1%eth0", nil),
    ("1:2:3:4:5:6:7:1.2.3.4", nil), ("[::1]", nil),
  ]

  @Test(arguments: addresses)
  func address(_ text: String, _ printed: String?) {
    #expect(IPAddress(text)?.description == printed)
  }

  @Test("Addresses are read and printed as the C library does", arguments: 0..<4)
  func agreesWithTheLibrary(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let pieces = ["0", "1", "ff", "FFFF", "12345", "1.2.3.4", "255", "256", ":", ":", ":", "::", ".", "."]
    for _ in 0..<5000 {
      let text = (0..<random.below(17)).map { _ in random.pick(pieces) }.joined()
      let isIPv6 = text.contains(":")
      var buffer = [UInt8](repeating: 0, count: 16)
      let isValid = inet_pton(isIPv6 ? AF_INET6 : AF_INET, text, &buffer) == 1
      let address = IPAddress(text)
      #expect((address != nil) == isValid, "\(text)")
      guard let address else { continue }
      let expected = buffer[..<(isIPv6 ? 16 : 4)].reduce((UInt64(0), UInt64(0))) { words, byte in
        (words.0 << 8 | words.1 >> 56, words.1 << 8 | UInt64(byte))
      }
      #expect((address.high, address.low) == expected, "\(text)")
      #expect(IPAddress(address.description) == address, "\(text)")
    }
  }

  static let networks: [(network: String, printed: String?, inside: [String], outside: [String])] = [
    ("10.1.2.3/8", "10.0.0.0/8", ["10.0.0.0", "10.255.255.255"], ["11.0.0.0", "9.255.255.255", "::ffff:10.0.0.1"]),
    ("127.0.0.1", "127.0.0.1/32", ["127.0.0.1"], ["127.0.0.2"]),
    ("0.0.0.0/0", "0.0.0.0/0", ["255.255.255.255"], ["::"]),
    ("192.168.1.128/25", "192.168.1.128/25", ["192.168.1.255"], ["192.168.1.127"]),
    ("fe80::/10", "fe80::/10", ["fe80::1", "febf::1"], ["fec0::", "254.128.0.0"]),
    ("2001:db8::ffff/64", "2001:db8::/64", ["2001:db8::1"], ["2001:db8:0:1::"]),
    ("2001:db8::8000/113", "2001:db8::8000/113", ["2001:db8::ffff"], ["2001:db8::7fff"]),
    ("::/0", "::/0", ["ffff::"], ["0.0.0.0"]),
    ("::1", "::1/128", ["::1"], ["::", "::3"]),
    ("10.0.0.0/33", nil, [], []),
    ("::/129", nil, [], []),
    ("10.0.0.0/", nil, [], []),
    ("10.0.0.0/-1", nil, [], []),
    ("10.0.0.0/08/1", nil, [], []),
    ("10.0.0/8", nil, [], []),
    ("/8", nil, [], []),
  ]

  @Test(arguments: networks)
  func network(_ text: String, _ printed: String?, _ inside: [String], _ outside: [String]) throws {
    let network = IPNetwork(text)
    #expect(network?.description == printed)
    guard let network else { return }
    for text in inside { #expect(network.contains(try #require(IPAddress(text))), "\(text)") }
    for text in outside { #expect(!network.contains(try #require(IPAddress(text))), "\(text)") }
  }

  @Test("An IPv4 address in IPv6 form can be told")
  func unmapped() {
    #expect(IPAddress("::ffff:10.0.0.1")?.unmapped == IPAddress("10.0.0.1"))
    #expect(IPAddress("::fffe:10.0.0.1")?.unmapped == IPAddress("::fffe:10.0.0.1"))
    #expect(IPAddress("::ffff:10.0.0.1") != IPAddress("10.0.0.1"))
  }
}
