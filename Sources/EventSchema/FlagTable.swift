/// Names for bits or values, with the values that the kernel uses.
///
/// A table serves flags (bits that are printed with `|` between their names) and enumerations (one name). The
/// ecosystem's files carry portable values in place of the kernel's; they are kept for import and export.
public struct FlagTable: Hashable, Sendable {
  /// One name.
  public struct Entry: Hashable, Sendable {
    /// As the kernel's headers spell it, or the ecosystem where it differs.
    public let name: String
    /// The kernel's value on x86_64. A few names are not the kernel's but say what the recorder or an imported file
    /// knows besides (`O_F_CREATED`, `CLONE_CHILD_IN_PIDNS`): they stand at bits that the kernel does not use there.
    public let value: UInt64
    /// The bits that are compared: equal to `value` for a plain bit, wider for a value inside a field of bits
    /// (`O_RDONLY` is 0 under the mask 3). 0 for a name that stands for no bits at all (`PROT_NONE`).
    public let mask: UInt64
    /// The kernel's value on aarch64 where it differs.
    public let aarch64: UInt64?
    /// The value in the ecosystem's files, `nil` for names that they do not have.
    public let portable: UInt64?

    /// One name with its value; the mask is `value` itself for a plain bit.
    public init(name: String, value: UInt64, mask: UInt64, aarch64: UInt64? = nil, portable: UInt64? = nil) {
      self.name = name
      self.value = value
      self.mask = mask
      self.aarch64 = aarch64
      self.portable = portable
    }

    /// The kernel's value on an architecture.
    public func value(on architecture: Architecture) -> UInt64 {
      architecture == .aarch64 ? aarch64 ?? value : value
    }

    /// The bits that are compared on an architecture.
    public func mask(on architecture: Architecture) -> UInt64 {
      mask == value ? value(on: architecture) : mask
    }
  }

  /// The ecosystem's name of the table, or Reel's for those that it does not have.
  public let name: String
  /// In the order in which names are printed; of two names for one value, the first is printed.
  public let entries: [Entry]
  /// Bits that belong to something else and are left out before names are looked up: the socket type in the argument
  /// that carries `SOCK_CLOEXEC`.
  public let ignored: UInt64

  /// A table with its names in the order of printing.
  public init(name: String, entries: [Entry], ignored: UInt64 = 0) {
    self.name = name
    self.entries = entries
    self.ignored = ignored
  }
}
