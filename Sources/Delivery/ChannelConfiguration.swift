/// Where notices go, and how.
public enum ChannelConfiguration: Sendable, Hashable {
  /// Lines of JSON on standard output, or of text.
  case standardOutput(isJSON: Bool)
  /// Lines of JSON in a file, mode 0600, opened anew when somebody moved it.
  case file(path: String)
  /// RFC 5424, to the path of a socket or `udp://`, `tcp://` and `tls://` addresses.
  case syslog(address: String, certificateAuthorities: String?)
  /// HTTP POST.
  case webhook(WebhookConfiguration)
  /// The HTTP event collector.
  case splunk(url: String, token: Secret, index: String?, certificateAuthorities: String?)
  /// The bulk interface.
  case elastic(url: String, index: String, authorization: Secret?, certificateAuthorities: String?)
}

extension ChannelConfiguration {
  /// What it is, as the configuration calls it.
  public var kind: String {
    switch self {
    case .standardOutput: "stdout"
    case .file: "file"
    case .syslog: "syslog"
    case .webhook: "webhook"
    case .splunk: "splunk"
    case .elastic: "elastic"
    }
  }

  /// Where it leads, without what may be secret: of an address the host alone.
  public var place: String {
    switch self {
    case .standardOutput: "standard output"
    case .file(let path): path
    case .syslog(let address, _): address
    case .webhook(let webhook): SafeAddress.host(of: webhook.url)
    case .splunk(let url, _, _, _), .elastic(let url, _, _, _): SafeAddress.host(of: url)
    }
  }
}

/// Addresses as they may be shown: paths of webhooks are secrets, and so are names and passwords in front of hosts.
public enum SafeAddress {
  /// `https://host:port` of an address.
  public static func host(of address: String) -> String {
    let parts = address.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count >= 3, parts[0].hasSuffix(":"), parts[1].isEmpty else { return "an address" }
    let host = parts[2].split(separator: "@", omittingEmptySubsequences: false).last ?? ""
    return "\(parts[0])//\(host.prefix { $0 != "?" && $0 != "#" })"
  }
}

/// What is posted where.
public struct WebhookConfiguration: Sendable, Hashable {
  /// The shape of the body.
  public enum Shape: String, Sendable, Hashable, CaseIterable {
    /// The alert as it is.
    case falco
    case slack
    case alertmanager
  }

  /// Where to.
  public var url: String
  /// What.
  public var shape = Shape.falco
  /// Further header fields.
  public var headers: [String: Secret] = [:]
  /// A file with certificates to trust; `nil` for those of the system.
  public var certificateAuthorities: String?

  /// Posts alerts as they are.
  public init(url: String) { self.url = url }
}

extension WebhookConfiguration: CustomStringConvertible {
  /// Without the path, which may be a secret.
  public var description: String { "\(shape.rawValue) to \(SafeAddress.host(of: url))" }
}

/// A value that is not shown: from a file (`file:PATH`), the environment (`env:NAME`), or written out.
public struct Secret: Sendable, Hashable {
  /// The value itself.
  public let value: String

  /// A secret.
  public init(_ value: String) { self.value = value }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible {
  /// Never the value.
  public var description: String { "…" }
  /// Never the value.
  public var debugDescription: String { "…" }
}

/// Where a finished capture is sent.
public enum ShipConfiguration: Sendable, Hashable {
  /// A program that gets the path as its last argument and facts in its environment; 0 means that it has it.
  /// It is killed when it takes longer than so many nanoseconds.
  case command([String], timeout: Int64 = ShipConfiguration.standardTimeout)
  /// A store that speaks S3.
  case s3(ObjectStore)

  /// Half an hour.
  public static let standardTimeout: Int64 = 1_800_000_000_000
}

/// A bucket of a store that speaks S3.
public struct ObjectStore: Sendable, Hashable {
  /// `https://host[:port]`.
  public var endpoint: String
  /// The bucket.
  public var bucket: String
  /// What stands before the file's name.
  public var prefix = ""
  /// What requests are signed for.
  public var region = "us-east-1"
  /// Who asks.
  public var accessKey: Secret?
  /// The proof of that.
  public var secretKey: Secret?
  /// What goes with keys that are lent for some hours.
  public var sessionToken: Secret?
  /// A file with certificates to trust; `nil` for those of the system.
  public var certificateAuthorities: String?

  /// A bucket.
  public init(endpoint: String, bucket: String) {
    self.endpoint = endpoint
    self.bucket = bucket
  }
}
