import Messaging

/// The names of the channels: one for each room, to which any Redis client may publish, and the inner ones.
struct RedisChannels: Sendable {
    private let room: String
    private let roomBytes: [UInt8]
    /// Where instances ask each other after they were away, and answer; earlier builds also announce there.
    let inner: String
    /// Where the instances announce themselves and ask each other.
    let fleet: String
    /// Where this broker publishes to itself, to check that its subscription is alive.
    let probe: String

    /// All but the rooms'.
    var allInner: [String] { [self.inner, self.fleet, self.probe] }

    private let innerBytes: [UInt8]
    private let fleetBytes: [UInt8]
    private let probeBytes: [UInt8]

    init(prefix: String, origin: BusOrigin) {
        self.room = prefix + "room:"
        self.inner = prefix + "_tail"
        self.fleet = prefix + "_fleet"
        self.probe = prefix + "_probe:" + origin.description
        self.roomBytes = Array(self.room.utf8)
        self.innerBytes = Array(self.inner.utf8)
        self.fleetBytes = Array(self.fleet.utf8)
        self.probeBytes = Array(self.probe.utf8)
    }

    /// What a channel is for.
    enum Meaning: Equatable {
        case room(RoomName)
        case inner
        case fleet
        case probe
        /// Has our prefix but is not a valid room name; nobody here asked for it.
        case unknown
    }

    func channel(of room: RoomName) -> String {
        self.room + room.text
    }

    func meaning(of channel: [UInt8]) -> Meaning {
        if channel.starts(with: self.roomBytes) {
            let name = channel.span.extracting(self.roomBytes.count...)
            return (try? RoomName(name)).map { .room($0) } ?? .unknown
        }
        if channel == self.innerBytes {
            return .inner
        }
        if channel == self.fleetBytes {
            return .fleet
        }
        return channel == self.probeBytes ? .probe : .unknown
    }
}
