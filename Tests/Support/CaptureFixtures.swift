import CaptureFile
import CaptureFormat

extension CaptureHeader {
  /// A header for tests; the same seed gives the same file id.
  public static func test(seed: UInt8 = 1, started: Int64 = 1_700_000_000_000_000_000) -> CaptureHeader {
    CaptureHeader(
      fileID: (0..<16).map { $0 &* 31 &+ seed }, sessionID: (0..<16).map { $0 &+ seed }, hostname: "testhost",
      kernelRelease: "6.12.0-test", architecture: "x86_64", writer: "reel test", started: started,
      bootTime: started - 1_000_000_000_000, cpuCount: 4, snapLength: 80, latencyMode: .exact, filter: "proc.name=x")
  }
}
