import CLinux

extension EventLoop {
    /// How many cores the process may run on, by its affinity: as many loops have a core of their own.
    package static var usableCores: Int {
        max(Int(linux_usable_cores()), 1)
    }
}
