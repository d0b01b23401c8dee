import CLinux

extension EventLoop {
    /// How many cores the process may run on by its CPU affinity, so that each loop can have a core of its own.
    package static var usableCores: Int {
        max(Int(linux_usable_cores()), 1)
    }
}
