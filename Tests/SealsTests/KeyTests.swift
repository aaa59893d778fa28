import TestSupport
import Testing

@testable import Seals

@Suite struct KeyTests {
  // Of RFC 8032, 7.1, the first test, and RFC 8410's form.
  private static let signing = """
    -----BEGIN PRIVATE KEY-----
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
    -----END PRIVATE KEY-----

    """
  private static let publicBytes: [UInt8] = [
    0xD7, 0x5A, 0x98, 0x01, 0x82, 0xB1, 0x0A, 0xB7, 0xD5, 0x4B, 0xFE, 0xD3, 0xC9, 0x64, 0x07, 0x3A, 0x0E, 0xE1, 0x72,
    0xF3, 0xDA, 0xA6, 0x23, 0x25, 0xAF, 0x02, 0x1A, 0x68, 0xF7, 0x07, 0x51, 0x1A,
  ]

  private func keyFile(_ text: String, _ use: (String) throws -> Void) throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    try writeFile(path, Array(text.utf8))
    try use(path)
  }

  @Test func aSigningKeyTellsThePublicOne() throws {
    try keyFile(KeyTests.signing) { path in
      let signing = try SigningKey(path: path).checkingKey
      let checking = try CheckingKey(path: path)
      #expect(signing.id == checking.id)
    }
    let key = KeyFile.key(.signing, in: KeyTests.signing)
    #expect(key?.count == 32)
    let publicText = """
      -----BEGIN PUBLIC KEY-----
      MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
      -----END PUBLIC KEY-----
      """
    #expect(KeyFile.key(.checking, in: publicText) == KeyTests.publicBytes)
    try keyFile(publicText) { path in
      let checking = try CheckingKey(path: path)
      try keyFile(KeyTests.signing) { other in
        let id = try SigningKey(path: other).checkingKey.id
        #expect(id == checking.id)
      }
    }
  }

  @Test(arguments: [
    "", "no key", "-----BEGIN PRIVATE KEY-----\nMC4CAQA\n-----END PRIVATE KEY-----\n",
    "-----BEGIN PRIVATE KEY-----\n!!!\n-----END PRIVATE KEY-----\n",
    // Of another kind: P-256.
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n",
  ])
  func whatIsNoKeyIsRefused(text: String) throws {
    try keyFile(text) { path in
      #expect(throws: KeyError.self) { try SigningKey(path: path) }
      #expect(throws: KeyError.self) { try CheckingKey(path: path) }
    }
  }

  @Test func aMissingFileSaysHowToMakeOne() {
    let error = #expect(throws: KeyError.self) { try SigningKey(path: "/nowhere/key") }
    #expect(error?.remedy.contains("openssl genpkey") == true)
  }
}
