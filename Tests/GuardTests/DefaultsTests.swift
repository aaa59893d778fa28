import Guard
import Testing

/// What holds when a configuration says nothing.
struct DefaultsTests {
  @Test("An empty configuration keeps a minute of the past and all captures")
  func configuration() {
    let configuration = GuardConfiguration()
    #expect(configuration.flightRecorder.memory == 64 << 20)
    #expect(configuration.flightRecorder.time == 60_000_000_000)
    #expect(configuration.captures.keepBytes == nil)
    #expect(configuration.metricsListen == nil)
  }
}
