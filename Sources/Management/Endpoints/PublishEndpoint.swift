import HTTP
package import HTTPServer
package import Instruments
import Messaging
import Reactor

/// `POST /api/v1/rooms/{room}/messages`: publishes the body to a room, whether or not anybody is in it.
package struct PublishEndpoint: Endpoint {
    private let publisher: OperatorPublisher
    private let maximumBytes: Int
    private let maximumJSONDepth: Int
    private let log: EventLog

    /// - Parameter maximumBytes: The longest payload.
    package init(_ publisher: OperatorPublisher, maximumBytes: Int, maximumJSONDepth: Int, log: EventLog) {
        self.publisher = publisher
        self.maximumBytes = maximumBytes
        self.maximumJSONDepth = maximumJSONDepth
        self.log = log
    }

    package var declaration: EndpointDeclaration {
        EndpointDeclaration(
            "publish",
            .post,
            "/api/v1/rooms/{room}/messages",
            "Publishes a message to a room; answered when the broker has taken it.",
            parameters: [Parameter<RoomName>.room],
            body: EndpointDeclaration.Body(
                atMost: self.maximumBytes,
                "*/*",
                "The payload. JSON and text keep their type and must be valid; without a type UTF-8 counts as text; "
                    + "anything else is binary. A `traceparent` field goes along with it."
            ),
            answers: [
                .json(.ok, "The broker has taken it.", PublishedMessage.self),
                .problem(.badRequest, "The room, the media type or the body is not valid."),
                .problem(.forbidden, "The broker does not let this gateway publish to the room."),
                .problem(
                    .contentTooLarge,
                    "The body is longer than `limits.messageBytes`, or too long for the broker."
                ),
                .problem(.unsupportedMediaType, "The text has a charset other than UTF-8."),
                .problem(
                    .serviceUnavailable,
                    "The broker did not confirm it; it may have been delivered all the same."
                ),
            ]
        )
    }

    package func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        let room = try request[Parameter<RoomName>.room]
        let headers = request.head.headers
        let kind = try DeclaredPayload.kind(
            of: request.body,
            headers["Content-Type"],
            maximumJSONDepth: self.maximumJSONDepth
        )
        let outcome = await self.publisher.publish(
            to: room,
            kind,
            request.body,
            // One that is not valid is ignored (W3C Trace Context section 3.2).
            trace: headers["traceparent"].flatMap { TraceContext(traceparent: $0) }
        )
        let values: [(LogField, LogValue)] = [
            (.room, .text(room.text)), (.messageId, .text(outcome.id.text)),
            (.remoteAddress, .text(request.peer.ip)),
        ]
        guard let (reason, problem) = self.refusal(outcome, room) else {
            self.log.write(ManagementEvent.messagePublished, values)
            return .json(PublishedMessage(id: outcome.id.text))
        }
        self.log.write(
            ManagementEvent.publicationRefused,
            values + [(.reason, .text(reason.label)), (.error, .text(problem.detail ?? ""))]
        )
        throw problem
    }

    private func refusal(
        _ outcome: OperatorPublisher.Outcome,
        _ room: RoomName
    ) -> (RejectionReason, HTTPProblem)? {
        let members = [(name: "messageId", value: outcome.id.text)]
        switch outcome.result {
        case .accepted:
            return nil
        case .forbidden:
            let detail = "the broker does not let this gateway publish to room \(room)"
            return (.forbidden, HTTPProblem(.forbidden, detail, members: members))
        case .tooBig:
            let detail = "the broker takes no message of this size"
            return (.tooBig, HTTPProblem(.contentTooLarge, detail, members: members))
        case .unavailable:
            var detail = "the broker did not confirm the message; it may not have been delivered"
            if case .down(let reason) = self.publisher.broker.health { detail += ": \(reason)" }
            let problem = HTTPProblem(
                .serviceUnavailable,
                detail,
                headers: ["Retry-After": "1"],
                members: members
            )
            return (.brokerUnavailable, problem)
        }
    }
}

/// The answer to a publication.
struct PublishedMessage: DescribedJSON {
    let id: String

    static let schema = Schema.record(
        "PublishedMessage",
        "A message that the broker has taken.",
        [.member("id", .ulid, "The message's id.")]
    )
}
