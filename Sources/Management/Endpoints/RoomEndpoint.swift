import HTTP
package import HTTPServer
import Instruments
import Messaging
import Notation
package import Reactor
package import Rooms
package import Sessions

/// `GET /api/v1/rooms/{room}`: one room with its members, page by page, of this instance or of the whole fleet.
package struct RoomEndpoint: InspectedEndpoint {
    /// How many members one turn of a loop reads, so that it ends in well under a millisecond.
    private static let membersPerTurn = 256

    private let reader: RoomReader
    /// In the order of their loops.
    private let registries: [LoopBound<SessionRegistry>]
    private let patience: Duration
    private let fleet: FleetInquirer

    package init(
        _ reader: RoomReader,
        registries: [LoopBound<SessionRegistry>],
        patience: Duration,
        fleet: FleetInquirer
    ) {
        self.reader = reader
        self.registries = registries
        self.patience = patience
        self.fleet = fleet
    }

    package var declaration: EndpointDeclaration {
        EndpointDeclaration(
            "room",
            .get,
            "/api/v1/rooms/{room}",
            "One room and its members, who come page by page in the order in which they connected.",
            parameters: [
                Parameter<RoomName>.room, ListQuery.limit, ListQuery.cursor, Parameter<FleetScope>.scope,
            ],
            answers: [
                .json(.ok, "The room.", DescribedRoom.self),
                .problem(.notFound, "The room has no members."),
                .problem(.gatewayTimeout, "The room has no members on the instances that answered; some did not."),
            ]
        )
    }

    /// What one instance knows of a room.
    package struct Here: Codable, Sendable {
        let room: RoomRow
        let members: ListPage<MemberRow>
    }

    package func local(_ request: HTTPRequest) async throws -> Here {
        let here = try await self.read(request, try ListQuery(request, instance: self.fleet.instance))
        return Here(room: here.room, members: here.members.fitting(bytes: ListQuery.fleetBytes))
    }

    package func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        let query = try ListQuery(request, instance: self.fleet.instance)
        switch query.scope {
        case .instance:
            let here = try await self.read(request, query)
            return .json(DescribedRoom([here.room], here.members, query, nil))
        case .fleet:
            let reading = try await self.fleet.inspect(request, as: Here.self)
            let name = try request[Parameter<RoomName>.room]
            guard !reading.locals.isEmpty else {
                throw reading.coverage.problem("room \(name) has no members")
            }
            let members = ListPage.merged(
                reading.locals.map(\.local.members),
                order: .connectionId,
                limit: query.limit
            )
            return .json(DescribedRoom(reading.locals.map(\.local.room), members, query, reading.coverage))
        }
    }

    private func read(_ request: HTTPRequest, _ query: ListQuery) async throws -> Here {
        let name = try request[Parameter<RoomName>.room]
        var window = ListWindow<MemberRow>(order: .connectionId, limit: query.limit, after: query.after)
        guard let (glance, members) = try await self.reader.one(name) else {
            throw HTTPProblem(.notFound, "room \(name) has no members on this instance")
        }
        for (registry, handles) in zip(self.registries, members) {
            for start in stride(from: 0, to: handles.count, by: Self.membersPerTurn) {
                let some = handles[start..<min(handles.count, start + Self.membersPerTurn)]
                let turn = try await registry.loop.perform(within: self.patience) {
                    registry.value.members(some, of: name)
                }
                for member in turn { window.offer(MemberRow(member, on: self.fleet.instance)) }
            }
        }
        return Here(room: RoomRow(glance, on: self.fleet.instance), members: window.page())
    }
}

/// A member of a room.
package struct MemberRow: ListRow {
    package enum Order: UInt8, Vocabulary {
        /// The order in which they connected.
        case connectionId

        package var label: String { "connectionId" }
    }

    package static let usualOrder = Order.connectionId

    let connectionId: String
    let userId: String?
    let instance: String
    let `protocol`: String
    let since: String

    init(_ member: RoomMember, on instance: String) {
        self.connectionId = member.connection.text
        self.userId = member.user?.text
        self.instance = instance
        self.protocol = member.protocolName.label
        self.since = Timestamp(milliseconds: Int64(member.joinedAt) * 1000).text
    }

    package func place(in order: Order) -> ListPlace {
        ListPlace(byName: self.connectionId)
    }

    package static let schema = Schema.record(
        "Member",
        "A member of a room.",
        [
            .member("connectionId", .ulid, "Its connection."),
            .optional("userId", .text(), "Its user; absent while it has not said who it is."),
            .member("instance", .text(), "The instance that it is connected to."),
            .member("protocol", .word(of: ProtocolName.self), "What it speaks."),
            .member("since", .time, "When it joined the room, to the second."),
        ]
    )
}

/// A room as it is answered.
struct DescribedRoom: DescribedJSON {
    let room: String
    let members: Int
    let membersByProtocol: [String: Int]
    let messagesPerSecond: Double
    let bytesPerSecond: Double
    let connections: [MemberRow]
    let cursor: String?
    let complete: Bool?
    let unanswered: [String]?

    /// - Parameter rows: The room on each of its instances, at least one.
    init(_ rows: [RoomRow], _ page: ListPage<MemberRow>, _ query: ListQuery, _ coverage: FleetCoverage?) {
        self.room = rows[0].room
        self.members = rows.reduce(0) { $0 + $1.members }
        self.membersByProtocol = rows.reduce(into: [:]) { $0.merge($1.membersByProtocol, uniquingKeysWith: +) }
        // Every instance with members gets all messages.
        self.messagesPerSecond = rows.map(\.messagesPerSecond).max() ?? 0
        self.bytesPerSecond = rows.map(\.bytesPerSecond).max() ?? 0
        self.connections = page.rows
        self.cursor = query.cursor(after: page, .connectionId)
        self.complete = coverage?.isComplete
        self.unanswered = coverage?.unanswered
    }

    static let schema = Schema.record(
        "RoomWithMembers",
        "One room and a page of its members.",
        [.member("room", .text(), "Its name.")] + RoomRow.numbers + [
            .member("connections", .list(of: MemberRow.schema), "Its members, in the order of their ids."),
            .optional("cursor", .text(), "What to ask for the next members with; absent if these were the last."),
            .optional("complete", .flag, "With `scope=fleet`: whether every instance has answered."),
            .optional("unanswered", .list(of: .text()), "With `scope=fleet`: instances that did not answer."),
        ]
    )
}
