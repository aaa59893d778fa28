import Testing

@testable import Containers

/// Which container a control group belongs to, by its path.
struct RecognitionTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let path: String
    let id: String?
    var engine = ""
    var pod: String?

    var testDescription: String { path }
  }

  static let a = String(repeating: "0123456789abcdef", count: 4)
  static let b = String(repeating: "fedcba9876543210", count: 4)
  static let uid = "0b7a6c58-66a1-4b7e-9d3f-1c2d3e4f5a6b"
  static let underscored = "0b7a6c58_66a1_4b7e_9d3f_1c2d3e4f5a6b"
  static let staticUID = "c3f1a2b4d5e6f708192a3b4c5d6e7f80"

  static let cases: [Case] = [
    // Docker: cgroupfs, systemd, a parent of its own, inside of another container, Compose, buildkit's host side.
    Case(path: "/docker/\(a)", id: a, engine: "docker"),
    Case(path: "/system.slice/docker-\(a).scope", id: a, engine: "docker"),
    Case(path: "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-\(a).scope", id: a, engine: "docker"),
    Case(path: "/docker/\(a)/docker/\(b)", id: b, engine: "docker"),
    Case(path: "/docker/\(a)/init.scope", id: a, engine: "docker"),
    Case(path: "/my-parent/\(a)", id: a, engine: "oci"),
    Case(path: "/docker", id: nil), Case(path: "/system.slice/docker.service", id: nil),
    Case(path: "/ecs/55091c13-b8cf-4801-b527-f4601742204d/\(a)", id: a, engine: "docker"),
    Case(path: "/actions_job/\(a)", id: a, engine: "docker"),
    // Kubernetes with cgroupfs: nothing says the engine.
    Case(path: "/kubepods/burstable/pod\(uid)/\(a)", id: a, engine: "oci", pod: uid),
    Case(path: "/kubepods/besteffort/pod\(uid)/\(a)", id: a, engine: "oci", pod: uid),
    Case(path: "/kubepods/pod\(uid)/\(a)", id: a, engine: "oci", pod: uid),
    Case(path: "/kubepods/pod\(staticUID)/\(a)", id: a, engine: "oci", pod: staticUID),
    Case(path: "/kubepods/besteffort/pod\(uid)/cri-containerd-\(a)", id: a, engine: "containerd", pod: uid),
    Case(path: "/kubepods/besteffort/pod\(uid)/crio-\(a)", id: a, engine: "cri-o", pod: uid),
    Case(path: "/kubepods/burstable/pod\(uid)", id: nil),
    // Kubernetes with systemd.
    Case(
      path:
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod\(underscored).slice/cri-containerd-\(a).scope",
      id: a, engine: "containerd", pod: uid),
    Case(
      path: "/kubepods.slice/kubepods-pod\(underscored).slice/crio-\(a).scope", id: a, engine: "cri-o", pod: uid),
    Case(
      path: "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod\(underscored).slice/docker-\(a).scope",
      id: a, engine: "docker", pod: uid),
    Case(
      path: "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod\(underscored).slice", id: nil),
    Case(
      path:
        "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod\(underscored).slice/cri-containerd-\(a).scope/x",
      id: a, engine: "containerd"),
    Case(
      path: "/system.slice/containerd.service/kubepods-burstable-pod\(underscored).slice:cri-containerd:\(a)", id: a,
      engine: "containerd", pod: uid),
    // A cluster in a container: the innermost one counts.
    Case(
      path: "/docker/\(a)/kubelet/kubepods/burstable/pod\(uid)/\(b)", id: b, engine: "docker", pod: uid),
    Case(
      path: "/system.slice/docker-\(a).scope/kubepods.slice/kubepods-pod\(underscored).slice/cri-containerd-\(b).scope",
      id: b, engine: "containerd", pod: uid),
    // Podman, with root and without, and those that watch its containers from outside.
    Case(path: "/libpod_parent/libpod-\(a)", id: a, engine: "podman"),
    Case(path: "/libpod_parent/libpod-\(a)/ctr", id: a, engine: "podman"),
    Case(path: "/machine.slice/libpod-\(a).scope", id: a, engine: "podman"),
    Case(path: "/machine.slice/libpod-\(a).scope/container", id: a, engine: "podman"),
    Case(
      path: "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-\(a).scope/container", id: a,
      engine: "podman"),
    Case(
      path: "/user.slice/user-1000.slice/user@1000.service/user.slice/user-libpod_pod_\(b).slice/libpod-\(a).scope",
      id: a, engine: "podman"),
    Case(path: "/machine.slice/libpod-conmon-\(a).scope", id: nil),
    Case(path: "/libpod_parent/conmon", id: nil),
    Case(path: "/kubepods.slice/crio-conmon-\(a).scope", id: nil),
    // containerd and nerdctl.
    Case(path: "/system.slice/nerdctl-\(a).scope", id: a, engine: "containerd"),
    Case(path: "/default/\(a)", id: a, engine: "oci"),
    // LXC.
    Case(path: "/lxc/web", id: "web", engine: "lxc"), Case(path: "/lxc/web/init.scope", id: "web", engine: "lxc"),
    Case(path: "/lxc.payload.web", id: "web", engine: "lxc"),
    Case(path: "/lxc.payload.web/system.slice/nginx.service", id: "web", engine: "lxc"),
    Case(path: "/lxc.payload/web", id: "web", engine: "lxc"),
    Case(path: "/lxc.monitor.web", id: nil), Case(path: "/lxc", id: nil),
    Case(path: "/lxc.payload.web/docker/\(a)", id: a, engine: "docker"),
    // systemd-nspawn and libvirt.
    Case(path: "/machine.slice/machine-web.scope", id: "web", engine: "systemd-nspawn"),
    Case(path: "/machine.slice/machine-web\\x2d1.scope/payload", id: "web-1", engine: "systemd-nspawn"),
    Case(path: "/machine.slice/systemd-nspawn@web.service/payload/init.scope", id: "web", engine: "systemd-nspawn"),
    Case(path: "/machine.slice/machine-lxc\\x2d77\\x2dweb.scope", id: "77-web", engine: "libvirt-lxc"),
    Case(path: "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope", id: nil),
    // runc alone.
    Case(path: "/\(a)", id: a, engine: "oci"), Case(path: "/user.slice/\(a)", id: a, engine: "oci"),
    // The host.
    Case(path: "/", id: nil), Case(path: "", id: nil), Case(path: "/init.scope", id: nil),
    Case(path: "/system.slice/ssh.service", id: nil), Case(path: "/user.slice/user-0.slice/session-1.scope", id: nil),
    // Almost an id.
    Case(path: "/docker/\(a.dropLast())", id: nil), Case(path: "/docker/\(a)0", id: nil),
    Case(path: "/docker/\(a.uppercased())", id: nil), Case(path: "/docker/\(a).slice", id: nil),
    Case(path: "/kubepods/pod123/\(a)", id: a, engine: "oci"),
  ]

  @Test(arguments: cases) func path(item: Case) {
    let found = CgroupContainer(path: item.path)
    #expect(found?.id == item.id)
    if item.id != nil {
      #expect(found?.engine == item.engine)
      #expect(found?.podUID == item.pod)
    }
  }

  @Test("every prefix and every damaged byte of every path is answered") func anyBytes() {
    for item in Self.cases {
      let bytes = Array(item.path.utf8)
      for end in bytes.indices {
        _ = CgroupContainer(path: bytes[..<end])
        var damaged = bytes
        damaged[end] ^= 0xFF
        _ = CgroupContainer(path: damaged)
        damaged[end] = UInt8(ascii: "\\")
        _ = CgroupContainer(path: damaged)
      }
    }
  }
}
