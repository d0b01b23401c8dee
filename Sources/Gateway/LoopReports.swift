import Instruments
import Reactor

/// The numbers of all client loops, copied again for each request.
///
/// A loop that does not answer in time is shown with its last copy, and logged once.
struct LoopReports: Sendable {
    static let patience = Duration.milliseconds(250)

    private let names: [String]
    private let inquiries: [Inquiry<LoopReport>]
    private let log: EventLog

    init(of loops: [ClientLoop], log: EventLog) {
        self.names = loops.map(\.loop.name)
        self.inquiries = loops.map { client in
            Inquiry { answer in client.loop.execute { answer(client.report()) } }
        }
        self.log = log
    }

    /// Asks every loop and waits until all have answered, for at most `patience`.
    func refresh() async -> [LoopReport] {
        let replies = await Inquiry.replies(of: self.inquiries, within: Self.patience)
        for (name, reply) in zip(self.names, replies) {
            guard case .late(_, _, isNew: true) = reply else { continue }
            self.log.write(
                GatewayEvent.loopLate,
                [(.loop, .text(name)), (.durationMs, .integer(Self.patience.wholeMilliseconds))]
            )
        }
        return replies.compactMap(\.latest)
    }
}
