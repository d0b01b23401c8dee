import ClientProtocols
import Instruments
import Reactor
import Rooms
import Sessions
import Transport

/// Everything the client loops count, rendered from one set of copies.
struct LoopMetrics: MetricSource {
    let reports: LoopReports
    let directory: RoomDirectory
    let users: UserDirectory
    private let utilization = Lock(UtilizationMeter())

    init(_ reports: LoopReports, _ directory: RoomDirectory, _ users: UserDirectory) {
        self.reports = reports
        self.directory = directory
        self.users = users
    }

    var families: [MetricFamily] {
        SessionsMetrics.all + HandshakeMetrics.all + RoomsMetrics.all + ReactorMetrics.all
    }

    func measure(into measurements: inout Measurements) async {
        let reports = await self.reports.refresh()
        SessionsMetrics.record(
            reports.map(\.sessions),
            users: self.users.count,
            of: SpokenProtocols.traits,
            into: &measurements
        )
        HandshakeMetrics.record(reports.map(\.rejections), into: &measurements)
        RoomsMetrics.record(reports.map(\.rooms), rooms: self.directory.count, into: &measurements)
        let loops = reports.map(\.rooms.loop)
        ReactorMetrics.record(
            loops,
            utilization: self.utilization.withLock { $0.look(at: loops) },
            into: &measurements
        )
    }
}
