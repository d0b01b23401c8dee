import Messaging
import TestKit
import Testing

@testable import Rooms

/// Receipts of publishers that are no connections.
@Suite struct PublishingRequestsTests {
    @Test func `each request hears of its own publication, once`() throws {
        let hub = RoomHub(directory: RoomDirectory())
        let broker = MemoryBroker()
        broker.start(delivering: hub)
        let room = try RoomName("lobby")
        let heard = Observed<[String]>([])
        let publications = ["a", "b"].map { text in
            let message = Publication.of(text, to: room).message
            let ticket = hub.requests.ticket { receipt in heard.change { $0.append("\(text) \(receipt.result)") } }
            return Publication(message: message, ticket: ticket)
        }
        broker.publish(publications)
        #expect(heard.state == ["a accepted", "b accepted"])
        hub.settled([PublicationReceipt(of: publications[0], .accepted)])
        #expect(heard.state.count == 2)
    }

    @Test func `receipts of connections and of requests may come together`() throws {
        let hub = RoomHub(directory: RoomDirectory())
        let heard = Observed(0)
        let message = Publication.of("a", to: try RoomName("lobby")).message
        let request = hub.requests.ticket { _ in heard.change { $0 += 1 } }
        let receipts = [.of(message), request, .of(message)].map { ticket in
            PublicationReceipt(of: Publication(message: message, ticket: ticket), .unavailable)
        }
        hub.settled(receipts)
        #expect(heard.state == 1)
    }
}
