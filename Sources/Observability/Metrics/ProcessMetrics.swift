import Foundation
import Glibc
package import Instruments

/// The process as the system sees it, named by the conventions of all Prometheus clients.
package struct ProcessMetrics: MetricSource {
    private enum Families {
        static let cpu = MetricFamily(
            "process_cpu_seconds_total",
            .counter,
            "Total user and system CPU time spent in seconds."
        )
        static let residentMemory = MetricFamily(
            "process_resident_memory_bytes",
            .gauge,
            "Resident memory size in bytes."
        )
        static let virtualMemory = MetricFamily(
            "process_virtual_memory_bytes",
            .gauge,
            "Virtual memory size in bytes."
        )
        static let openDescriptors = MetricFamily("process_open_fds", .gauge, "Number of open file descriptors.")
        static let maximumDescriptors = MetricFamily(
            "process_max_fds",
            .gauge,
            "Maximum number of open file descriptors."
        )
        static let startTime = MetricFamily(
            "process_start_time_seconds",
            .gauge,
            "Start time of the process since unix epoch in seconds."
        )
    }

    package static let all = [
        Families.cpu, Families.residentMemory, Families.virtualMemory, Families.openDescriptors,
        Families.maximumDescriptors, Families.startTime,
    ]

    private let folder: String

    /// - Parameter processes: The folder where the kernel shows processes.
    package init(processes: String = "/proc") {
        self.folder = processes
    }

    package var families: [MetricFamily] { Self.all }

    /// Values that the kernel does not show are left out.
    package func measure(into measurements: inout Measurements) async {
        let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
        let status = Self.text(of: self.folder + "/self/stat").flatMap(ProcessStatus.init(text:))
        if let status {
            measurements.record(Families.cpu, [], Double(status.cpuTicks) / ticks)
            measurements.record(Families.residentMemory, [], status.residentPages * UInt64(max(1, getpagesize())))
            measurements.record(Families.virtualMemory, [], status.virtualBytes)
        }
        if let open = self.openDescriptors { measurements.record(Families.openDescriptors, [], open) }
        if let limit = Self.text(of: self.folder + "/self/limits").flatMap(Self.descriptorLimit(in:)) {
            measurements.record(Families.maximumDescriptors, [], limit)
        }
        if let status, let boot = Self.text(of: self.folder + "/stat").flatMap(Self.bootTime(in:)) {
            measurements.record(Families.startTime, [], boot + Double(status.startTicks) / ticks)
        }
    }

    /// Since Linux 6.2 the folder's size; before, the number of its entries, without the one used to list it.
    private var openDescriptors: Int? {
        let path = self.folder + "/self/fd"
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        if let size = attributes?[.size] as? NSNumber, size.intValue > 0 { return size.intValue }
        return (try? FileManager.default.contentsOfDirectory(atPath: path)).map { max(0, $0.count - 1) }
    }

    private static func text(of path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    /// `btime` of `/proc/stat`, seconds since 1970.
    static func bootTime(in text: String) -> Double? {
        text.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap { Double($0.dropFirst(6)) }
    }

    /// The soft limit of `Max open files` in `/proc/self/limits`; infinite if there is none.
    static func descriptorLimit(in text: String) -> Double? {
        let title = "Max open files"
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(title) }) else { return nil }
        guard let soft = line.dropFirst(title.count).split(separator: " ").first else { return nil }
        return soft == "unlimited" ? .infinity : Double(soft)
    }
}

/// The numbers of `/proc/self/stat` (see proc(5)) that a scrape shows.
struct ProcessStatus: Equatable {
    let cpuTicks: UInt64
    let startTicks: UInt64
    let virtualBytes: UInt64
    let residentPages: UInt64

    init?(text: String) {
        // The second field, the program's name in brackets, may itself contain spaces and brackets.
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[end...].dropFirst().split(whereSeparator: \.isWhitespace)
        // The first one here is the third of the manual page.
        func number(_ field: Int) -> UInt64? { fields.count > field - 3 ? UInt64(fields[field - 3]) : nil }
        guard let user = number(14), let system = number(15), let start = number(22), let bytes = number(23),
            let pages = number(24)
        else { return nil }
        self.cpuTicks = user + system
        self.startTicks = start
        self.virtualBytes = bytes
        self.residentPages = pages
    }
}
