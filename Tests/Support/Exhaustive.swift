import Foundation

/// Whether tests that sample try everything instead: `REEL_EXHAUSTIVE=1`. Takes minutes in a debug build.
public let isExhaustive = ProcessInfo.processInfo.environment["REEL_EXHAUSTIVE"] != nil
