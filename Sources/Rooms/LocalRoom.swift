import Instruments
import Messaging
import Reactor

/// One room on one event loop: its members, encoding by encoding.
///
/// Encodings are shared as long as the room does not have too many of them; for a member with a further encoding,
/// messages are written separately. So neither joins nor messages become expensive, whatever clients ask for.
final class LocalRoom {
    static let maximumShared = 16

    let name: RoomName
    /// How the engine identifies this room in its reports.
    let source: UInt32
    /// One per encoding, each with members.
    private(set) var shared: [Audience] = []
    /// One per member.
    private(set) var alone: [Audience] = []
    private(set) var memberCount = 0
    /// Its index in the shard's list of rooms.
    var place: Int
    var traffic: RoomTraffic
    /// Whether some audience has frames that the engine does not have yet.
    var isDirty = false
    /// Whether the broker has confirmed that messages of this room arrive.
    var isConfirmed = false
    /// Those who wait for that, by their subscription.
    var waiting: [ObjectIdentifier: Waiting] = [:]

    /// A member that waits for the broker's word.
    struct Waiting {
        let member: ConnectionHandle
        let deadline: Instant
        /// Its commands, oldest first.
        var answers: [SubscriptionAnswer] = []
    }

    init(name: RoomName, source: UInt32, place: Int = 0, openedAt now: Instant = Instant(nanoseconds: 0)) {
        self.name = name
        self.source = source
        self.place = place
        self.traffic = RoomTraffic(openedAt: now)
    }

    /// What waits for the end of the tick in the largest of its batches.
    var unsentBytes: Int {
        var bytes = 0
        self.forEachAudience { bytes = max(bytes, $0.batch?.byteCount ?? 0) }
        return bytes
    }

    /// A connection may be a member once with each encoding.
    ///
    /// - Parameter seconds: When it joins, in seconds since 1970.
    func add(_ member: ConnectionHandle, as encoding: MessageEncoding, at seconds: UInt32) -> Subscription {
        self.memberCount += 1
        return self.audience(for: encoding).add(member, at: seconds)
    }

    private func audience(for encoding: MessageEncoding) -> Audience {
        if let known = self.shared.first(where: { $0.encoding == encoding }) {
            return known
        }
        if self.shared.count < LocalRoom.maximumShared {
            let audience = Audience(of: self, encoding, isShared: true, place: self.shared.count)
            self.shared.append(audience)
            return audience
        }
        let audience = Audience(of: self, encoding, isShared: false, place: self.alone.count)
        self.alone.append(audience)
        return audience
    }

    /// An audience that loses its last member is removed, so another encoding can be shared.
    func remove(_ subscription: Subscription) {
        let audience = subscription.audience
        audience.remove(subscription)
        self.memberCount -= 1
        guard audience.members.isEmpty else { return }
        if audience.isShared {
            LocalRoom.remove(audience, from: &self.shared)
        } else {
            LocalRoom.remove(audience, from: &self.alone)
        }
    }

    private static func remove(_ audience: Audience, from list: inout [Audience]) {
        list.swapAt(audience.place, list.count - 1)
        list[audience.place].place = audience.place
        list.removeLast()
    }

    @inline(__always)
    func forEachAudience(_ body: (Audience) -> Void) {
        for audience in self.shared {
            body(audience)
        }
        for audience in self.alone {
            body(audience)
        }
    }
}
