import DequeModule
import Messaging

/// The commands of the subscribing connection that Redis has not answered, oldest first.
///
/// Redis answers in the order of the commands: a SUBSCRIBE with one confirmation for each of its channels, or, where it
/// refuses the command, with a single error that need not say which channel it means. So an error belongs to the
/// oldest command.
struct RedisUnanswered {
    enum Command: Equatable {
        case subscribe([RoomName])
        case unsubscribe([RoomName])
        /// One of the inner channels.
        case inner(String)
        case ping

        /// How many answers it has when it is carried out.
        fileprivate var answers: Int {
            switch self {
            case .subscribe(let rooms), .unsubscribe(let rooms): rooms.count
            case .inner, .ping: 1
            }
        }
    }

    private var commands = Deque<Command>()
    /// Answers to the oldest command that have come.
    private var answered = 0

    mutating func sent(_ command: Command) {
        self.commands.append(command)
    }

    /// One channel was confirmed, or a PING was answered.
    mutating func confirmed() {
        guard let oldest = self.commands.first else { return }
        self.answered += 1
        if self.answered >= oldest.answers {
            self.commands.removeFirst()
            self.answered = 0
        }
    }

    /// An error came.
    ///
    /// - Returns: The command that it answers; `nil` where none is waiting for an answer, or has half of it.
    mutating func refused() -> Command? {
        self.answered == 0 ? self.commands.popFirst() : nil
    }

    /// The connection is gone.
    mutating func lost() {
        self.commands = []
        self.answered = 0
    }
}
