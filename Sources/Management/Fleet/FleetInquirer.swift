import Foundation
import HTTP
package import HTTPServer
package import Messaging

/// Asks every instance of the fleet what an endpoint of theirs knows.
package struct FleetInquirer: Sendable {
    /// The name of this instance.
    package let instance: String
    private let broker: any Broker
    private let patience: Duration

    /// - Parameter patience: How long the slowest instance is waited for.
    package init(
        _ broker: any Broker,
        instance: String,
        patience: Duration = FleetLimits().patience
    ) {
        self.broker = broker
        self.instance = instance
        self.patience = patience
    }

    /// What was heard of the instances.
    package struct Reading<Local: Sendable>: Sendable {
        /// Of those that had something to say, sorted by name.
        package let locals: [(instance: String, local: Local)]
        package let coverage: FleetCoverage
    }

    /// Lets each instance, this one included, answer a request as if it were asked alone.
    ///
    /// - Throws: What was wrong with the request, if no instance could do anything with it.
    package func inspect<Local: Codable & Sendable>(
        _ request: HTTPRequest,
        as type: Local.Type
    ) async throws -> Reading<Local> {
        let question: FleetQuestion
        do throws(FleetQuestion.Fault) {
            question = try FleetQuestion(.inspect, Array(request.head.target.text.utf8))
        } catch {
            throw HTTPProblem(.uriTooLong, "the other instances cannot be asked with a path and query this long")
        }
        return await self.ask(question)
    }

    /// Tells each instance, this one included, to do something; a fleet without a key to sign it with does not hear it.
    func command<Local: Codable & Sendable>(
        _ subject: FleetSubject,
        _ order: some Encodable,
        as type: Local.Type
    ) async throws -> Reading<Local> {
        await self.ask(try FleetQuestion(subject, ManagementJSON.encode(order)))
    }

    private func ask<Local: Codable & Sendable>(_ question: FleetQuestion) async -> Reading<Local> {
        let answers = await self.broker.ask(question, within: self.patience)
        var locals: [(instance: String, local: Local)] = []
        var unreadable: [String] = []
        for answer in answers.answers {
            guard let said = try? JSONDecoder().decode(InspectedAnswer<Local>.self, from: Data(answer.body)) else {
                unreadable.append(answer.instance)
                continue
            }
            switch said.status {
            case 200:
                if let local = said.answer { locals.append((answer.instance, local)) }
            case 404:
                // It knows that it has nothing.
                break
            default:
                unreadable.append(answer.instance)
            }
        }
        return Reading(locals: locals, coverage: FleetCoverage(answers, besides: unreadable))
    }
}

/// Whether a whole fleet has answered.
package struct FleetCoverage: Sendable, Equatable {
    package let isComplete: Bool
    /// The names of instances that did not answer, as far as they are known.
    package let unanswered: [String]

    /// Nobody else had to be asked.
    static let whole = FleetCoverage(isComplete: true, unanswered: [])

    private init(isComplete: Bool, unanswered: [String]) {
        self.isComplete = isComplete
        self.unanswered = unanswered
    }

    /// - Parameter unreadable: Instances whose answers are of no use.
    init(_ answers: FleetAnswers, besides unreadable: [String]) {
        self.unanswered = (answers.unanswered + answers.refusals.map(\.instance) + unreadable).sorted()
        self.isComplete = answers.isComplete && unreadable.isEmpty
    }

    /// For an answer that has them only with `scope=fleet`.
    static let optionalMembers: [Schema.Member] = [
        .optional("complete", .flag, "With `scope=fleet`: whether every instance has answered."),
        .optional("unanswered", .list(of: .text()), "With `scope=fleet`: instances that did not answer."),
    ]

    /// The problem where no instance that answered has what was asked for.
    ///
    /// - Parameter absence: Such as `room r has no members`.
    func problem(_ absence: String) -> HTTPProblem {
        guard !self.isComplete else { return HTTPProblem(.notFound, "\(absence) on any instance") }
        let silent = self.unanswered.isEmpty ? "" : ": \(self.unanswered.joined(separator: ", "))"
        return HTTPProblem(
            .gatewayTimeout,
            "\(absence) on the instances that answered, and not every instance did\(silent)"
        )
    }

    package static let schemaMembers: [Schema.Member] = [
        .member("complete", .flag, "Whether every instance of the fleet has answered."),
        .member("unanswered", .list(of: .text()), "The names of instances that did not answer, as far as known."),
    ]
}

/// What one instance says when another asks on behalf of an operator.
struct InspectedAnswer<Local: Codable & Sendable>: Codable, Sendable {
    /// The status that it would answer with.
    let status: UInt16
    /// Only with 200.
    let answer: Local?
}
