import Instruments
import Messaging
import Sessions

/// The client's side of a session, which writes down what it is told.
final class RecordingOutput: SessionOutput {
    private(set) var events: [ServerEvent] = []
    private(set) var refusals: [(id: CommandID?, refusal: Refusal)] = []
    private(set) var pings: [UInt64] = []
    private(set) var wakes: [Instant] = []
    private(set) var endings: [Ending] = []
    /// `false` for each pause, `true` for each time it was read again.
    private(set) var reading: [Bool] = []
    var hasUnsentBytes = false
    var receivedBytes: UInt64 = 0
    var messageDeadline: Instant?
    /// Whose output this is; says goodbye when it is closed, as the promise is.
    weak var session: Session?

    func send(_ event: ServerEvent) { self.events.append(event) }
    func refuse(_ refusal: Refusal, answering id: CommandID?) { self.refusals.append((id, refusal)) }
    func ping(_ payload: UInt64) { self.pings.append(payload) }
    func wake(at instant: Instant) { self.wakes.append(instant) }

    func pauseReading() { self.reading.append(false) }
    func resumeReading() { self.reading.append(true) }

    func close(_ ending: Ending) {
        self.endings.append(ending)
        self.session?.sayGoodbye(ending)
    }

    var welcomes: [Welcome] {
        self.events.compactMap { if case .welcome(let welcome) = $0 { welcome } else { nil } }
    }

    /// The codes of what was refused, in their order.
    var codes: [ErrorCode] { self.refusals.map(\.refusal.code) }
}
