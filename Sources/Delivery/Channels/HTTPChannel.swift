import JSON

/// Notices over HTTP, in one of several shapes.
final class HTTPChannel: Channel {
  enum Target {
    case webhook(WebhookConfiguration)
    case splunk(String, Secret, String?, String?)
    case elastic(String, String, Secret?, String?)
  }

  private let target: Target
  private let client = HTTPClient()

  init(_ target: Target) { self.target = target }

  var batchSize: Int {
    switch target {
    case .webhook(let webhook): webhook.shape == .alertmanager ? 32 : 1
    case .splunk: 64
    case .elastic: 128
    }
  }

  func deliver(_ notices: ArraySlice<Notice>, isCancelled: @escaping () -> Bool) -> DeliveryOutcome {
    let answer: HTTPAnswer
    do throws(HTTPFailure) { answer = try client.send(request(notices), isCancelled: isCancelled) } catch {
      return .failed(0, error.description, after: nil)
    }
    switch answer.status {
    case 200..<300:
      if case .elastic = target { return BulkAnswer.outcome(answer.body, count: notices.count) }
      return .delivered
    case 400, 413, 422:
      // It is about what was sent: one by one shows which it is.
      if notices.count > 1 { return oneByOne(notices, isCancelled) }
      return .rejected(0, "\(place) refuses it: \(answer.summary)")
    case 300..<400:
      return .failed(0, "\(place) sends elsewhere (status \(answer.status)); redirects are not followed", after: nil)
    default:
      // Also what a person has to mend, such as a token: until then it waits.
      return .failed(0, "\(place) answers \(answer.summary)", after: answer.retryAfter)
    }
  }

  private func oneByOne(_ notices: ArraySlice<Notice>, _ isCancelled: @escaping () -> Bool) -> DeliveryOutcome {
    for (index, position) in notices.indices.enumerated() {
      switch deliver(notices[position...position], isCancelled: isCancelled) {
      case .delivered: continue
      case .rejected(_, let reason): return .rejected(index, reason)
      case .failed(_, let reason, let after): return .failed(index, reason, after: after)
      }
    }
    return .delivered
  }

  private var place: String {
    switch target {
    case .webhook(let webhook): SafeAddress.host(of: webhook.url)
    case .splunk(let url, _, _, _), .elastic(let url, _, _, _): SafeAddress.host(of: url)
    }
  }

  private func request(_ notices: ArraySlice<Notice>) -> HTTPRequest {
    switch target {
    case .webhook(let webhook):
      var request = HTTPRequest(url: webhook.url, authorities: webhook.certificateAuthorities)
      request.fields = [("Content-Type", "application/json")]
      request.fields += webhook.headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value.value) }
      request.body =
        switch webhook.shape {
        case .falco: Array((notices.first?.json ?? "").utf8)
        case .slack: NoticeBody.slack(notices.first)
        case .alertmanager: NoticeBody.alertmanager(notices)
        }
      return request
    case .splunk(let url, let token, let index, let authorities):
      var request = HTTPRequest(url: HTTPChannel.collector(url), authorities: authorities)
      request.fields = [("Content-Type", "application/json"), ("Authorization", "Splunk \(token.value)")]
      request.body = NoticeBody.splunk(notices, index: index)
      return request
    case .elastic(let url, let index, let authorization, let authorities):
      let base = url.hasSuffix("/") ? String(url.dropLast()) : url
      var request = HTTPRequest(url: "\(base)/\(index)/_bulk", authorities: authorities)
      request.fields = [("Content-Type", "application/x-ndjson")]
      if let authorization { request.fields.append(("Authorization", authorization.value)) }
      request.body = NoticeBody.elastic(notices)
      return request
    }
  }

  /// The collector's address, with its usual path where there is none.
  private static func collector(_ url: String) -> String {
    let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    let hasPath = parts.count == 4 && !parts[3].isEmpty
    return hasPath ? url : parts.prefix(3).joined(separator: "/") + "/services/collector/event"
  }
}

/// What Elasticsearch answers to many documents: each has a status of its own.
enum BulkAnswer {
  static func outcome(_ body: [UInt8], count: Int) -> DeliveryOutcome {
    let document: JSONDocument
    do throws(JSONDocument.Malformed) { document = try JSONDocument.parse(body) } catch {
      return .failed(0, "the answer is no JSON (\(error)); is this the bulk interface?", after: nil)
    }
    let items = document["items"].elements
    guard items.count == count else {
      return .failed(0, "\(count) documents were sent, and the answer speaks of \(items.count)", after: nil)
    }
    // Those that are there from an attempt before answer with a conflict, because their ids follow from what they say.
    for (index, item) in items.enumerated() {
      let result = item["create"]
      let status = result["status"].integer ?? 0
      if (200..<300).contains(status) || status == 409 { continue }
      let reason = result["error"]["reason"].text ?? result["error"].text ?? "status \(status)"
      let type = result["error"]["type"].text.map { " (\($0))" } ?? ""
      if status == 429 || status >= 500 || status == 0 {
        return .failed(index, String(reason.prefix(200)) + type, after: nil)
      }
      return .rejected(index, String(reason.prefix(200)) + type)
    }
    return .delivered
  }
}
