import DequeModule
import Instruments
import Messaging
import Reactor

/// What became of a command.
enum RedisAnswer: Equatable, Sendable {
    /// Anything but an error.
    case reply(RedisReply)
    /// It was not carried out.
    case refused(RedisErrorReply)
    /// No answer will come; it is unknown whether it was carried out.
    case lost(RedisFault)
}

/// Sends many commands and gets their answers, in the order of the commands.
protocol RedisAsker: AnyObject {
    func answered(_ answer: RedisAnswer, at now: Instant)
}

/// What a pipeline tells its owner about its connection.
///
/// All calls come on the loop.
protocol RedisPipelineDelegate: AnyObject {
    /// Commands may be sent.
    func pipelineOpened(at now: Instant)
    /// A PING is being sent.
    func pipelinePinged()
    /// The answers from one read have been passed on.
    func pipelineAnswered(at now: Instant)
    /// The connection, or the attempt, is over, and everybody who awaited an answer has been told.
    func pipelineClosed(_ fault: RedisFault, at now: Instant)
}

/// Commands to Redis over one connection, each with whatever awaits its answer.
///
/// Answers come in the order of the commands. An error reply that concerns the whole connection ends it; the command
/// that got it then counts as `lost`, like all commands after it.
final class RedisPipeline {
    private enum Awaiting {
        case asker(any RedisAsker)
        case completion((RedisAnswer, Instant) -> Void)
        case ping
    }

    private let connection: RedisConnection
    private let loop: EventLoop
    private var awaiting = Deque<Awaiting>()
    weak var delegate: (any RedisPipelineDelegate)?

    init(connection: RedisConnection, loop: EventLoop) {
        self.connection = connection
        self.loop = loop
        connection.delegate = self
    }

    var isOpen: Bool { self.connection.isReady }

    /// Sends a command whose answer goes to a recipient with many commands under way.
    func send(_ command: RedisCommand, answering asker: any RedisAsker) {
        guard self.isOpen else {
            asker.answered(.lost(.lost), at: self.loop.now)
            return
        }
        self.connection.send(command)
        self.awaiting.append(.asker(asker))
    }

    /// Sends a command.
    ///
    /// - Parameter completion: Called once; immediately if there is no connection.
    func send(_ command: RedisCommand, _ completion: @escaping (RedisAnswer, Instant) -> Void) {
        guard self.isOpen else {
            completion(.lost(.lost), self.loop.now)
            return
        }
        self.connection.send(command)
        self.awaiting.append(.completion(completion))
    }

    /// An answer did not fit its command, so answers can no longer be matched to commands.
    func giveUpUnexpected() {
        self.connection.give(up: .unexpectedReply)
    }

    private func tell(_ awaiting: Awaiting, _ answer: RedisAnswer, at now: Instant) {
        switch awaiting {
        case .asker(let asker): asker.answered(answer, at: now)
        case .completion(let completion): completion(answer, now)
        case .ping:
            // Whatever it says, it proves that Redis is alive.
            if case .refused = answer {
                self.connection.ponged(at: now)
            }
        }
    }
}

extension RedisPipeline: RedisConnectionDelegate {
    func opened(at now: Instant) {
        self.delegate?.pipelineOpened(at: now)
    }

    func pinged() {
        self.awaiting.append(.ping)
        self.delegate?.pipelinePinged()
    }

    func replied(_ reply: RedisReply, at now: Instant) {
        switch (self.awaiting.popFirst(), reply) {
        case (nil, _):
            self.giveUpUnexpected()
        case (.ping, .status("PONG")):
            self.connection.ponged(at: now)
        case (let awaiting?, .error(let text)):
            let refusal = RedisErrorReply(text)
            guard refusal.kind.concernsConnection else {
                self.tell(awaiting, .refused(refusal), at: now)
                return
            }
            self.connection.give(up: .refused(refusal))
            self.tell(awaiting, .lost(.refused(refusal)), at: now)
        case (.ping, _):
            self.giveUpUnexpected()
        case (let awaiting?, _):
            self.tell(awaiting, .reply(reply), at: now)
        }
    }

    func repliesEnded(at now: Instant) {
        self.delegate?.pipelineAnswered(at: now)
    }

    func ended(_ fault: RedisFault, at now: Instant) {
        while let awaiting = self.awaiting.popFirst() {
            self.tell(awaiting, .lost(fault), at: now)
        }
        self.delegate?.pipelineClosed(fault, at: now)
    }
}

@available(*, unavailable) extension RedisPipeline: Sendable {}
