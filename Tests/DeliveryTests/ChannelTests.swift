import Delivery
import Foundation
import TestSupport
import Testing

/// What reaches the other side, and what is done about one that misbehaves.
struct ChannelTests {
  private func deliver(
    _ channel: ChannelConfiguration, _ notices: [Notice], spool: SpoolLimits? = nil, _ reports: Reports = Reports(),
    until isDone: (ChannelStatus) throws -> Bool
  ) async throws -> ChannelStatus {
    let dispatcher = Dispatcher(["c": channel], spool: spool, hostname: "node1") { reports.add($0) }
    for notice in notices { dispatcher.send(notice, to: ["c", "unknown"]) }
    try await eventually("the channel is done") { try isDone(dispatcher.statuses[0]) }
    let status = dispatcher.statuses[0]
    dispatcher.finish(within: 1_000_000_000)
    return status
  }

  @Test("A webhook gets each alert as it is, with its header fields, in order")
  func webhook() async throws {
    try await withTemporaryDirectory { folder in
      let server = try await TestServer("http", in: folder)
      defer { server.stop() }
      var webhook = WebhookConfiguration(url: "http://127.0.0.1:\(server.port)/hook?a=b")
      webhook.headers = ["X-Token": Secret("hunter2")]
      let status = try await deliver(.webhook(webhook), (0..<20).map { alert($0) }) { $0.delivered == 20 }
      let received = try server.received().compactMap(\.object)
      #expect(received.map { $0["body"]?.text } == (0..<20).map { alert($0).json })
      #expect(received[0]["method"]?.text == "POST" && received[0]["path"]?.text == "/hook?a=b")
      #expect(received[0]["fields"]?.object?["x-token"]?.text == "hunter2")
      #expect(received[0]["fields"]?.object?["content-type"]?.text == "application/json")
      #expect(status.waiting == 0 && status.lost == 0 && status.failures == 0 && status.trouble.isEmpty)
    }
  }

  @Test("Shapes of bodies", arguments: WebhookConfiguration.Shape.allCases)
  func shapes(shape: WebhookConfiguration.Shape) async throws {
    try await withTemporaryDirectory { folder in
      let server = try await TestServer("http", in: folder)
      defer { server.stop() }
      var webhook = WebhookConfiguration(url: "http://127.0.0.1:\(server.port)/")
      webhook.shape = shape
      _ = try await deliver(.webhook(webhook), [alert(1, text: "a <b> & c")]) { $0.delivered == 1 }
      let body = try #require(try server.received().first?.object?["body"]?.text)
      switch shape {
      case .falco: #expect(body == alert(1).json)
      case .slack:
        let object = try JSONValue.object(line: body)
        #expect(object["text"]?.text == "Warning: Rule &lt;A&gt; on node1")
        let attachment = try #require(object["attachments"]?.array?.first?.object)
        #expect(attachment["text"]?.text == "a &lt;b&gt; &amp; c")
        let fields = (attachment["fields"]?.array ?? []).compactMap { $0.object?["title"]?.text }
        #expect(fields == ["Host", "Policy", "container.id", "proc.cmdline"])
      case .alertmanager:
        let alerts = try JSONDecoder().decode(JSONValue.self, from: Data(body.utf8))
        let object = try #require(alerts.array?.first?.object)
        #expect(
          object["labels"]
            == .object([
              "alertname": .text("Rule <A>"), "severity": .text("warning"), "priority": .text("warning"),
              "source": .text("reel"), "policy": .text("Policy"), "host": .text("node1"), "container_id": .text("abc"),
            ]))
        #expect(object["annotations"]?.object?["summary"]?.text == "a <b> & c")
        #expect(object["annotations"]?.object?["proc_cmdline"]?.text == "sh -c \"]\\\"")
        #expect(object["startsAt"]?.text == "2026-11-28T12:00:00.123456Z")
      }
    }
  }

  @Test("Splunk gets events with their time, host and index, and the token in the header")
  func splunk() async throws {
    try await withTemporaryDirectory { folder in
      let server = try await TestServer("http", in: folder)
      defer { server.stop() }
      let channel = ChannelConfiguration.splunk(
        url: "http://127.0.0.1:\(server.port)", token: Secret("hunter2"), index: "main", certificateAuthorities: nil)
      _ = try await deliver(channel, (0..<3).map { alert($0) }) { $0.delivered == 3 }
      let requests = try server.received().compactMap(\.object)
      #expect(requests.allSatisfy { $0["path"]?.text == "/services/collector/event" })
      #expect(requests.first?["fields"]?.object?["authorization"]?.text == "Splunk hunter2")
      let events = try requests.flatMap {
        try ($0["body"]?.text ?? "").split(separator: "\n").map { try JSONValue.object(line: String($0)) }
      }
      #expect(events.map { $0["event"]?.object?["output"]?.text } == ["alert 0", "alert 1", "alert 2"])
      #expect(events[0]["time"]?.number == 1_795_867_200.123)
      #expect(events[0]["host"]?.text == "node1" && events[0]["index"]?.text == "main")
    }
  }

  @Test("Elasticsearch: an item that is refused is lost alone, one that is there counts, and busy ones are sent again")
  func elastic() async throws {
    try await withTemporaryDirectory { folder in
      let server = try await TestServer("http", in: folder, "--behave", "bulk,bulk/201/400,bulk/429,bulk/409,bulk")
      defer { server.stop() }
      let reports = Reports()
      let channel = ChannelConfiguration.elastic(
        url: "http://127.0.0.1:\(server.port)/", index: "reel", authorization: Secret("ApiKey hunter2"),
        certificateAuthorities: nil)
      let dispatcher = Dispatcher(["c": channel], spool: nil, hostname: "node1") { reports.add($0) }
      dispatcher.send(alert(0), to: ["c"])
      try await eventually("the first is there") { dispatcher.statuses[0].delivered == 1 }
      for number in 1...4 { dispatcher.send(alert(number), to: ["c"]) }
      try await eventually("the others are done") { dispatcher.statuses[0].waiting == 0 }
      let status = dispatcher.statuses[0]
      dispatcher.finish(within: 1_000_000_000)
      #expect(status.delivered + status.rejected == 5)
      #expect(status.lost == 0)
      let requests = try server.received().compactMap(\.object)
      #expect(requests.first?["path"]?.text == "/reel/_bulk")
      #expect(requests.first?["fields"]?.object?["authorization"]?.text == "ApiKey hunter2")
      let lines = (requests.first?["body"]?.text ?? "").split(separator: "\n").map(String.init)
      #expect(lines.count == 2)
      #expect(try JSONValue.object(line: lines[0])["create"]?.object?["_id"]?.text?.count == 40)
      #expect(try JSONValue.object(line: lines[1])["@timestamp"]?.text == "2026-11-28T12:00:00.123456Z")
      #expect(try JSONValue.object(line: lines[1])["output"]?.text == "alert 0")
    }
  }

  @Test("A file gets lines, is for its owner alone, and is opened anew when it was moved")
  func file() async throws {
    try await withTemporaryDirectory { folder in
      let path = folder + "/alerts"
      let dispatcher = Dispatcher(["c": .file(path: path)], spool: nil, hostname: "h") { _ in }
      dispatcher.send(alert(0), to: ["c"])
      try await eventually("the first is there") { dispatcher.statuses[0].delivered == 1 }
      try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
      dispatcher.send(alert(1), to: ["c"])
      try await eventually("the second is there") { dispatcher.statuses[0].delivered == 2 }
      dispatcher.finish(within: 1_000_000_000)
      #expect(try readFile(path + ".1") == Array((alert(0).json + "\n").utf8))
      #expect(try readFile(path) == Array((alert(1).json + "\n").utf8))
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
    }
  }

  @Test("Syslog over each way, with structured data", arguments: ["unix", "udp", "tcp", "tls"])
  func syslog(way: String) async throws {
    try await withTemporaryDirectory { folder in
      var more = ["--socket", folder + "/log"]
      if way == "tls" { more = ["--certificate", try await TestServer.certificate(in: folder)] }
      let server = try await TestServer(way == "tls" ? "tcp" : way, in: folder, more[0], more[1])
      defer { server.stop() }
      let address = way == "unix" ? folder + "/log" : "\(way)://127.0.0.1:\(server.port)"
      let channel = ChannelConfiguration.syslog(
        address: address, certificateAuthorities: way == "tls" ? folder + "/cert.pem" : nil)
      _ = try await deliver(channel, [alert(1, text: "one\ntwo"), alert(2)]) { $0.delivered == 2 }
      try await eventually("both are there") { try server.received().count == 2 }
      let message = try #require(try server.received().first?.text)
      #expect(
        message
          == "<84>1 2026-11-28T12:00:00.123456Z node1 reel \(getpid()) alert "
          + "[reel@32473 kind=\"alert\" rule=\"Rule <A>\" policy=\"Policy\" severity=\"2\"]"
          + "[fields@32473 container.id=\"abc\" proc.cmdline=\"sh -c \\\"\\]\\\\\\\"\"] \u{FEFF}one two")
    }
  }

  /// What goes wrong first, and what is said of it.
  static let misbehaviours: [(String, String)] = [
    ("503", "answers status 503"), ("429/1", "answers status 429"), ("401", "answers status 401"),
    ("close", "transferred a partial file"), ("garbage", "127.0.0.1"), ("redirect", "sends elsewhere (status 302)"),
    ("large", "more than a mebibyte"),
  ]

  @Test("What fails is tried again, later, and nothing is lost", arguments: misbehaviours)
  func troubles(behaviour: String, words: String) async throws {
    try await withTemporaryDirectory { folder in
      let server = try await TestServer("http", in: folder, "--behave", "\(behaviour),200")
      defer { server.stop() }
      let reports = Reports()
      let webhook = WebhookConfiguration(url: "http://127.0.0.1:\(server.port)/secret-path")
      let status = try await deliver(.webhook(webhook), (0..<3).map { alert($0) }, reports) { $0.delivered == 3 }
      #expect(status.failures == 1 && status.lost == 0 && status.rejected == 0)
      let bodies = try server.received().compactMap { $0.object?["body"]?.text }
      #expect(bodies == [0, 0, 1, 2].map { alert($0).json })
      #expect(reports.all.first?.contains(words) == true, "\(reports.all)")
      #expect(reports.all.last?.contains("takes notices again") == true)
      #expect(!reports.all.contains { $0.contains("secret-path") })
    }
  }

  @Test("What the other side refuses for good is lost alone, and counted")
  func refused() async throws {
    try await withTemporaryDirectory { folder in
      let server = try await TestServer("http", in: folder, "--behave", "200,400,200")
      defer { server.stop() }
      let reports = Reports()
      let webhook = WebhookConfiguration(url: "http://127.0.0.1:\(server.port)/")
      let status = try await deliver(.webhook(webhook), (0..<3).map { alert($0) }, reports) { $0.waiting == 0 }
      #expect(status.delivered == 2 && status.rejected == 1 && status.lost == 0)
      #expect(reports.all.count == 1 && reports.all[0].contains("status 400"))
    }
  }

  @Test("A certificate that nobody trusts is refused, and one that is named is taken")
  func certificates() async throws {
    try await withTemporaryDirectory { folder in
      let certificate = try await TestServer.certificate(in: folder)
      let server = try await TestServer("http", in: folder, "--certificate", certificate)
      defer { server.stop() }
      var webhook = WebhookConfiguration(url: "https://127.0.0.1:\(server.port)/")
      let reports = Reports()
      let refused = try await deliver(.webhook(webhook), [alert(0)], reports) { $0.failures > 0 }
      #expect(refused.delivered == 0)
      #expect(reports.all.first?.contains("certificate") == true, "\(reports.all)")
      #expect(try server.received().isEmpty)
      webhook.certificateAuthorities = folder + "/cert.pem"
      let taken = try await deliver(.webhook(webhook), [alert(0)]) { $0.delivered == 1 }
      #expect(taken.failures == 0)
      // The name is looked at, too.
      webhook.url = "https://localhost:\(server.port)/"
      let other = try await deliver(.webhook(webhook), [alert(0)], reports) { $0.failures > 0 }
      #expect(other.delivered == 0)
    }
  }
}
