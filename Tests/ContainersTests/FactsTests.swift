import JSON
import Testing

@testable import Containers

/// What configurations and answers of engines say.
struct FactsTests {
  private static func json(_ text: String) throws -> JSONDocument { try JSONDocument.parse(Array(text.utf8)) }

  @Test(
    arguments: [
      ("nginx", "nginx", nil, nil), ("library/nginx:1.27", "library/nginx", "1.27", nil),
      ("localhost:5000/team/app", "localhost:5000/team/app", nil, nil),
      ("localhost:5000/team/app:v1@sha256:ab", "localhost:5000/team/app", "v1", "sha256:ab"),
      ("app@sha256:ab", "app", nil, "sha256:ab"), ("sha256:abcd", nil, nil, nil),
    ] as [(String, String?, String?, String?)])
  func images(name: String, repository: String?, tag: String?, digest: String?) {
    var facts = ContainerFacts()
    facts.setImage(name)
    #expect(facts["image"] == name)
    #expect(facts["image.repository"] == repository)
    #expect(facts["image.tag"] == tag)
    #expect(facts["image.digest"] == digest)
  }

  @Test(
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("2026-11-28T13:34:24.123456789Z", 1_795_872_864_123_456_789),
      ("2026-11-28T14:34:24.5+01:00", 1_795_872_864_500_000_000), ("2000-02-29T00:00:00Z", 951_782_400_000_000_000),
      ("0001-01-01T00:00:00Z", nil), ("", nil), ("2026-11-28", nil), ("2026-13-28T13:34:24Z", nil),
      ("2026-11-28T13:34:24", nil), ("2026-11-28T13:34:24.Z", nil), ("2026-11-28T13:34:24+0100", nil),
      ("+026-11-28T13:34:24Z", nil),
    ] as [(String, Int64?)])
  func times(text: String, nanoseconds: Int64?) {
    #expect(TimeText.nanoseconds(text) == nanoseconds)
  }

  @Test func bundleOfKubernetes() throws {
    let facts = BundleFacts.facts(
      try Self.json(
        """
        {"annotations": {"io.kubernetes.cri.container-name": "app", "io.kubernetes.cri.container-type": "container",
          "io.kubernetes.cri.image-name": "docker.io/library/app:2", "io.kubernetes.cri.sandbox-id": "0123456789abcdef",
          "io.kubernetes.cri.sandbox-name": "app-7", "io.kubernetes.cri.sandbox-namespace": "prod",
          "io.kubernetes.cri.sandbox-uid": "u-1", "team": "a"},
         "process": {"user": {"uid": 1000, "gid": 100}, "env": ["PATH=/bin", "TOKEN=secret", "broken"],
          "capabilities": {"bounding": ["CAP_CHOWN"]}},
         "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
          {"destination": "/etc/x", "type": "bind", "source": "/srv/x", "options": ["rbind", "rprivate", "ro"]}],
         "linux": {"resources": {"memory": {"limit": 67108864}, "cpu": {"quota": 50000, "period": 100000}},
          "maskedPaths": ["/proc/kcore"], "namespaces": [{"type": "pid"}, {"type": "network", "path": "/proc/77/ns/net"}]}}
        """))
    #expect(
      facts.texts == [
        "name": "app", "image": "docker.io/library/app:2", "image.repository": "docker.io/library/app",
        "image.tag": "2",
        "pod": "app-7", "pod_namespace": "prod", "pod.uid": "u-1", "pod.full_sandbox_id": "0123456789abcdef",
        "pod.sandbox_id": "0123456789ab", "pod.container": "app", "engine": "containerd", "annotation.team": "a",
        "env.PATH": "/bin", "user": "1000:100", "mounts": "/srv/x:/etc/x:ro:false:rprivate",
        "limit.memory": "67108864", "limit.cpu": "500", "privileged": "false", "host_pid": "false",
        "host_network": "false", "host_ipc": "true",
      ])
  }

  @Test func bundleOfPodman() throws {
    let facts = BundleFacts.facts(
      try Self.json(
        """
        {"annotations": {"io.container.manager": "libpod", "io.podman.annotations.privileged": "TRUE"}, "linux": {}}
        """))
    #expect(facts["engine"] == "podman")
    #expect(facts["privileged"] == "true")
  }

  @Test func filesOfDocker() throws {
    let config = try Self.json(
      """
      {"ID": "abc", "Name": "/web", "Image": "sha256:beef", "Config": {"Image": "local/web:1",
        "Labels": {"team": "a", "io.kubernetes.pod.name": "p", "io.kubernetes.pod.namespace": "n", "number": 3},
        "Env": ["PATH=/bin", "SECRET=x"], "User": "nobody", "Healthcheck": {"Test": ["CMD", "true"]}},
       "State": {"StartedAt": "2026-11-28T13:34:24Z"}, "NetworkSettings": {"Networks": {"b": {"IPAddress": "172.17.0.2"}}},
       "MountPoints": {"/data": {"Source": "/srv", "Destination": "/data", "RW": false, "Mode": "ro", "Propagation": "rprivate"}}}
      """)
    let host = try Self.json(
      "{\"Privileged\": true, \"Memory\": 1048576, \"NanoCpus\": 1500000000, \"NetworkMode\": \"host\", \"PidMode\": \"\"}"
    )
    #expect(
      DockerFacts.facts(config: config, host: host).texts == [
        "name": "web", "image": "local/web:1", "image.repository": "local/web", "image.tag": "1", "image.id": "beef",
        "label.team": "a", "label.io.kubernetes.pod.name": "p", "label.io.kubernetes.pod.namespace": "n", "pod": "p",
        "pod_namespace": "n", "env.PATH": "/bin", "user": "nobody", "healthcheck": "CMD true", "privileged": "true",
        "limit.memory": "1048576", "limit.cpu": "1500", "host_network": "true", "host_pid": "false",
        "ip": "172.17.0.2", "started": "1795872864000000000", "mounts": "/srv:/data:ro:false:rprivate",
      ])
  }

  @Test("an answer about another container is none") func lie() throws {
    let answer = try Self.json("{\"Id\": \"def\", \"Name\": \"/other\"}")
    #expect(DockerFacts.facts(inspected: answer, id: "abc") == nil)
    #expect(DockerFacts.facts(inspected: .null, id: "abc") == nil)
    #expect(DockerFacts.facts(inspected: answer, id: "def")?["name"] == "other")
  }

  @Test func storageOfPodman() throws {
    let list = try Self.json(
      """
      [{"id": "x"}, {"id": "abc", "names": ["web"], "image": "beef",
        "metadata": "{\\"image-name\\":\\"localhost/web:1\\",\\"name\\":\\"web\\"}"}, 7]
      """)
    let facts = try #require(PodmanFacts.facts(list: list, id: "abc"))
    #expect(facts["name"] == "web")
    #expect(facts["image"] == "localhost/web:1")
    #expect(facts["image.id"] == "beef")
    #expect(PodmanFacts.facts(list: list, id: "none") == nil)
  }

  @Test("facts do not grow without bound") func bounds() {
    var facts = ContainerFacts()
    let long = String(repeating: "x", count: 20_000)
    for index in 0..<5000 { facts["label.\(index)"] = index < 5 ? long : "x" }
    #expect(facts.texts.count == 2000)
    #expect(facts.texts.values.allSatisfy { $0.utf8.count <= 16 << 10 })
  }

  @Test func addressOfNamespace() {
    let routes = """
      Main:
        +-- 0.0.0.0/0 3 0 5
           |-- 127.0.0.1
              /32 host LOCAL
           |-- 172.17.0.0
              /16 link UNICAST
           |-- 172.17.0.2
              /32 host LOCAL
      """
    #expect(ProcessFacts.address(routes) == "172.17.0.2")
    #expect(ProcessFacts.address("") == nil)
  }
}
