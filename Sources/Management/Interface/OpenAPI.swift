import HTTP

/// The description of the whole interface (OpenAPI 3.1), made from what the endpoints declare.
struct OpenAPI: Sendable {
    let version: String
    let declarations: [EndpointDeclaration]

    var document: JSONNode {
        var paths: [String: [String: JSONNode]] = [:]
        for declaration in self.declarations {
            paths[declaration.pattern, default: [:]][declaration.method.name.lowercased()] = declaration.operation
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Atalaya management",
                "version": .text(self.version),
                "description":
                    "What operators and programs may ask of one instance. Paths that take GET take HEAD as well.",
            ],
            "servers": [["url": "/"]],
            "security": [["bearer": []]],
            "paths": .object(paths.mapValues { .object($0) }),
            "components": [
                "schemas": .object(self.schemas),
                "securitySchemes": [
                    "bearer": [
                        "type": "http", "scheme": "bearer",
                        "description":
                            "`management.token`. Where it is not set, only the instance's own machine is let in, without it.",
                    ]
                ],
            ],
        ]
    }

    private var schemas: [String: JSONNode] {
        var schemas: [String: JSONNode] = [:]
        for answer in self.declarations.flatMap(\.allAnswers) {
            for record in answer.contents.flatMap(\.schema.records) {
                schemas[record.name] = record.node
            }
        }
        return schemas
    }
}

extension EndpointDeclaration {
    /// What it declares and what the frame itself may answer, one for each status.
    fileprivate var allAnswers: [Answer] {
        let declared = Set(self.answers.map(\.status))
        var problems = [Answer.problem(.serviceUnavailable, "Too many requests at once, or an event loop is too busy.")]
        if !self.ignoresOtherParameters {
            problems.append(.problem(.badRequest, "A parameter is unknown or wrong; the detail says what is right."))
        }
        if !self.isOpen {
            problems.append(.problem(.unauthorized, "The token is missing or wrong."))
            problems.append(.problem(.forbidden, "Without `management.token`, only this machine is let in."))
        }
        if self.body != nil {
            problems.append(.problem(.contentTooLarge, "The body is too long."))
        }
        return self.answers + problems.filter { !declared.contains($0.status) }
    }

    fileprivate var operation: JSONNode {
        var members: [String: JSONNode] = [
            "operationId": .text(self.name), "summary": .text(self.sentence),
            "parameters": .list(self.parameters.map(\.node)),
        ]
        if self.isOpen {
            members["security"] = []
        }
        if let body = self.body {
            members["requestBody"] = [
                "description": .text(body.sentence), "required": .flag(false),
                "content": [body.mediaType: [:]],
            ]
        }
        var responses: [String: JSONNode] = ["default": EndpointDeclaration.Answer.other.node]
        for answer in self.allAnswers {
            responses["\(answer.status.code)"] = answer.node
        }
        members["responses"] = .object(responses)
        return .object(members)
    }
}

extension EndpointDeclaration.Answer {
    fileprivate static let other = Self(
        HTTPStatus(code: 500),
        "What may happen to any request.",
        [("application/problem+json", .problem)]
    )

    fileprivate var node: JSONNode {
        var contents: [String: JSONNode] = [:]
        for (mediaType, schema) in self.contents {
            contents[mediaType] = ["schema": schema.node]
        }
        return ["description": .text(self.sentence), "content": .object(contents)]
    }
}

extension ParameterDeclaration {
    fileprivate var node: JSONNode {
        var schema = self.schema.node
        if case .object(var members) = schema, let shown = self.shownDefault {
            members["default"] = shown
            schema = .object(members)
        }
        return [
            "name": .text(self.name), "in": .text(self.place.rawValue), "required": .flag(self.isRequired),
            "description": .text(self.sentence), "schema": schema,
        ]
    }
}
