import Instruments
import Messaging
import Reactor

/// Reads the clock of Redis (`TIME`) when connecting, and with the pings.
final class RedisClock {
    private let pipeline: RedisPipeline
    private let loop: EventLoop
    private let complaints: RedisComplaints
    private var clock = BusClock()
    /// Redis does not tell the time on this connection.
    private var isDenied = false

    /// TIME counts in microseconds.
    private static let resolution: UInt64 = 1000

    init(pipeline: RedisPipeline, loop: EventLoop, complaints: RedisComplaints) {
        self.pipeline = pipeline
        self.loop = loop
        self.complaints = complaints
    }

    /// The time that all instances share.
    var now: BusTime { self.clock.time(at: self.loop.now, wallNanoseconds: self.loop.wallNanoseconds) }

    /// There is a new connection.
    ///
    /// - Parameter then: What waits for the time; done as well where Redis does not tell it, not where the connection
    ///   is lost.
    func opened(_ then: @escaping () -> Void) {
        self.isDenied = false
        self.ask(then)
    }

    /// Some time has passed.
    func ask() {
        if !self.isDenied {
            self.ask {}
        }
    }

    private func ask(_ then: @escaping () -> Void) {
        let asked = self.loop.now
        self.pipeline.send(RedisCommand("TIME")) { [weak self] answer, now in
            guard let self else { return }
            switch answer {
            case .reply(.array(let parts)) where parts.count == 2:
                guard let shown = Self.nanoseconds(parts) else { return self.pipeline.giveUpUnexpected() }
                // A tick's time is that of its beginning, and the answer came after it: the next tick's is late enough.
                _ = self.loop.schedule(after: .zero) { [weak self] in
                    guard let self else { return }
                    self.clock.learned(shown, asked: asked, answered: self.loop.now, resolution: Self.resolution)
                    then()
                }
            case .reply:
                self.pipeline.giveUpUnexpected()
            case .refused(let reply):
                self.isDenied = true
                self.complaints.refused(reply, in: nil, at: now)
                then()
            case .lost:
                break
            }
        }
    }

    private static func nanoseconds(_ parts: [RedisReply]) -> UInt64? {
        guard case .bulk(let seconds) = parts[0], case .bulk(let microseconds) = parts[1],
            let seconds = UInt64(String(decoding: seconds, as: UTF8.self)), seconds < 1 << 33,
            let microseconds = UInt64(String(decoding: microseconds, as: UTF8.self)), microseconds < 1_000_000
        else {
            return nil
        }
        return seconds * 1_000_000_000 + microseconds * 1000
    }
}

@available(*, unavailable) extension RedisClock: Sendable {}
