/// The keys of the guard's configuration: what is read, what messages suggest, and what the reference shows.
public enum ConfigurationTable {
  /// A part of the file.
  public struct Section: Sendable {
    /// What messages call it: `policy`, `capture action`.
    public let name: String
    /// Where it stands: `policies[]`.
    public let path: String
    /// What it is for.
    public let help: String
    /// What may stand in it.
    public let keys: [Key]

    /// What stands before its name in a sentence.
    var article: String { "aeio".contains(name.first ?? "x") ? "an" : "a" }
  }

  /// A key.
  public struct Key: Sendable {
    /// How it is written.
    public let name: String
    /// What it takes: `DURATION`, `PATH`, …
    public let form: String
    /// What holds without it; empty when it must be there or nothing holds.
    public let standard: String
    /// What it says.
    public let help: String

    init(_ name: String, _ form: String, _ standard: String = "", _ help: String) {
      self.name = name
      self.form = form
      self.standard = standard
      self.help = help
    }
  }

  /// All parts, from the outside to the inside.
  public static let sections = [
    root, captures, flightRecorder, ship, objectStore, channel, syslog, webhook, splunk, elastic, spool, control,
    metrics,
    policy, selector, action, capture,
  ]

  static let root = Section(
    name: "configuration", path: "the file", help: "Paths in it are relative to the folder of the file.",
    keys: [
      Key(
        "rules_files", "[PATH, …]", "none",
        "Rules files in Falco's language, and directories of them, read in this order."),
      Key(
        "engines", "[URL, …]", "none", "Further container engines: `unix:///path` of a socket, or a state directory."),
      Key("captures", "captures", "", "Where captures go, how many stay, and where they are sent."),
      Key("ship", "ship", "none", "Where finished captures are sent; the same as `ship` in `captures`."),
      Key("flight_recorder", "flight_recorder", "", "How much of the past is kept in memory."),
      Key("notify", "{NAME: channel, …}", "none", "Channels by a name of yours, which policies tell."),
      Key("spool", "spool", "", "Where notices wait that a channel does not take."),
      Key("control", "control", "", "Where the guard takes orders."),
      Key("metrics", "metrics", "", "Where metrics and health are served."),
      Key("policies", "[policy, …]", "none", "What is watched, and what happens then."),
    ])

  static let captures = Section(
    name: "captures", path: "captures",
    help: "Where captures go, and how many stay. What is being written is never removed.",
    keys: [
      Key(
        "directory", "PATH", "/var/lib/reel/captures",
        "Where captures are written; made with mode 0700 when it is missing."),
      Key("keep_bytes", "SIZE", "all", "How many bytes of finished captures stay; the oldest go first."),
      Key("keep_age", "DURATION", "for ever", "How long a finished capture stays."),
      Key("keep_count", "NUMBER", "all", "How many finished captures stay."),
      Key(
        "redact", "[NAME or PATH, …]", "nothing",
        "What becomes pseudonyms before it is written, in all captures: rules that come with the program (`secrets`, `all`, or by name), and files of rules; see `formats/redaction.md`. Alerts and the names of captures stay as they are."
      ),
      Key(
        "redact_key", "SECRET", "a random one for each capture",
        "32 hexadecimal digits that pseudonyms are made with, so that those of several captures are the same."),
      Key("ship", "ship", "none", "Where finished captures are sent."),
    ])

  static let flightRecorder = Section(
    name: "flight recorder", path: "flight_recorder",
    help: "What captures have of the time before their trigger. Both limits hold.",
    keys: [
      Key("memory", "SIZE", "64MiB", "Bytes of compressed chunks."),
      Key("seconds", "SECONDS or DURATION", "60", "How far back."),
    ])

  static let ship = Section(
    name: "ship", path: "captures.ship", help: "Where a capture is sent when it is finished: one of the two.",
    keys: [
      Key(
        "command", "TEXT or [TEXT, …]", "",
        "A program and its arguments, without a shell; the capture's path comes last, and `REEL_CAPTURE_ID`, `REEL_CAPTURE_PATH`, `REEL_POLICY`, `REEL_RULE`, `REEL_CONTAINER_ID` stand in its environment. It ends with 0 when it has the capture."
      ),
      Key("s3", "s3", "", "A bucket of a store that speaks S3."),
      Key("timeout", "DURATION", "30m", "How long the command has; then it is killed, and the capture stays here."),
    ])

  static let objectStore = Section(
    name: "s3", path: "captures.ship.s3",
    help: "Captures larger than 16 MiB are sent in parts; what has arrived is compared.",
    keys: [
      Key("endpoint", "URL", "", "`https://host[:port]` of the store. Required."),
      Key("bucket", "TEXT", "", "The bucket, which must exist. Required."),
      Key("prefix", "TEXT", "none", "What stands before the name of the capture: `captures/`."),
      Key("region", "TEXT", "us-east-1", "What requests are signed for."),
      Key("access_key", "SECRET", "AWS_ACCESS_KEY_ID of the environment", "Who asks."),
      Key("secret_key", "SECRET", "AWS_SECRET_ACCESS_KEY of the environment", "The proof of that."),
      Key("ca", "PATH", "those of the system", "Certificates of authorities to trust, in PEM."),
    ])

  static let channel = Section(
    name: "channel", path: "notify.NAME",
    help:
      "Who is told: one of these. A channel that does not answer holds nobody up: what is for it waits, and is counted when it is lost.",
    keys: [
      Key("stdout", "json or text", "", "Lines on standard output."),
      Key("file", "PATH", "", "Lines of JSON in a file of mode 0600, opened anew when it was moved."),
      Key("syslog", "ADDRESS or syslog", "", "RFC 5424."),
      Key("webhook", "URL or webhook", "", "HTTP POST, for each notice."),
      Key("splunk", "splunk", "", "The HTTP event collector."),
      Key("elastic", "elastic", "", "The bulk interface of Elasticsearch and OpenSearch."),
    ])

  static let syslog = Section(
    name: "syslog channel", path: "notify.NAME.syslog", help: "",
    keys: [
      Key(
        "address", "ADDRESS", "",
        "The path of a socket such as `/dev/log`, or `udp://host:514`, `tcp://host:601`, `tls://host:6514`. Required."),
      Key("ca", "PATH", "those of the system", "Certificates of authorities to trust, in PEM."),
    ])

  static let webhook = Section(
    name: "webhook", path: "notify.NAME.webhook", help: "",
    keys: [
      Key("url", "URL or SECRET", "", "Where to. An address that is a secret itself can be one. Required."),
      Key(
        "shape", "falco, slack or alertmanager", "falco",
        "The body: the alert as it is; a message of Slack and what is compatible; alerts of version 2 of Alertmanager."),
      Key("headers", "{NAME: SECRET, …}", "none", "Further header fields."),
      Key("ca", "PATH", "those of the system", "Certificates of authorities to trust, in PEM."),
    ])

  static let splunk = Section(
    name: "splunk channel", path: "notify.NAME.splunk", help: "",
    keys: [
      Key("url", "URL", "", "`https://host:8088`; the path of the collector is added when there is none. Required."),
      Key("token", "SECRET", "", "The collector's token. Required."),
      Key("index", "TEXT", "the token's", "The index."),
      Key("ca", "PATH", "those of the system", "Certificates of authorities to trust, in PEM."),
    ])

  static let elastic = Section(
    name: "elastic channel", path: "notify.NAME.elastic", help: "",
    keys: [
      Key("url", "URL", "", "`https://host:9200`. Required."),
      Key("index", "TEXT", "", "The index or data stream. Required."),
      Key("authorization", "SECRET", "none", "The whole field: `ApiKey …` or `Basic …`."),
      Key("ca", "PATH", "those of the system", "Certificates of authorities to trust, in PEM."),
    ])

  static let spool = Section(
    name: "spool", path: "spool",
    help: "Where notices wait on disk that a channel does not take; they survive a restart.",
    keys: [
      Key("directory", "PATH", "/var/lib/reel/spool", "Made with mode 0700 when it is missing."),
      Key("keep_bytes", "SIZE", "64MiB", "The most that waits for one channel; what comes then is lost, and counted."),
    ])

  static let control = Section(
    name: "control", path: "control", help: "Where `reel capture` and `reel guard status` find the guard.",
    keys: [
      Key("socket", "PATH", "/run/reel/guard.sock", "A unix socket, mode 0600."),
      Key("group", "NAME", "root alone", "A group whose members may give orders, too; the socket's mode is then 0660."),
    ])

  static let metrics = Section(
    name: "metrics", path: "metrics", help: "Both are also on the control socket.",
    keys: [
      Key("listen", "HOST:PORT", "nowhere", "`/metrics` for Prometheus and `/healthz`, on a loopback address.")
    ])

  static let policy = Section(
    name: "policy", path: "policies[]", help: "What is watched, where, and what happens when it is seen.",
    keys: [
      Key("name", "TEXT", "", "A name that no other policy has. Required."),
      Key("description", "TEXT", "none", "What it is for."),
      Key("severity", "0 to 7", "4", "0 to 3 high, 4 and 5 medium, 6 low, 7 informational."),
      Key("enabled", "true or false", "true", "Whether it is asked."),
      Key("dry_run", "true or false", "false", "Whether its actions are only told, not done."),
      Key("scope", "FILTER", "all events", "Which events it is about: `container.id != host`, `k8s.ns.name = shop`."),
      Key(
        "rules", "[rule, …]", "",
        "Names of rules, patterns of names (`*shell*`), `{tag: …}`, and rules themselves. Required."),
      Key("except", "[TEXT, …]", "none", "Names and patterns of rules that patterns and tags do not choose."),
      Key("actions", "[action, …]", "none", "What happens when one of them matches, in this order."),
      Key("throttle", "DURATION", "none", "How long after a notice the same rule in the same scope is only counted."),
    ])

  static let selector = Section(
    name: "rule", path: "policies[].rules[]",
    help:
      "A name takes the rule whether it is enabled or not; patterns and tags take those that are enabled. Otherwise a rule of its own: `rule`, `sequence` or `list_matching`, as in rules files.",
    keys: [Key("tag", "TEXT", "", "All enabled rules with this tag.")])

  static let action = Section(
    name: "action", path: "policies[].actions[]", help: "One of these.",
    keys: [
      Key(
        "capture", "capture", "", "Writes a capture that begins before the event; `capture: {}` for the standard one."),
      Key("notify", "[NAME, …]", "", "Tells channels."),
      Key("container", "stop, pause or kill", "", "Acts on the container of the event."),
      Key("grace", "DURATION", "10s", "How long a container that is stopped has before it is killed."),
      Key("process", "kill", "", "Kills the process of the event."),
    ])

  static let capture = Section(
    name: "capture action", path: "policies[].actions[].capture",
    help: "A later match of the policy in the same scope extends the capture, and is listed in it.",
    keys: [
      Key("before", "DURATION", "5s", "How much of the time before the event."),
      Key("after", "DURATION", "15s", "How much of the time behind the last event that matched."),
      Key(
        "scope", "container, tree or host", "container",
        "Whose events: of the container (of the host, where it happened outside of containers); of the process with its ancestors and descendants; all."
      ),
      Key("filter", "FILTER", "all events", "Which of them."),
      Key("snaplen", "SIZE", "what is recorded", "The most bytes of payload kept of an event."),
      Key(
        "name", "TEXT", "the policy and the id",
        "The file's name without `.reel`, with `%fields` of the event, `%capture.id`, `%policy.name` and `%rule.name`."),
      Key("max_size", "SIZE", "none", "Bytes after which it ends."),
    ])
}
