import CLinux

/// How many cores this process may use.
func coreCount() -> Int { Int(reel_core_count()) }
