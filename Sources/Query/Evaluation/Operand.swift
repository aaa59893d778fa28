import Filter

/// One side of a comparison, or the argument of a function, bound to fields.
indirect enum Operand: Sendable, Hashable {
  case field(BoundField)
  case constant(FieldValue)
  /// The arguments of a process as a list instead of one text.
  case argumentList(BoundField)
  case list([Operand])
  case function(FilterFunction, [Operand], selector: String?)

  /// Of what the value is a property.
  var domain: Domain {
    switch self {
    case .field(let field), .argumentList(let field): field.domain
    case .constant: .constant
    case .list(let operands), .function(_, let operands, _):
      operands.reduce(Domain.constant) { $0.joined(with: $1.domain) }
    }
  }

  /// What kind of values there are.
  var type: FieldType {
    switch self {
    case .field(let field), .argumentList(let field): field.type
    case .constant(let value):
      switch value {
      case .boolean: .boolean
      case .integer, .decimal: .integer
      case .unsigned: .unsigned
      case .bytes: .bytes
      case .address: .address
      case .missing, .text, .list: .text
      }
    case .list(let operands): operands.first?.type ?? .text
    case .function(let function, let operands, _):
      switch function {
      case .len: .unsigned
      case .val: operands.first?.type ?? .text
      case .tolower, .toupper, .b64, .basename, .join, .concat, .getopt: .text
      }
    }
  }

  /// How many values there are, and how comparisons treat them.
  var multiplicity: Field.Multiplicity {
    switch self {
    case .field(let field): field.multiplicity
    case .argumentList, .list: .list
    case .constant: .single
    case .function(let function, let operands, let selector):
      switch function {
      case .getopt: selector == nil ? .list : .single
      case .len, .join, .concat: .single
      case .val, .tolower, .toupper, .b64, .basename: operands.first?.multiplicity ?? .single
      }
    }
  }

  /// Calls a body for each field in the operand.
  func forEachField(_ body: (BoundField) -> Void) {
    switch self {
    case .field(let field), .argumentList(let field): body(field)
    case .constant: break
    case .list(let operands), .function(_, let operands, _): for operand in operands { operand.forEachField(body) }
    }
  }

  /// The value, given those of fields.
  func value(_ fieldValue: (BoundField, _ asList: Bool) -> FieldValue) -> FieldValue {
    switch self {
    case .field(let field): return fieldValue(field, false)
    case .argumentList(let field): return fieldValue(field, true)
    case .constant(let value): return value
    case .list(let operands): return .list(operands.map { $0.value(fieldValue) })
    case .function(let function, let operands, let selector):
      return apply(function, operands.map { $0.value(fieldValue) }, selector: selector)
    }
  }
}

/// Applies a function of the filter language to values. A missing argument makes the result missing.
private func apply(_ function: FilterFunction, _ arguments: [FieldValue], selector: String?) -> FieldValue {
  guard let first = arguments.first, first != .missing else { return .missing }
  switch function {
  case .val: return first
  case .tolower: return mapText(first) { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") ? $0 | 0x20 : $0 }
  case .toupper: return mapText(first) { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") ? $0 & 0xDF : $0 }
  case .b64: return first.bytesValue.flatMap { decodeBase64($0) }.map { .text($0[...]) } ?? .missing
  case .basename:
    guard let path = first.bytesValue else { return .missing }
    return .text(path.lastIndex(of: UInt8(ascii: "/")).map { path[($0 + 1)...] } ?? path)
  case .len:
    if case .list(let values) = first { return .unsigned(UInt64(values.count)) }
    return first.bytesValue.map { .unsigned(UInt64($0.count)) } ?? .missing
  case .join:
    guard arguments.count == 2, let separator = first.bytesValue else { return .missing }
    return joined(arguments[1], separator: separator)
  case .concat: return joined(.list(arguments), separator: [])
  case .getopt:
    guard arguments.count == 2, case .list(let words) = first, let options = arguments[1].bytesValue else {
      return .missing
    }
    let found = parseOptions(words.compactMap(\.bytesValue), options: options)
    guard let selector else { return .list(found.map { .text($0.value) }) }
    guard let letter = selector.utf8.first, selector.utf8.count == 1 else { return .missing }
    return found.last { $0.option == letter }.map { .text($0.value) } ?? .missing
  }
}

private func mapText(_ value: FieldValue, _ map: (UInt8) -> UInt8) -> FieldValue {
  switch value {
  case .list(let values): .list(values.map { mapText($0, map) })
  default: value.bytesValue.map { .text($0.map(map)[...]) } ?? .missing
  }
}

private func joined(_ list: FieldValue, separator: ArraySlice<UInt8>) -> FieldValue {
  guard case .list(let values) = list else { return list }
  var text: [UInt8] = []
  for (index, value) in values.enumerated() {
    if value == .missing { return .missing }
    if index > 0 { text.append(contentsOf: separator) }
    value.append(to: &text)
  }
  return .text(text[...])
}

/// Decodes base64 in either alphabet; padding may be left out. `nil` when it is something else.
private func decodeBase64(_ text: ArraySlice<UInt8>) -> [UInt8]? {
  var decoded: [UInt8] = []
  var bits: UInt32 = 0
  var count = 0
  let padding = UInt8(ascii: "=")
  for byte in text.last == padding ? text.prefix(while: { $0 != padding }) : text {
    let digit: UInt32
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = UInt32(byte - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = UInt32(byte - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt32(byte - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"), UInt8(ascii: "-"): digit = 62
    case UInt8(ascii: "/"), UInt8(ascii: "_"): digit = 63
    default: return nil
    }
    bits = bits << 6 | digit
    count += 6
    if count >= 8 {
      count -= 8
      decoded.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
    }
  }
  return decoded
}

/// Reads options as POSIX `getopt` does: `options` has the letters, each that takes a value followed by a colon. Reading
/// stops at the first word that is no option. An option without value stands for its letter; one whose value is not
/// there has an empty value. Letters that are not in `options`, and long options, are left out.
private func parseOptions(
  _ words: [ArraySlice<UInt8>], options: ArraySlice<UInt8>
) -> [(option: UInt8, value: ArraySlice<UInt8>)] {
  let dash = UInt8(ascii: "-")
  let colon = UInt8(ascii: ":")
  func takesValue(_ letter: UInt8) -> Bool? {
    guard letter != colon, let position = options.firstIndex(of: letter) else { return nil }
    return position + 1 < options.endIndex && options[position + 1] == colon
  }
  var found: [(option: UInt8, value: ArraySlice<UInt8>)] = []
  var next = 0
  while next < words.count {
    let word = words[next]
    next += 1
    guard word.count > 1, word.first == dash else { return found }
    if word.dropFirst().first == dash {
      if word.count == 2 { return found }
      continue
    }
    var letters = word.dropFirst()
    while let letter = letters.popFirst() {
      guard let takesValue = takesValue(letter) else { continue }
      if !takesValue {
        found.append((letter, [letter]))
        continue
      }
      if !letters.isEmpty {
        found.append((letter, letters))
      } else if next < words.count {
        found.append((letter, words[next]))
        next += 1
      } else {
        found.append((letter, []))
      }
      break
    }
  }
  return found
}
