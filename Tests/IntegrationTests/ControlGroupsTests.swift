import Foundation
import Testing

@testable import Gateway

/// Control groups as made-up file trees.
struct ControlGroupsTests {
    private static let unified = "31 1 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
    private static let split = """
        33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
        35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory

        """

    private func limits(mounts: String, groups: String, _ files: [String: String]) throws -> ControlGroups {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("cgroups-\(UUID())")
        defer { try? FileManager.default.removeItem(at: root) }
        let all = files.merging(["proc/self/mountinfo": mounts, "proc/self/cgroup": groups]) { one, _ in one }
        for (path, text) in all {
            let file = root.appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try text.write(to: file, atomically: false, encoding: .utf8)
        }
        return ControlGroups(root: root.path)
    }

    @Test func `the smallest limit on the way up counts, version 2`() throws {
        let limits = try self.limits(
            mounts: Self.unified,
            groups: "0::/system.slice/atalaya.service\n",
            [
                "sys/fs/cgroup/cpu.max": "800000 100000\n",
                "sys/fs/cgroup/system.slice/memory.max": "104857600\n",
                "sys/fs/cgroup/system.slice/cpu.max": "max 100000\n",
                "sys/fs/cgroup/system.slice/atalaya.service/memory.max": "209715200\n",
                "sys/fs/cgroup/system.slice/atalaya.service/cpu.max": "150000 100000\n",
                "sys/fs/cgroup/system.slice/other.service/memory.max": "1\n",
            ]
        )
        #expect(limits.memoryBytes == 104_857_600)
        #expect(limits.cores == 1.5)
    }

    @Test func `a container that sees its own group as the root`() throws {
        let files = ["sys/fs/cgroup/memory.max": "209715200\n", "sys/fs/cgroup/cpu.max": "50000 100000\n"]
        let host = "31 1 0:28 /kubepods/pod1/c1 /sys/fs/cgroup ro - cgroup2 cgroup rw\n"
        for (mounts, groups) in [(Self.unified, "0::/\n"), (host, "0::/kubepods/pod1/c1\n"), (host, "0::/\n")] {
            let limits = try self.limits(mounts: mounts, groups: groups, files)
            #expect(limits.memoryBytes == 209_715_200)
            #expect(limits.cores == 0.5)
        }
    }

    @Test func `version 1 has a hierarchy for each, and no limit is a huge number or -1`() throws {
        let groups = "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n0::/\n"
        let limits = try self.limits(
            mounts: Self.split,
            groups: groups,
            [
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
                "sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": "209715200\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
                "sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_quota_us": "300000\n",
                "sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_period_us": "100000\n",
            ]
        )
        #expect(limits.memoryBytes == 209_715_200)
        #expect(limits.cores == 3)
    }

    @Test(arguments: ["", "nonsense\n", "0::/a\n", "::\n0:\n"])
    func `what cannot be read limits nothing`(groups: String) throws {
        for mounts in ["", "x - y", Self.unified, Self.split] {
            let limits = try self.limits(mounts: mounts, groups: groups, ["sys/fs/cgroup/memory.max": "max\n"])
            #expect(limits.memoryBytes == nil && limits.cores == nil)
        }
    }
}
