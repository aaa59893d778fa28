import Delivery
import Testing

/// What must not be shown.
struct SecretTests {
  @Test("A secret does not show in texts")
  func isHidden() {
    let secret = Secret("hunter2")
    #expect(!"\(secret)".contains("hunter2"))
    #expect(
      !"\(ChannelConfiguration.splunk(url: "https://x", token: secret, index: nil, certificateAuthorities: nil))"
        .contains("hunter2"))
  }
}
