import Messaging
import TestKit
import Testing

@Suite struct MemoryBrokerTests {
    @Test(arguments: BrokerContract.allCases)
    func `it keeps what every broker keeps`(clause: BrokerContract) async throws {
        try await clause.check(MemoryBroker(instance: "here", fleetLimits: .patient)) { try! RoomName($0) }
    }
}
