import Foundation
import Reactor

/// What this process may use of the machine: by affinity and by the limits of its control group.
enum MachineLimits {
    /// Cores, at least 1.
    ///
    /// A quota of one and a half cores counts as two.
    static var cores: Int {
        let mine = EventLoop.usableCores
        guard let quota = self.coreQuota(self.text("/sys/fs/cgroup/cpu.max")) else { return mine }
        return min(mine, quota)
    }

    /// Memory in bytes.
    static var memoryBytes: Int {
        let machine = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        guard let limit = self.text("/sys/fs/cgroup/memory.max").flatMap({ Int($0) }) else { return machine }
        return min(machine, limit)
    }

    /// Reads `cpu.max` of a version 2 control group: quota and period in microseconds, or `max`.
    static func coreQuota(_ text: String?) -> Int? {
        let parts = (text ?? "").split(separator: " ")
        guard parts.count == 2, let quota = Double(parts[0]), let period = Double(parts[1]), period > 0, quota > 0
        else {
            return nil
        }
        return max(Int((quota / period).rounded(.up)), 1)
    }

    private static func text(_ path: String) -> String? {
        (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
