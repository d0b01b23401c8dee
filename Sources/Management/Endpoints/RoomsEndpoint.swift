import HTTP
package import HTTPServer
import Instruments
import Messaging
import Reactor
package import Rooms

/// `GET /api/v1/rooms`: the rooms with members, and how busy they are.
package struct RoomsEndpoint: ListEndpoint {
    package static let rowsName = "rooms"
    private static let beginning = Parameter<RoomName?>.room("Only rooms whose names begin with this.")

    package let fleet: FleetInquirer
    /// Requests that come at the same time share one reading.
    private let reading: SharedWork<Result<[RoomName: RoomGlance], LoopLate>>

    package init(_ reader: RoomReader, fleet: FleetInquirer) {
        self.fleet = fleet
        self.reading = SharedWork {
            do throws(LoopLate) {
                return .success(try await reader.all())
            } catch {
                return .failure(error)
            }
        }
    }

    package var declaration: EndpointDeclaration {
        Self.declaration(
            "rooms",
            "/api/v1/rooms",
            "Lists the rooms with members. With `scope=fleet` a room has one row for each instance it is on.",
            filters: [Self.beginning]
        )
    }

    package func read(_ request: HTTPRequest, into window: inout ListWindow<RoomRow>) async throws {
        let beginning = try request[Self.beginning]?.text
        let rooms = try await self.reading.value().get()
        for (name, glance) in rooms where beginning.map({ name.text.utf8.starts(with: $0.utf8) }) ?? true {
            window.offer(RoomRow(glance, on: self.fleet.instance))
        }
    }
}

/// One room on one instance.
package struct RoomRow: ListRow, Equatable {
    package enum Order: UInt8, Vocabulary {
        case room
        case members
        case messagesPerSecond
        case bytesPerSecond

        package var label: String {
            switch self {
            case .room: "room"
            case .members: "members"
            case .messagesPerSecond: "messagesPerSecond"
            case .bytesPerSecond: "bytesPerSecond"
            }
        }
    }

    package static let usualOrder = Order.members

    let room: String
    let instance: String
    let members: Int
    /// By the labels of the protocols that have any.
    let membersByProtocol: [String: Int]
    let messagesPerSecond: Double
    let bytesPerSecond: Double

    init(_ glance: RoomGlance, on instance: String) {
        self.room = glance.name.text
        self.instance = instance
        self.members = glance.members.sum
        var members: [String: Int] = [:]
        for name in ProtocolName.allCases where glance.members[name] > 0 {
            members[name.label] = glance.members[name]
        }
        self.membersByProtocol = members
        self.messagesPerSecond = Self.rounded(glance.rates.messagesPerSecond)
        self.bytesPerSecond = Self.rounded(glance.rates.bytesPerSecond)
    }

    /// To a thousandth, which is more than the rates are good for.
    private static func rounded(_ rate: Double) -> Double {
        (rate * 1000).rounded() / 1000
    }

    package func place(in order: Order) -> ListPlace {
        let id = self.room + " " + self.instance
        return switch order {
        case .room: ListPlace(byName: id)
        case .members: ListPlace(largestFirst: Double(self.members), id)
        case .messagesPerSecond: ListPlace(largestFirst: self.messagesPerSecond, id)
        case .bytesPerSecond: ListPlace(largestFirst: self.bytesPerSecond, id)
        }
    }

    package static let schema = Schema.record(
        "Room",
        "One room on one instance.",
        [
            .member("room", .text(), "Its name."),
            .member("instance", .text(), "The instance."),
        ] + RoomRow.numbers
    )

    /// Those that a room has, on one instance or on all.
    static let numbers: [Schema.Member] = [
        .member("members", .count, "How many members it has there."),
        .member("membersByProtocol", .table(of: .count), "How many speak which protocol; those that have any."),
        .member(
            "messagesPerSecond",
            .amount,
            "Messages a second over the last 10 to 20 seconds, each counted once whatever the number of members."
        ),
        .member("bytesPerSecond", .amount, "The same in bytes of their payloads."),
    ]
}
