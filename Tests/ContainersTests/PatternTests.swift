import Testing

@testable import Containers

/// Which containers a user means.
struct PatternTests {
  private static let id = String(repeating: "0123456789abcdef", count: 4)

  private static let facts: ContainerFacts = {
    var facts = ContainerFacts()
    facts["name"] = "web-1"
    facts.setImage("docker.io/library/nginx:1.27")
    facts["pod"] = "front-7"
    facts["pod_namespace"] = "prod"
    return facts
  }()

  @Test(
    arguments: [
      (id, .id), ("0123", .id), ("0123456789ab", .id), ("0123456789AB", .id), ("docker://\(id)", .id), ("012", nil),
      ("web-1", .description), ("web-*", .description), ("web-2", nil), ("web", nil), ("*", .description),
      ("nginx", .description), ("nginx:1.27", .description), ("nginx:*", .description), ("nginx:1.26", nil),
      ("docker.io/library/nginx", .description), ("*/nginx:1.?7", .description), ("beef", nil),
      ("pod:prod/front-7", .description), ("pod:prod/front-*", .description), ("pod:*/front-7", .description),
      ("pod:test/front-7", nil), ("pod:prod/front", nil),
    ] as [(String, ContainerPattern.Match?)])
  func matches(text: String, match: ContainerPattern.Match?) throws {
    #expect(try #require(ContainerPattern(text)).match(id: Self.id, Self.facts) == match)
  }

  @Test(arguments: ["", "pod:", "pod:x", "pod:/x", "pod:x/", "docker://"])
  func noPatterns(text: String) {
    #expect(ContainerPattern(text) == nil)
  }

  @Test(
    arguments: [
      ("", "", true), ("", "a", false), ("*", "", true), ("a*b*c", "axxbyyc", true), ("a*b*c", "axxbyy", false),
      ("*a", "aaaa", true), ("?", "", false), ("??", "ab", true), ("a?", "a", false),
    ])
  func wildcards(pattern: String, text: String, matches: Bool) {
    #expect(Wildcard.matches(pattern, text) == matches)
  }

  @Test("a pattern of many stars takes no time") func stars() {
    let pattern = String(repeating: "*a", count: 200) + "b"
    #expect(!Wildcard.matches(pattern, String(repeating: "a", count: 5000)))
  }
}
