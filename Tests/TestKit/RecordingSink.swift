package import Messaging

/// A broker's sink that records what it is told; the test says which rooms are wanted.
package final class RecordingSink: BrokerSink {
    package struct Record: Sendable, CustomStringConvertible {
        package var wanted: Set<RoomName> = []
        /// In the order of the calls; a room may occur more than once.
        package var subscribed: [RoomName] = []
        package var refused: [RoomName] = []
        package var messages: [Message] = []
        package var receipts: [PublicationReceipt] = []
        package var isBehind = false

        package var description: String {
            "\(self.wanted.count) wanted, \(self.subscribed.count) times subscribed, \(self.messages.count) messages, "
                + "\(self.receipts.count) receipts of which \(self.receipts.count { $0.result == .accepted }) accepted"
        }

        package func payloads(in room: RoomName) -> [String] {
            self.messages.filter { $0.room == room }.map { String(decoding: $0.payload, as: UTF8.self) }
        }
    }

    package let seen = Observed(Record())

    package init(wanting rooms: [RoomName] = []) {
        self.seen.change { $0.wanted = Set(rooms) }
    }

    package var record: Record { self.seen.state }

    package var isBehind: Bool { self.seen.read { $0.isBehind } }

    package func wants(_ room: RoomName) -> Bool {
        self.seen.read { $0.wanted.contains(room) }
    }

    package func subscribed(_ rooms: [RoomName]) {
        self.seen.change { $0.subscribed += rooms }
    }

    package func refused(_ room: RoomName, _ refusal: Refusal) {
        self.seen.change { $0.refused.append(room) }
    }

    package func received(_ messages: [Message]) {
        self.seen.change { $0.messages += messages }
    }

    package func settled(_ receipts: [PublicationReceipt]) {
        self.seen.change { $0.receipts += receipts }
    }

    // MARK: - What a test does

    /// Changes what is wanted and tells the broker.
    package func want(_ rooms: [RoomName], _ broker: any Broker) {
        self.seen.change { $0.wanted.formUnion(rooms) }
        broker.reconsider(rooms)
    }

    package func leave(_ rooms: [RoomName], _ broker: any Broker) {
        self.seen.change { $0.wanted.subtract(rooms) }
        broker.reconsider(rooms)
    }

    /// Adds a room and waits until its messages arrive.
    package func enter(_ rooms: [RoomName], _ broker: any Broker) async throws {
        let before = self.record.subscribed.count
        self.want(rooms, broker)
        try await self.seen.wait(for: "the subscription of \(rooms.count) rooms") { record in
            Set(record.subscribed.dropFirst(before)).isSuperset(of: rooms)
        }
    }
}
