/// The rules that come with the program: a table of names, patterns and places.
///
/// Patterns are as in `PatternParser`. Values of assignments end at blanks, quotes and separators; who quotes them may have
/// blanks in them.
public enum BuiltInRules {
  /// The rules of a set, or one rule, by name; `nil` when nothing has that name.
  public static func named(_ name: String) -> [RedactionRule]? {
    switch name {
    case "all": return all
    case "secrets": return all.filter { $0.name != "card-number" }
    default:
      let rule = all.filter { $0.name == name }
      return rule.isEmpty ? nil : rule
    }
  }

  /// The names that `named` knows.
  public static var names: [String] { ["secrets", "all"] + all.map(\.name) }

  /// All rules, in the order in which they are tried.
  public static let all: [RedactionRule] = entries.map { entry in
    RedactionRule(
      name: entry.name,
      patterns: entry.patterns.map { text in
        do throws(PatternError) {
          return try PatternParser.parse(text, ignoresCase: entry.ignoresCase)
        } catch {
          preconditionFailure("the pattern \(text) of the rule \(entry.name): \(error.message)")
        }
      }, scope: entry.scope, check: entry.check)
  }

  /// One line of the table.
  struct Entry {
    let name: String
    /// What it finds, for people.
    let meaning: String
    var scope = RedactionScope.all
    var ignoresCase = false
    var check = RedactionRule.Check.none
    let patterns: [String]
  }

  /// What names of secrets have in them.
  private static let secretNames = [
    "password", "passphrase", "secret", "token", "api_key", "api-key", "apikey", "access_key",
    "access-key", "accesskey",
    "private_key", "private-key", "privatekey", "credential",
  ]

  static let entries: [Entry] = [
    Entry(
      name: "private-key", meaning: "the body of a private key in PEM, up to its end or that of the text",
      patterns: [#"PRIVATE KEY-----([^\0]{8,}?)-----END"#, #"PRIVATE KEY BLOCK-----([^\0]{8,}?)-----END"#]),
    Entry(
      name: "authorization",
      meaning: "what an HTTP client proves itself with: `Authorization`, `X-Api-Key` and the like",
      ignoresCase: true,
      patterns: [
        #"authorization["']?[ ]?[:=][ ]?["']?bearer ([^\s"'\0]+)"#,
        #"authorization["']?[ ]?[:=][ ]?["']?basic ([^\s"'\0]+)"#,
        #"authorization["']?[ ]?[:=][ ]?["']?token ([^\s"'\0]+)"#,
        #"authorization["']?[ ]?[:=][ ]?["']?([^\r\n"'\0]+)"#,
        #"bearer ([A-Za-z0-9._~+/=-]{16,})"#, #"x-api-key["']?[ ]?[:=][ ]?["']?([^\s"'\0]+)"#,
        #"x-auth-token["']?[ ]?[:=][ ]?["']?([^\s"'\0]+)"#,
      ]),
    Entry(
      name: "cookie", meaning: "cookies of HTTP, both ways", ignoresCase: true,
      patterns: [#"set-cookie:[ ]?[^=;\r\n\0]+=([^;\r\n\0]+)"#, #"cookie:[ ]?([^\r\n\0]{4,})"#]),
    Entry(
      name: "json-web-token", meaning: "a signed token of three parts, `eyJ…`",
      patterns: [#"\b(eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9._-]{8,})"#]),
    Entry(
      name: "cloud-key", meaning: "keys of AWS, Google, Azure, DigitalOcean",
      patterns: [
        #"\b(AKIA[A-Z0-9]{16})\b"#, #"\b(ASIA[A-Z0-9]{16})\b"#, #"\b(AIza[A-Za-z0-9_-]{35})"#,
        #"\b(ya29\.[A-Za-z0-9_-]{20,})"#, #"\b(GOCSPX-[A-Za-z0-9_-]{20,})"#, #"AccountKey=([A-Za-z0-9+/=]{20,})"#,
        #"SharedAccessKey=([A-Za-z0-9+/=]{20,})"#, #"\b(dop_v1_[a-f0-9]{64})"#,
      ]),
    Entry(
      name: "service-token",
      meaning: "tokens of GitHub, GitLab, Slack, Stripe, npm, PyPI, Docker Hub, Hugging Face, OpenAI, "
        + "Anthropic, SendGrid, Vault, age",
      patterns: [
        #"\b(ghp_[A-Za-z0-9]{36,})"#, #"\b(gho_[A-Za-z0-9]{36,})"#, #"\b(ghu_[A-Za-z0-9]{36,})"#,
        #"\b(ghs_[A-Za-z0-9]{36,})"#, #"\b(ghr_[A-Za-z0-9]{36,})"#, #"\b(github_pat_[A-Za-z0-9_]{22,})"#,
        #"\b(glpat-[A-Za-z0-9_-]{20,})"#, #"\b(glrt-[A-Za-z0-9_-]{20,})"#, #"\b(xoxb-[A-Za-z0-9-]{10,})"#,
        #"\b(xoxp-[A-Za-z0-9-]{10,})"#, #"\b(xoxa-[A-Za-z0-9-]{10,})"#, #"\b(xoxs-[A-Za-z0-9-]{10,})"#,
        #"hooks.slack.com/services/([A-Za-z0-9/]{20,})"#, #"\b(sk_live_[A-Za-z0-9]{16,})"#,
        #"\b(sk_test_[A-Za-z0-9]{16,})"#, #"\b(rk_live_[A-Za-z0-9]{16,})"#, #"\b(whsec_[A-Za-z0-9]{16,})"#,
        #"\b(npm_[A-Za-z0-9]{36})"#, #"\b(pypi-[A-Za-z0-9_-]{32,})"#, #"\b(dckr_pat_[A-Za-z0-9_-]{20,})"#,
        #"\b(hf_[A-Za-z0-9]{30,})"#, #"\b(sk-ant-[A-Za-z0-9_-]{20,})"#, #"\b(sk-proj-[A-Za-z0-9_-]{20,})"#,
        #"\b(sk-[A-Za-z0-9]{40,})"#, #"\b(SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,})"#,
        #"\b(hvs\.[A-Za-z0-9_-]{20,})"#, #"\b(AGE-SECRET-KEY-1[A-Z0-9]{50,})"#,
      ]),
    Entry(
      name: "url-password", meaning: "the password in `scheme://user:password@host`, a long user name without one",
      patterns: [#"://[^/@:\s"'<>\0]*:([^/@\s"'<>\0]+)@"#, #"://([^/@:\s"'<>\0]{20,})@"#]),
    Entry(
      name: "environment-name",
      meaning: "the value of a variable with `PASSWORD`, `PASSPHRASE`, `SECRET`, `TOKEN`, `API_KEY`, "
        + "`ACCESS_KEY`, `PRIVATE_KEY` or `CREDENTIAL` in its name, or with `_KEY`, `_PASS`, `_PWD` "
        + "or `_AUTH` at its end",
      scope: .environment, ignoresCase: true,
      patterns: secretNames.map { $0 + #"[A-Za-z0-9_.-]*=([^\0]+)"# }
        + ["passwd=", "_key=", "_pass=", "_pwd=", "_auth=", "mysql_pwd="].map { $0 + #"([^\0]+)"# }),
    Entry(
      name: "password-argument",
      meaning: "the value of `--password`, `--db-token` and all options with such a word at their end, "
        + "behind a `=` or a blank, or as the next argument",
      scope: [.arguments, .payload, .text], ignoresCase: true,
      patterns: (secretNames + ["passwd", "pass"]).flatMap {
        ["-" + $0 + #"[=\0]([^\0\r\n]+)"#, "-" + $0 + #"[ =]{1,8}["']?([^\s"'\0]{3,})"#]
      }),
    Entry(
      name: "assignment",
      meaning: "what is assigned to a name with such a word in it, in configuration, JSON, forms and "
        + "addresses: `db_password = x`, `\"token\": \"x\"`, `?api_key=x`",
      ignoresCase: true,
      patterns: secretNames.flatMap {
        [
          $0 + #"[A-Za-z0-9_.-]{0,40}["'\\]{0,2}[ \t]{0,8}[=:][ \t]{0,8}\\?"([^"\r\n\\\0]+)"#,
          $0 + #"[A-Za-z0-9_.-]{0,40}["']?[ \t]{0,8}[=:][ \t]{0,8}'([^'\r\n\0]+)"#,
          $0 + #"[A-Za-z0-9_.-]{0,40}["']?[ \t]{0,8}[=:][ \t]{0,8}([^\s"'&;,\\\0]{3,})"#,
        ]
      } + [#"passwd=["']?([^\s"'&;,\0]{3,})"#, #"pwd=["']?([^\s"'&;,/\0]{3,})"#]),
    Entry(
      name: "card-number",
      meaning: "numbers of payment cards: 13 to 19 digits, with blanks or dashes between them, whose "
        + "check digit is right",
      check: .luhn, patterns: [#"\b([2-6][0-9 -]{12,22})"#]),
  ]
}
