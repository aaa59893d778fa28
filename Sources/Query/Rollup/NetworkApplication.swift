/// What usually listens at a port.
public struct NetworkApplication: Sendable, Hashable {
  /// Its name in the names of counters.
  public let name: String
  /// Its name for people.
  public let title: String
  /// The server ports.
  public let ports: [ClosedRange<UInt16>]

  private init(_ name: String, _ title: String, _ ports: ClosedRange<UInt16>...) {
    (self.name, self.title, self.ports) = (name, title, ports)
  }

  /// In the order in which they are listed.
  public static let all: [NetworkApplication] = [
    NetworkApplication("http", "HTTP", 80...80, 8080...8080),
    NetworkApplication("https", "HTTPS", 443...443, 8443...8443),
    NetworkApplication("ssh", "SSH", 22...22),
    NetworkApplication("dns", "DNS", 53...53),
    NetworkApplication("sysdig_agent", "Sysdig agent", 6666...6667),
    NetworkApplication("kubernetes", "Kubernetes API", 6443...6443),
    NetworkApplication("etcd", "etcd", 2379...2380),
    NetworkApplication("mysql", "MySQL", 3306...3306),
    NetworkApplication("postgres", "PostgreSQL", 5432...5432),
    NetworkApplication("redis", "Redis", 6379...6379),
    NetworkApplication("couchdb", "CouchDB", 5984...5984),
    NetworkApplication("fluentd", "Fluentd", 9880...9880, 24224...24224),
    NetworkApplication("statsd", "StatsD", 8125...8125),
    NetworkApplication("gearman", "Gearman", 4730...4730),
    NetworkApplication("hadoop", "Hadoop", 8020...8020, 9000...9000, 50070...50070),
    NetworkApplication("hbase", "HBase", 60000...60000, 60010...60010, 60020...60020, 60030...60030),
    NetworkApplication("kafka", "Kafka", 9092...9092, 2181...2181),
    NetworkApplication("kyoto_tycoon", "Kyoto Tycoon", 1978...1978),
    NetworkApplication("memcached", "memcached", 11211...11211),
    NetworkApplication("mongodb", "MongoDB", 27017...27019, 28017...28017),
    NetworkApplication("rabbitmq", "RabbitMQ", 5671...5672),
    NetworkApplication("riak", "Riak", 8087...8087, 8098...8098),
    NetworkApplication("solr", "Solr", 8983...8983),
    NetworkApplication("voltdb", "VoltDB", 5555...5555, 21212...21212),
    NetworkApplication("elasticsearch", "Elasticsearch", 9200...9400),
  ]

  /// Selects what goes through its ports.
  public var filter: String {
    let terms = ports.map { range in
      range.count == 1
        ? "fd.sport = \(range.lowerBound)" : "(fd.sport >= \(range.lowerBound) and fd.sport <= \(range.upperBound))"
    }
    return terms.count == 1 ? terms[0] : "(\(terms.joined(separator: " or ")))"
  }

  /// The place of the application of a port, -1 for none.
  static func index(ofPort port: UInt64) -> Int {
    port < UInt64(places.count) ? Int(places[Int(port)]) : -1
  }

  /// For each port a place in `all`: asked for each socket of a batch.
  private static let places: [Int8] = {
    var places = [Int8](repeating: -1, count: 65_536)
    for (place, application) in all.enumerated().reversed() {
      for port in application.ports.joined() { places[Int(port)] = Int8(place) }
    }
    return places
  }()
}
