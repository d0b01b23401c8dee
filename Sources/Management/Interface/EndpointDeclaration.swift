package import HTTP

/// Everything that an endpoint promises: what it takes, who may use it, what it answers.
///
/// The router, the checks of parameters and `/openapi.json` are made from it.
package struct EndpointDeclaration: Sendable {
    /// Unique; clients that are generated call their function so.
    package let name: String
    package let method: HTTPMethod
    package let pattern: String
    package let sentence: String
    /// Whether it may be used without the credentials of `ManagementAccess`.
    package let isOpen: Bool
    package let parameters: [ParameterDeclaration]
    /// Whether further query parameters are ignored, as those that probes and scrapers add.
    package let ignoresOtherParameters: Bool
    package let body: Body?
    package let answers: [Answer]

    /// What a request may bring.
    package struct Body: Sendable {
        package let maximumBytes: Int
        package let mediaType: String
        package let sentence: String

        package init(atMost maximumBytes: Int, _ mediaType: String, _ sentence: String) {
            self.maximumBytes = maximumBytes
            self.mediaType = mediaType
            self.sentence = sentence
        }
    }

    /// One kind of answer.
    package struct Answer: Sendable {
        package let status: HTTPStatus
        package let sentence: String
        /// The media types it may have, each with what it looks like.
        package let contents: [(mediaType: String, schema: Schema)]

        package init(
            _ status: HTTPStatus,
            _ sentence: String,
            _ contents: [(mediaType: String, schema: Schema)]
        ) {
            self.status = status
            self.sentence = sentence
            self.contents = contents
        }

        package static func json<Value: DescribedJSON>(
            _ status: HTTPStatus = .ok,
            _ sentence: String,
            _ value: Value.Type
        ) -> Answer {
            Answer(status, sentence, [("application/json", Value.schema)])
        }

        package static func problem(_ status: HTTPStatus, _ sentence: String) -> Answer {
            Answer(status, sentence, [("application/problem+json", .problem)])
        }
    }

    /// Problems that the frame itself answers with need not be named.
    package init(
        _ name: String,
        _ method: HTTPMethod,
        _ pattern: String,
        _ sentence: String,
        isOpen: Bool = false,
        parameters: [any DeclaredParameter] = [],
        ignoresOtherParameters: Bool = false,
        body: Body? = nil,
        answers: [Answer]
    ) {
        self.name = name
        self.method = method
        self.pattern = pattern
        self.sentence = sentence
        self.isOpen = isOpen
        self.parameters = parameters.map(\.declaration)
        self.ignoresOtherParameters = ignoresOtherParameters
        self.body = body
        self.answers = answers
    }
}

extension Schema {
    /// What went wrong, as in RFC 9457.
    static let problem = Schema.record(
        "Problem",
        "What went wrong (RFC 9457).",
        [
            .member("type", .text(format: "uri-reference"), "`about:blank`: the status says which kind it is."),
            .member("title", .text(), "The phrase of the status."),
            .member("status", .integer(400...599), "The status of the answer."),
            .optional("detail", .text(), "What is wrong in this case, and what would be right."),
            .optional("parameter", .text(), "The name of the parameter that is wrong, if one is."),
            .optional("messageId", .ulid, "The message that was refused, if it had an id already."),
        ]
    )
}
