import Delivery
import Foundation
import TestSupport
import Testing

@testable import Guard

#if canImport(Glibc)
import Glibc
#endif

/// What Prometheus and probes get.
struct MetricsTests {
  static func status() -> GuardStatus {
    var status = GuardStatus()
    status.isRunning = true
    status.lookedAt = .max
    status.events = 1234
    status.lost = ["ring_full": 3]
    status.alerts = [GuardStatus.AlertKey(rule: "A \"b\"\n\\c", policy: "P", priority: "Warning"): 7]
    status.actions = ["process_kill": 2, "process_kill_failed": 1]
    status.captures = [.done: 4]
    status.processorTime = 1_500_000_000
    for time in [100_000, 125_000, 126_000, 9_000_000_000] as [Int64] { status.alertLatency.add(time) }
    return status
  }

  @Test("Samples, labels and histograms are as the text format wants them")
  func text() throws {
    let text = MetricsText.of(Self.status(), [])
    let lines = text.split(separator: "\n").map(String.init)
    for line in [
      "reel_guard_up 1", "reel_guard_events_total 1234", "reel_guard_events_lost_total{cause=\"ring_full\"} 3",
      "reel_guard_alerts_total{policy=\"P\",rule=\"A \\\"b\\\"\\n\\\\c\",priority=\"Warning\"} 7",
      "reel_guard_actions_total{action=\"process_kill\",result=\"done\"} 2",
      "reel_guard_actions_total{action=\"process_kill\",result=\"failed\"} 1", "reel_guard_captures{state=\"done\"} 4",
      "reel_guard_captures{state=\"error\"} 0", "reel_guard_alert_latency_seconds_bucket{le=\"0.000125\"} 2",
      "reel_guard_alert_latency_seconds_bucket{le=\"0.00025\"} 3",
      "reel_guard_alert_latency_seconds_bucket{le=\"+Inf\"} 4",
      "reel_guard_alert_latency_seconds_sum 9.000351", "reel_guard_alert_latency_seconds_count 4",
      "reel_guard_process_cpu_seconds_total 1.5",
    ] { #expect(lines.contains(line), "\(line)") }
    // Each family is announced once, before its samples, and each sample belongs to the family before it.
    var family = ""
    var seen: Set<String> = []
    for line in lines {
      if line.hasPrefix("# HELP ") {
        family = String(line.split(separator: " ")[2])
        #expect(seen.insert(family).inserted)
      } else if !line.hasPrefix("#") {
        #expect(line.hasPrefix(family))
        #expect(line.split(separator: " ").last.flatMap { Double($0) } != nil)
      }
    }
  }

  @Test(
    "Seconds are exact",
    arguments: [(0, "0"), (1, "0.000000001"), (1_500_000_000, "1.5"), (-250_000_000, "-0.25")] as [(Int64, String)])
  func seconds(nanoseconds: Int64, text: String) { #expect(MetricsWriter.seconds(nanoseconds) == text) }

  @Test("A guard that does not look is not well; one with a channel in trouble is")
  func health() {
    var status = Self.status()
    status.lookedAt = 1_000_000_000
    #expect(GuardHealth(status, [], now: 2_000_000_000).isWell)
    #expect(!GuardHealth(status, [], now: 20_000_000_000).isWell)
    status.configurationError = "it is broken"
    let health = GuardHealth(status, [], now: 2_000_000_000)
    #expect(health.isWell && health.troubles == ["the newest configuration is not in use: it is broken"])
  }

  /// Requests, and the beginnings of their answers.
  static let examples: [(String, String)] = [
    ("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4"),
    ("GET /healthz HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Type: application/json"),
    ("HEAD /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK"), ("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404"),
    ("POST /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 405"), ("nonsense\r\n\r\n", "HTTP/1.1 405"),
    (String(repeating: "x", count: 100_000), ""), ("GET /metrics HTTP/1.1\r\n", "HTTP/1.1 400"),
  ]

  @Test("Requests are answered, and those that are none, too", arguments: examples)
  func requests(request: String, answer: String) throws {
    let board = GuardStatusBoard()
    board.update { $0 = Self.status() }
    let server = try MetricsServer("127.0.0.1:0", GuardFacts(orders: GuardOrders(), board: board))
    defer { server.close() }
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = server.port.bigEndian
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(connected == 0)
    _ = Array(request.utf8).withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    shutdown(descriptor, Int32(SHUT_WR))
    var text: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &part, part.count, 0)
      if count <= 0 { break }
      text += part[..<count]
    }
    let got = String(decoding: text, as: UTF8.self)
    #expect(got.hasPrefix(answer), "\(got.prefix(100))")
    if request.hasPrefix("HEAD") { #expect(got.hasSuffix("\r\n\r\n")) }
  }

  @Test("Other addresses than loopback are refused", arguments: ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "host:1", ""])
  func loopback(address: String) {
    #expect(throws: ControlError.self) {
      try MetricsServer(address, GuardFacts(orders: GuardOrders(), board: GuardStatusBoard()))
    }
  }

  @Test("IPv6 loopback works, and an address that is taken is told")
  func taken() throws {
    let facts = GuardFacts(orders: GuardOrders(), board: GuardStatusBoard())
    let server = try MetricsServer("[::1]:0", facts)
    defer { server.close() }
    #expect(server.port > 0)
    #expect(throws: ControlError.self) { try MetricsServer("[::1]:\(server.port)", facts) }
  }
}
