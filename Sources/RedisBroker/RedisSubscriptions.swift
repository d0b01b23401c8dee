import Messaging

/// Which rooms are subscribed, which should be, and which commands to send to Redis for the difference.
///
/// Level-triggered: whoever thinks that something changed has the room examined, and what is wanted is asked then. A
/// room has at most one command under way: after its confirmation it is examined again, so confirmations are never
/// counted or paired, however often a room comes and goes.
struct RedisSubscriptions {
    /// The result for the rooms that were examined.
    struct Findings: Equatable {
        var subscribe: [RoomName] = []
        var unsubscribe: [RoomName] = []
        /// No longer needed: what is known about them must be forgotten now.
        var forgotten: [RoomName] = []
        /// Wanted, and their messages arrive.
        var standing: [RoomName] = []
    }

    private enum Standing {
        /// Wanted, but not subscribed because there is no connection.
        case waiting
        case subscribing
        case subscribed
        case unsubscribing
    }

    /// The number of rooms in one command, and in all unconfirmed commands.
    static let roomsInCommand = 256
    private let maximumUnconfirmed: Int

    private var standings: [RoomName: Standing] = [:]
    private var unexamined: Set<RoomName> = []
    private var unconfirmed = 0
    /// Rooms of the previous connection that are not subscribed again yet.
    private var returning: Set<RoomName> = []
    private var isOpen = false
    /// Rooms whose messages arrive.
    private(set) var subscribedCount = 0

    init(maximumUnconfirmed: Int = 1024) {
        self.maximumUnconfirmed = maximumUnconfirmed
    }

    /// Every room that was wanted when the connection was made is subscribed, whatever has come and gone since.
    var isBack: Bool { self.isOpen && self.returning.isEmpty }

    /// Whether messages of the room arrive.
    func isSubscribed(_ room: RoomName) -> Bool { self.standings[room] == .subscribed }

    /// Nothing is under way or waiting to be examined.
    var isSettled: Bool { self.isOpen && self.unconfirmed == 0 && self.unexamined.isEmpty }

    /// These rooms may have become needed or unneeded.
    mutating func reconsider(_ rooms: some Sequence<RoomName>) {
        self.unexamined.formUnion(rooms)
    }

    /// Examines what is waiting, within the bound on unconfirmed commands.
    mutating func examine(wants: (RoomName) -> Bool) -> Findings {
        var findings = Findings()
        while self.unconfirmed < self.maximumUnconfirmed, let room = self.unexamined.popFirst() {
            switch (self.standings[room], wants(room)) {
            case (nil, true), (.waiting, true):
                if self.isOpen {
                    self.standings[room] = .subscribing
                    self.unconfirmed += 1
                    findings.subscribe.append(room)
                } else {
                    self.standings[room] = .waiting
                }
            case (.waiting, false):
                self.standings[room] = nil
                self.returning.remove(room)
                findings.forgotten.append(room)
            case (.subscribed, true):
                findings.standing.append(room)
            case (.subscribed, false):
                self.standings[room] = .unsubscribing
                self.subscribedCount -= 1
                self.unconfirmed += 1
                findings.unsubscribe.append(room)
                findings.forgotten.append(room)
            case (.subscribing, false):
                // It is examined again once it is confirmed; if it is wanted by then, it starts over.
                findings.forgotten.append(room)
            case (nil, false), (.subscribing, true), (.unsubscribing, _):
                break
            }
        }
        return findings
    }

    /// Redis has confirmed a SUBSCRIBE.
    ///
    /// The room is to be examined again.
    ///
    /// - Returns: Whether it was waited for.
    mutating func subscribed(_ room: RoomName) -> Bool {
        guard self.standings[room] == .subscribing else { return false }
        self.standings[room] = .subscribed
        self.returning.remove(room)
        self.subscribedCount += 1
        self.unconfirmed -= 1
        self.unexamined.insert(room)
        return true
    }

    /// Redis has confirmed an UNSUBSCRIBE.
    ///
    /// The room is to be examined again.
    ///
    /// - Returns: Whether it was expected; if not, messages of a wanted room do not arrive any more.
    mutating func unsubscribed(_ room: RoomName) -> Bool {
        guard self.standings[room] == .unsubscribing else { return self.standings[room] != .subscribed }
        self.standings[room] = nil
        self.unconfirmed -= 1
        self.unexamined.insert(room)
        return true
    }

    /// Redis has refused to subscribe to the room; whoever wants it is to be told, and may have it asked for anew.
    ///
    /// - Returns: Whether it was waited for.
    mutating func refused(_ room: RoomName) -> Bool {
        guard self.standings[room] == .subscribing else { return false }
        self.standings[room] = nil
        self.returning.remove(room)
        self.unconfirmed -= 1
        return true
    }

    /// There is a connection: every room that was or is wanted must be examined.
    mutating func opened() {
        self.isOpen = true
        self.returning = Set(self.standings.keys)
        self.unexamined.formUnion(self.returning)
    }

    /// The connection is gone, and so are all subscriptions.
    mutating func lost() {
        self.isOpen = false
        self.unconfirmed = 0
        self.subscribedCount = 0
        for (room, standing) in self.standings {
            self.standings[room] = standing == .unsubscribing ? nil : .waiting
            if standing != .subscribed {
                // What was postponed until the confirmation is due now.
                self.unexamined.insert(room)
            }
        }
    }
}
