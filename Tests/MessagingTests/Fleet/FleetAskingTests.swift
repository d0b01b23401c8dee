import Instruments
import Testing

@testable import Messaging

/// Questions and answers between members.
@Suite struct FleetAskingTests {
    private static func fleet(
        _ count: Int,
        secrets: [String?]? = nil,
        _ limits: FleetLimits = FleetLimits()
    ) -> FleetModel {
        var fleet = FleetModel(count, secrets: secrets, limits: limits)
        fleet.connectAll()
        fleet.pass(.seconds(2))
        return fleet
    }

    @Test func `everybody answers, and the answers are complete`() throws {
        var fleet = Self.fleet(3)
        for asker in 0..<3 {
            let question = try fleet.ask(asker, .explain, "m")
            let answers = try #require(fleet.settled[question])
            #expect(answers.texts == ["i0 0: m", "i1 1: m", "i2 2: m"])
            #expect(answers.isComplete)
            #expect(answers.unanswered == [])
        }
    }

    @Test func `an instance alone on the bus is complete with its own answer`() throws {
        var fleet = Self.fleet(1)
        let question = try fleet.ask(0)
        #expect(fleet.settled[question]?.texts == ["i0 0: ?"])
        #expect(fleet.settled[question]?.isComplete == true)
    }

    @Test func `what is not answered in time is named, and the rest is there`() throws {
        var fleet = Self.fleet(3)
        fleet.link(2, is: .frozen)
        let question = try fleet.ask(0)
        fleet.pass(.milliseconds(1999))
        #expect(fleet.settled[question] == nil)
        fleet.pass(.milliseconds(2))
        let answers = try #require(fleet.settled[question])
        #expect(answers.texts == ["i0 0: ?", "i1 1: ?"])
        #expect(answers.unanswered == ["i2"])
        #expect(!answers.isComplete)
    }

    @Test func `one that is gone without a word is named as long as it is remembered, and not waited for`() throws {
        var fleet = Self.fleet(3)
        fleet.link(2, is: .closed)
        let question = try fleet.ask(0)
        #expect(fleet.settled[question]?.unanswered == ["i2"])
        #expect(fleet.settled[question]?.isComplete == false)
        fleet.pass(.seconds(40))
        let later = try fleet.ask(0)
        #expect(fleet.settled[later]?.unanswered == [])
        #expect(fleet.settled[later]?.isComplete == true)
    }

    @Test func `one that said goodbye is not missed`() throws {
        var fleet = Self.fleet(3)
        fleet.stop(2)
        let question = try fleet.ask(0)
        #expect(fleet.settled[question]?.isComplete == true)
    }

    @Test func `a subscriber that nobody knows is waited for, and cannot be named`() throws {
        var fleet = Self.fleet(2)
        fleet.strangers = 1
        let question = try fleet.ask(0, within: .milliseconds(500))
        #expect(fleet.settled[question] == nil)
        fleet.pass(.milliseconds(501))
        #expect(fleet.settled[question]?.texts == ["i0 0: ?", "i1 1: ?"])
        #expect(fleet.settled[question]?.unanswered == [])
        #expect(fleet.settled[question]?.isComplete == false)
    }

    @Test func `with the bus away the own answer is all there is`() throws {
        var fleet = Self.fleet(2)
        fleet.link(0, is: .closed)
        let question = try fleet.ask(0)
        #expect(fleet.settled[question]?.texts == ["i0 0: ?"])
        #expect(fleet.settled[question]?.unanswered == ["i1"])
        #expect(fleet.settled[question]?.isComplete == false)
    }

    @Test func `a bus that goes away ends the waiting`() throws {
        var fleet = Self.fleet(2)
        fleet.link(1, is: .frozen)
        let question = try fleet.ask(0)
        fleet.link(0, is: .closed)
        #expect(fleet.settled[question]?.texts == ["i0 0: ?"])
        #expect(fleet.settled[question]?.isComplete == false)
    }

    @Test func `an instance that ends waits no longer`() throws {
        var fleet = Self.fleet(2)
        fleet.link(1, is: .frozen)
        fleet.replies[0] = { _ in nil }
        let question = try fleet.ask(0)
        fleet.stop(0)
        #expect(fleet.settled[question]?.answers == [])
        #expect(fleet.settled[question]?.unanswered == ["i1"])
        #expect(fleet.settled[question]?.isComplete == false)
    }

    @Test func `the longest wait is the fleet's, whatever is asked for`() throws {
        var fleet = Self.fleet(2)
        fleet.link(1, is: .frozen)
        let question = try fleet.ask(0, within: .seconds(3600))
        fleet.pass(.milliseconds(2001))
        #expect(fleet.settled[question] != nil)
    }

    @Test func `the own answer that is not ready is late, and its responder is told to stop`() throws {
        var fleet = Self.fleet(2)
        fleet.replies[0] = { _ in nil }
        let question = try fleet.ask(0)
        fleet.pass(.seconds(3))
        let answers = try #require(fleet.settled[question])
        #expect(answers.texts == ["i1 1: ?"])
        #expect(answers.refusals == [FleetAnswers.Refusal(instance: "i0", reason: .late)])
        #expect(!answers.isComplete)
        #expect(fleet.givenUp == fleet.working.map(\.ticket))
    }

    @Test func `an answer that is too large is refused with the reason`() throws {
        var fleet = Self.fleet(2)
        let limit = FleetLimits().answerBytes
        fleet.replies[0] = { _ in .answered([UInt8](repeating: 1, count: limit)) }
        fleet.replies[1] = { _ in .answered([UInt8](repeating: 1, count: limit + 1)) }
        let question = try fleet.ask(0)
        let answers = try #require(fleet.settled[question])
        #expect(answers.answers.map(\.body.count) == [limit])
        #expect(answers.refusals == [FleetAnswers.Refusal(instance: "i1", reason: .tooLarge)])
        #expect(!answers.isComplete)
    }

    @Test func `all answers together are bounded`() throws {
        var limits = FleetLimits()
        limits.answersBytes = 2000
        var fleet = Self.fleet(4, limits)
        for member in 0..<4 {
            fleet.replies[member] = { _ in .answered([UInt8](repeating: 1, count: 900)) }
        }
        let question = try fleet.ask(0)
        let answers = try #require(fleet.settled[question])
        #expect(answers.answers.count == 2)
        #expect(answers.refusals.map(\.reason) == [.tooLarge, .tooLarge])
    }

    @Test func `a question that is too large is not made`() {
        let limit = FleetLimits().questionBytes
        #expect(throws: FleetQuestion.Fault.tooLarge(bytes: limit + 1, limit: limit)) {
            try FleetQuestion(.explain, [UInt8](repeating: 1, count: limit + 1))
        }
    }

    @Test func `only so many questions wait at once`() throws {
        var limits = FleetLimits()
        limits.waitingQuestions = 3
        var fleet = Self.fleet(2, limits)
        fleet.link(1, is: .frozen)
        let waiting = try (0..<3).map { _ in try fleet.ask(0) }
        let further = try fleet.ask(0)
        #expect(fleet.settled[further]?.refusals == [FleetAnswers.Refusal(instance: "i0", reason: .busy)])
        #expect(fleet.settled[further]?.unanswered == ["i1"])
        #expect(fleet.settled[further]?.isComplete == false)
        fleet.pass(.seconds(3))
        #expect(waiting.allSatisfy { fleet.settled[$0] != nil })
        let later = try fleet.ask(0)
        #expect(fleet.settled[later] == nil)
    }

    @Test func `to too many questions at once an instance says that it is busy, and then nothing`() throws {
        var limits = FleetLimits()
        limits.questionsAnswered = 2
        limits.waitingQuestions = 100
        var fleet = Self.fleet(2, limits)
        fleet.replies[1] = { _ in nil }
        let questions = try (0..<4).map { _ in try fleet.ask(0) }
        let refusals = questions.map { fleet.settled[$0]?.refusals.map(\.reason) }
        #expect(refusals == [nil, nil, [.busy], [.busy]])
        #expect(fleet.status(1).questionsRefused == 2)
        #expect(fleet.notes[1].count { $0 == .questionRefused } == 2)
        for (index, (_, _, ticket)) in fleet.working.enumerated() {
            fleet.finish(ticket, .answered([UInt8(index)]))
        }
        #expect(questions.allSatisfy { fleet.settled[$0] != nil })
        fleet.replies[1] = { _ in .answered([]) }
        let later = try fleet.ask(0)
        #expect(fleet.settled[later]?.isComplete == true)
    }

    @Test func `a responder that does not end keeps its place`() throws {
        var limits = FleetLimits()
        limits.questionsAnswered = 1
        var fleet = Self.fleet(2, limits)
        fleet.replies[1] = { _ in nil }
        let first = try fleet.ask(0)
        fleet.pass(.seconds(5))
        #expect(fleet.settled[first]?.unanswered == ["i1"])
        let second = try fleet.ask(0)
        #expect(fleet.settled[second]?.refusals.map(\.reason) == [.busy])
        fleet.finish(fleet.working[0].ticket, .answered([]))
        fleet.replies[1] = { _ in .answered([]) }
        let third = try fleet.ask(0)
        #expect(fleet.settled[third]?.isComplete == true)
    }

    @Test func `commands are asked where there is a key, and obeyed`() throws {
        var fleet = Self.fleet(2)
        let question = try fleet.ask(0, .close, "alice")
        #expect(fleet.settled[question]?.texts == ["i0 0: alice", "i1 1: alice"])
        #expect(fleet.settled[question]?.isComplete == true)
    }

    @Test func `without a key what reads is asked, and a command stays at home`() throws {
        var fleet = Self.fleet(2, secrets: [nil, nil])
        let reading = try fleet.ask(0, .explain)
        #expect(fleet.settled[reading]?.isComplete == true)
        let published = fleet.published.count
        let command = try fleet.ask(0, .close, "alice")
        #expect(fleet.settled[command]?.texts == ["i0 0: alice"])
        #expect(fleet.settled[command]?.unanswered == ["i1"])
        #expect(fleet.settled[command]?.isComplete == false)
        #expect(fleet.published.count == published)
    }

    @Test func `instances with different keys do not know each other`() throws {
        var fleet = Self.fleet(3, secrets: ["one", "one", "other"])
        #expect(fleet.peers(0) == ["i1"])
        #expect(fleet.peers(2) == [])
        let question = try fleet.ask(0)
        #expect(fleet.settled[question] == nil)
        fleet.pass(.seconds(3))
        #expect(fleet.settled[question]?.texts == ["i0 0: ?", "i1 1: ?"])
        #expect(fleet.settled[question]?.isComplete == false)
        #expect(fleet.rejected(2).keys.sorted { $0.rawValue < $1.rawValue } == [.badSignature])
    }

    @Test func `an instance with a key and one without do not obey each other`() throws {
        var fleet = Self.fleet(2, secrets: ["one", nil])
        let command = try fleet.ask(0, .close, "alice")
        fleet.pass(.seconds(3))
        #expect(fleet.settled[command]?.texts == ["i0 0: alice"])
        #expect(fleet.rejected(1) == [.unsigned: 1])
        let reading = try fleet.ask(1, .explain)
        fleet.pass(.seconds(3))
        #expect(fleet.settled[reading]?.texts == ["i1 1: ?"])
        #expect(fleet.rejected(0)[.unsigned] ?? 0 > 0)
    }

    @Test func `a question that this build does not know is refused at once`() throws {
        var fleet = Self.fleet(2)
        let before = fleet.published.count
        let message = FleetMessage(
            origin: BusOrigin(high: 9, low: 9),
            instance: "newer",
            nonce: FleetNonce(high: 1, low: 1),
            sentAt: fleet.time(of: 0).shared.nanoseconds,
            content: .question(subject: "something new", body: [])
        )
        let seal = FleetSeal(key: FleetKey(secret: "a secret"), channel: FleetModel.channel, limits: FleetLimits())
        fleet.publish(seal.sealed(message))
        let said = try fleet.published[before...].map { try seal.open($0.span).message.content }
        #expect(said == Array(repeating: .answer(to: message.nonce, .refused(.notSupported)), count: 2))
    }
}
