import Foundation

/// What the control groups of this process let it use, versions 1 and 2.
///
/// A group is limited by itself and by every group above it, so the smallest limit on the way up counts. Which group
/// the process is in stands in `/proc/self/cgroup`, and where the groups are mounted in `/proc/self/mountinfo`; see
/// cgroups(7) and proc(5).
struct ControlGroups {
    /// Cores by quota, such as 1.5; `nil` without a quota.
    let cores: Double?
    /// Bytes; `nil` without a limit.
    let memoryBytes: Int?

    /// - Parameter root: Where the file system begins.
    init(root: String = "/") {
        let root = root.hasSuffix("/") ? String(root.dropLast()) : root
        let mounts = Self.mounts(root)
        let groups = Self.groups(root)
        var cores: [Double] = []
        var memory: [Int] = []
        for mount in mounts {
            guard let path = groups[mount.isUnified ? "" : mount.controller] else { continue }
            for folder in mount.folders(of: path) {
                func text(_ file: String) -> String? { Self.text(root + folder + "/" + file) }
                if mount.isUnified {
                    Self.quota(text("cpu.max")).map { cores.append($0) }
                    text("memory.max").flatMap { Int($0) }.map { memory.append($0) }
                } else if mount.controller == "cpu" {
                    Self.quota(text("cpu.cfs_quota_us"), text("cpu.cfs_period_us")).map { cores.append($0) }
                } else {
                    text("memory.limit_in_bytes").flatMap { Int($0) }.map { memory.append($0) }
                }
            }
        }
        self.cores = cores.min()
        self.memoryBytes = memory.min()
    }

    // MARK: - Reading

    /// One mounted hierarchy.
    private struct Mount {
        let isUnified: Bool
        /// `cpu` or `memory` for version 1.
        let controller: String
        /// The group that is seen at the mount point.
        let root: String
        let point: String

        /// The group's folder and all above it, up to the mount point.
        func folders(of path: String) -> [String] {
            // In a container the mount point is often the container's own group, and the path is the host's.
            let isBelow = self.root == "/" || path == self.root || path.hasPrefix(self.root + "/")
            let rest = isBelow ? path.dropFirst(self.root == "/" ? 0 : self.root.count) : ""
            let names = rest.split(separator: "/").filter { $0 != ".." }
            return (0...names.count).reversed().map { count in
                ([self.point == "/" ? "" : self.point] + names.prefix(count).map(String.init)).joined(separator: "/")
            }
        }
    }

    private static func mounts(_ root: String) -> [Mount] {
        var mounts: [Mount] = []
        for line in self.lines(root + "/proc/self/mountinfo") {
            let fields = line.split(separator: " ")
            guard fields.count > 6, let dash = fields.firstIndex(of: "-"), fields.count > dash + 3 else { continue }
            let (group, point) = (self.unescaped(fields[3]), self.unescaped(fields[4]))
            switch fields[dash + 1] {
            case "cgroup2":
                mounts.append(Mount(isUnified: true, controller: "", root: group, point: point))
            case "cgroup":
                let options = fields[dash + 3].split(separator: ",")
                for controller in ["cpu", "memory"] where options.contains(Substring(controller)) {
                    mounts.append(Mount(isUnified: false, controller: controller, root: group, point: point))
                }
            default: break
            }
        }
        return mounts
    }

    /// The process's group by controller; that of version 2 has the empty name.
    private static func groups(_ root: String) -> [String: String] {
        var groups: [String: String] = [:]
        for line in self.lines(root + "/proc/self/cgroup") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            for controller in fields[1].split(separator: ",", omittingEmptySubsequences: false) {
                groups[String(controller)] = String(fields[2])
            }
        }
        return groups
    }

    /// Reads `cpu.max` of version 2: quota and period in microseconds, or `max` for no quota.
    static func quota(_ text: String?) -> Double? {
        let parts = (text ?? "").split(separator: " ")
        return parts.count == 2 ? self.quota(String(parts[0]), String(parts[1])) : nil
    }

    /// Quota and period in microseconds; version 1 has -1 for no quota.
    private static func quota(_ quota: String?, _ period: String?) -> Double? {
        guard let quota = quota.flatMap({ Double($0) }), let period = period.flatMap({ Double($0) }), quota > 0,
            period > 0
        else { return nil }
        return quota / period
    }

    private static func lines(_ path: String) -> [Substring] {
        self.text(path)?.split(separator: "\n") ?? []
    }

    private static func text(_ path: String) -> String? {
        // Such files have no size, so they are read to their end.
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        guard let bytes = try? file.readToEnd() else { return nil }
        return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// In mountinfo a blank is `\040`, and the like.
    private static func unescaped(_ field: Substring) -> String {
        String(field).replacing("\\040", with: " ").replacing("\\011", with: "\t").replacing("\\134", with: "\\")
    }
}
