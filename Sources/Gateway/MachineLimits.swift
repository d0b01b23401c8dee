import Foundation
import Reactor

/// How much of the machine this process may use, by its CPU affinity and the limits of its control groups.
enum MachineLimits {
    /// Cores, at least 1.
    ///
    /// A quota of one and a half cores counts as two.
    static var cores: Int {
        let mine = EventLoop.usableCores
        guard let quota = ControlGroups().cores else { return mine }
        return max(1, min(mine, Int(min(quota.rounded(.up), 4096))))
    }

    /// Memory in bytes.
    static var memoryBytes: Int {
        let machine = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        return min(machine, ControlGroups().memoryBytes ?? machine)
    }
}
