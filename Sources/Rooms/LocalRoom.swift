import Messaging
import Reactor

/// One room on one event loop: its members, encoding by encoding.
///
/// Encodings are shared as long as the room has not too many of them; a member with a further one gets its messages
/// written for itself alone. So neither a join nor a message becomes dear, whatever clients ask for.
final class LocalRoom {
    static let maximumShared = 16

    let name: RoomName
    /// How the engine names this room in what it reports.
    let source: UInt32
    /// One an encoding, each with members.
    private(set) var shared: [Audience] = []
    /// One a member.
    private(set) var alone: [Audience] = []
    private(set) var memberCount = 0
    /// Has frames in some audience that were not handed to the engine yet.
    var isDirty = false
    /// The broker has said that messages of this room arrive.
    var isConfirmed = false
    /// Who waits to hear that.
    var waiting: [(Subscription, CommandID)] = []

    init(name: RoomName, source: UInt32) {
        self.name = name
        self.source = source
    }

    /// A connection may be a member once with each encoding.
    func add(_ member: ConnectionHandle, as encoding: MessageEncoding) -> Subscription {
        self.memberCount += 1
        return self.audience(for: encoding).add(member)
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

    /// An audience that loses its last member goes, so another encoding can be shared.
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
