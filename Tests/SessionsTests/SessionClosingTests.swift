import Instruments
import Messaging
import Testing

@testable import Sessions

@Suite struct SessionClosingTests {
    private let ending = Ending(.admin, by: .server, code: 4000, "enough")

    /// Closes step by step, and says how many each step closed.
    private func close(_ choice: SessionRegistry.Choice, _ stage: SessionStage) -> [Int] {
        var steps: [Int] = []
        var slot: Int? = 0
        while let first = slot {
            let step = stage.registry.close(choice, from: first, self.ending)
            steps.append(step.closed)
            slot = step.next
        }
        return steps
    }

    @Test func `one connection is closed as the operator says, and the others stay`() throws {
        let stage = try SessionStage()
        let (alice, bob) = (try stage.open(stage.user("alice")), try stage.open(stage.user("bob")))
        #expect(self.close(.connection(alice.session.identity.connection), stage) == [1])
        #expect(alice.output.endings == [self.ending])
        #expect(bob.output.endings.isEmpty)
        #expect(stage.counts().closed[.server][.admin] == 1)
        // It has said goodbye, though its socket is still there.
        #expect(self.close(.connection(alice.session.identity.connection), stage) == [0])
    }

    @Test func `all of a user's connections are closed, a few in each step`() throws {
        let stage = try SessionStage()
        let many = try (0..<70).map { _ in try stage.open(stage.user("alice")) }
        let others = [try stage.open(stage.user("bob")), try stage.open(.anonymous), try stage.open(.unnamed)]
        let steps = self.close(.user(try UserID("alice")), stage)
        #expect(steps.reduce(0, +) == 70)
        #expect(steps.allSatisfy { $0 <= 32 })
        #expect(many.allSatisfy { $0.output.endings == [self.ending] })
        #expect(others.allSatisfy { $0.output.endings.isEmpty })
        #expect(stage.users.count == 2)
    }

    @Test func `an anonymous connection is a user of its own`() throws {
        let stage = try SessionStage()
        let (one, two) = (try stage.open(.anonymous), try stage.open(.anonymous))
        let user = UserID(anonymous: one.session.identity.connection)
        #expect(self.close(.user(user), stage) == [1])
        #expect(one.output.endings.count == 1)
        #expect(two.output.endings.isEmpty)
    }
}
