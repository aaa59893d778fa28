import TestSupport
import Testing

@testable import CaptureFormat

@Suite struct IdentityTallyTests {
  /// Identities near each other, far apart, negative, and over and over again, in as many chunks as it takes to fold several times.
  @Test(arguments: UInt64(1)..<4) func tallyCountsWhatASetHolds(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var tally = IdentityTally()
    var expected: Set<Int64> = []
    for chunk in 0..<40 {
      var identities: [Int64] = []
      let start = Int64(random.below(1 << 40)) - (1 << 39)
      for index in 0..<6000 {
        switch index % 4 {
        // Of words with few and with all bits.
        case 0: identities.append(start + Int64(index / 4))
        case 1: identities.append(Int64(chunk * 100_000 + index * 37))
        case 2: identities.append(Int64(bitPattern: random.next()))
        default: identities.append(Int64(random.below(1 << 22)) * 65)
        }
      }
      identities += [.max, 0, -1, .min + 1]
      var set = IdentitySet()
      set.insert(identities, except: .min)
      tally.insert(set)
      expected.formUnion(identities.filter { $0 != .min })
      if chunk % 13 == 0 { #expect(tally.count == expected.count) }
    }
    #expect(tally.count == expected.count)
    #expect(tally.byteCount < expected.count * 16)
  }

  /// Files that lie far apart on a disk: a table of words would take thirty bytes for each of them.
  @Test func farIdentitiesTakeFewBytes() {
    var tally = IdentityTally()
    var next: Int64 = 1 << 44
    let chunks = 50
    for _ in 0..<chunks {
      var identities: [Int64] = []
      for _ in 0..<20_000 {
        next += 100
        identities.append(next)
      }
      var set = IdentitySet()
      set.insert(identities, except: .min)
      tally.insert(set)
    }
    #expect(tally.count == chunks * 20_000)
    #expect(tally.byteCount < chunks * 20_000 * 4)
  }
}
