// Numbers as names and names as numbers.

extension FlagTable {
  /// The names of the bits that are set, in table order, with `|` between them: `O_CREAT|O_RDWR|O_CLOEXEC`.
  ///
  /// Bits without a name follow as one hexadecimal number. Zero is the name that the table has for it, or `0`.
  public func text(for value: UInt64, architecture: Architecture = .x86_64) -> String {
    let whole = value & ~ignored
    var rest = whole
    var text = ""
    // Fields whose value is found: zero inside a field must not match again, nor after another value of the field.
    var found: UInt64 = 0
    for entry in entries {
      let mask = entry.mask(on: architecture)
      let wanted = entry.value(on: architecture)
      if mask == 0 {
        guard whole == 0 else { continue }
      } else if mask == wanted {
        // A plain bit, or several that count only together; those already printed do not count again.
        guard rest & mask == wanted else { continue }
      } else {
        guard whole & mask == wanted, found & mask == 0 else { continue }
        found |= mask
      }
      if !text.isEmpty { text += "|" }
      text += entry.name
      rest &= ~wanted
      if mask == 0 { return text }
    }
    if rest != 0 {
      if !text.isEmpty { text += "|" }
      text += "0x" + String(rest, radix: 16)
    }
    return text.isEmpty ? "0" : text
  }

  /// The name of one value of an enumeration, `nil` when the table has none.
  public func name(of value: UInt64, architecture: Architecture = .x86_64) -> String? {
    let value = value & ~ignored
    return entries.first { $0.value(on: architecture) == value }?.name
  }

  /// The kernel's value for a name, `nil` when the table has none.
  public func value(named name: String, architecture: Architecture = .x86_64) -> UInt64? {
    entries.first { $0.name == name }?.value(on: architecture)
  }

  /// The value in the ecosystem's files for the kernel's bits; bits without a portable value are dropped.
  public func portableFlags(for value: UInt64, architecture: Architecture = .x86_64) -> UInt64 {
    var portable: UInt64 = 0
    var rest = value & ~ignored
    for entry in entries {
      guard let bits = entry.portable else { continue }
      let mask = entry.mask(on: architecture)
      let wanted = entry.value(on: architecture)
      guard mask != 0, (mask == wanted ? rest : value) & mask == wanted else { continue }
      portable |= bits
      rest &= ~wanted
    }
    return portable
  }

  /// The kernel's bits for a value of the ecosystem's files; bits that the table does not know are dropped.
  public func flags(portable value: UInt64, architecture: Architecture = .x86_64) -> UInt64 {
    var flags: UInt64 = 0
    var rest = value
    for entry in entries {
      guard let bits = entry.portable, bits != 0, rest & bits == bits else { continue }
      flags |= entry.value(on: architecture)
      rest &= ~bits
    }
    return flags
  }

  /// The kernel's value for an enumeration's value in the ecosystem's files, `nil` when the table does not know it.
  public func value(portable: UInt64, architecture: Architecture = .x86_64) -> UInt64? {
    entries.first { $0.portable == portable }?.value(on: architecture)
  }

  /// An enumeration's value in the ecosystem's files for the kernel's value, `nil` when they have none.
  public func portableValue(for value: UInt64, architecture: Architecture = .x86_64) -> UInt64? {
    let value = value & ~ignored
    return entries.first { $0.portable != nil && $0.value(on: architecture) == value }?.portable
  }
}
