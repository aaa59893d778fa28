/// A message of the domain name system, as far as a payload has it.
///
///     0   id | flags | questions | answers | authorities | additions    u16 each, the greatest byte first
///     12  question: name, type u16, class u16
///         records:  name, type u16, class u16, seconds u32, length u16, content
///
/// A name is labels of a length byte (at most 63) and text, ended by a length of 0; two bits set in the length make it and
/// the next byte an offset into the message where the name goes on.
struct DNSMessage: Hashable {
  var id: Int
  var isResponse: Bool
  /// What the server said: 0 is no error.
  var code: Int
  /// The name that was asked for, labels joined by points; `.` is the root.
  var name: [UInt8]
  var type: Int
  /// How many answers the server says that there are.
  var answerCount: Int
  /// The addresses among the answers that are in the payload: 4 or 16 bytes.
  var addresses: [[UInt8]] = []

  /// The most records that are looked at, and the longest name.
  private static let mostRecords = 64
  private static let longestName = 255

  /// Reads the message at the start of some bytes; `nil` when it is none that asks one question.
  init?(_ bytes: ArraySlice<UInt8>) {
    var reader = ByteReader(bytes)
    guard let id = reader.word(), let flags = reader.word(), let questions = reader.word(),
      let answers = reader.word(), reader.word() != nil, reader.word() != nil,
      // An ordinary query, and the bit that must be 0.
      questions == 1, flags & 0x7840 == 0, answers <= 4096,
      let name = DNSMessage.name(&reader), let type = reader.word(), let kind = reader.word(),
      // The class of the internet, with or without the bit by which multicast asks for a direct answer.
      kind & 0x7FFF == 1
    else { return nil }
    self.id = id
    isResponse = flags & 0x8000 != 0
    code = flags & 15
    self.name = name
    self.type = type
    answerCount = answers
    for _ in 0..<min(answers, DNSMessage.mostRecords) {
      guard let address = DNSMessage.record(&reader) else { break }
      if let address = address.content { addresses.append(address) }
    }
  }

  /// A name without references: questions have none.
  private static func name(_ reader: inout ByteReader) -> [UInt8]? {
    var name: [UInt8] = []
    while let length = reader.byte() {
      if length == 0 { return name.isEmpty ? [UInt8(ascii: ".")] : name }
      guard length < 64, let label = reader.take(Int(length)), name.count + label.count < longestName else {
        return nil
      }
      if !name.isEmpty { name.append(UInt8(ascii: ".")) }
      name += label
    }
    return nil
  }

  /// Skips a record.
  /// - Returns: its address, if it holds one; `nil` at the end of what is there.
  private static func record(_ reader: inout ByteReader) -> (content: [UInt8]?, Void)? {
    while let length = reader.byte() {
      if length == 0 { break }
      if length >= 0xC0 {
        guard reader.byte() != nil else { return nil }
        break
      }
      guard length < 64, reader.skip(Int(length)) else { return nil }
    }
    guard let type = reader.word(), reader.word() != nil, reader.skip(4), let length = reader.word(),
      let content = reader.take(length)
    else { return nil }
    let isAddress = (type == 1 && length == 4) || (type == 28 && length == 16)
    return (isAddress ? Array(content) : nil, ())
  }

  /// The type that was asked for by name, as its registry has it.
  var typeName: String { DNSMessage.types[type] ?? "TYPE\(type)" }

  /// What the server said by name.
  var codeName: String { code < DNSMessage.codes.count ? DNSMessage.codes[code] : "RCODE\(code)" }

  private static let types = [
    1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV", 35: "NAPTR",
    43: "DS", 46: "RRSIG", 48: "DNSKEY", 52: "TLSA", 64: "SVCB", 65: "HTTPS", 252: "AXFR", 255: "ANY", 257: "CAA",
  ]
  private static let codes = [
    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH",
    "NOTZONE",
  ]
}
