import HTTP
package import HTTPServer

/// An endpoint that lists rows, page by page, sorted, of this instance or of the whole fleet.
package protocol ListEndpoint: InspectedEndpoint where Local == ListPage<Row> {
    associatedtype Row: ListRow

    /// The member of the answer that holds the rows, such as `rooms`.
    static var rowsName: String { get }
    var fleet: FleetInquirer { get }

    /// Offers every row that the request's filters let through.
    ///
    /// Must not hold an event loop for long: it reads a little at a time.
    func read(_ request: HTTPRequest, into window: inout ListWindow<Row>) async throws
}

extension ListEndpoint {
    private static var sort: Parameter<Row.Order> {
        .word("sort", default: Row.usualOrder, "What the rows are sorted by; for numbers the largest comes first.")
    }

    /// What a list promises.
    ///
    /// - Parameter filters: The parameters of this list besides `sort`, `limit`, `cursor` and `scope`.
    package static func declaration(
        _ name: String,
        _ pattern: String,
        _ sentence: String,
        filters: [any DeclaredParameter],
        problems: [EndpointDeclaration.Answer] = []
    ) -> EndpointDeclaration {
        let common: [any DeclaredParameter] = [
            self.sort, ListQuery.limit, ListQuery.cursor, Parameter<FleetScope>.scope,
        ]
        return EndpointDeclaration(
            name,
            .get,
            pattern,
            sentence,
            parameters: filters + common,
            answers: [
                EndpointDeclaration.Answer(.ok, "A page of the list.", [("application/json", self.schema(name))])
            ] + problems
        )
    }

    private static func schema(_ name: String) -> Schema {
        .record(
            name.prefix(1).uppercased() + name.dropFirst(),
            "A page of a list.",
            [
                .member(self.rowsName, .list(of: Row.schema), "The rows, in order."),
                .optional("cursor", .text(), "What to ask for the next page with; absent on the last one."),
                .optional("complete", .flag, "With `scope=fleet`: whether every instance has answered."),
                .optional("unanswered", .list(of: .text()), "With `scope=fleet`: instances that did not answer."),
            ]
        )
    }

    package func local(_ request: HTTPRequest) async throws -> ListPage<Row> {
        let query = try ListQuery(request, instance: self.fleet.instance)
        return try await self.page(request, query).fitting(bytes: ListQuery.fleetBytes)
    }

    package func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        // What is wrong with the request is said here, not by whoever else is asked.
        let query = try ListQuery(request, instance: self.fleet.instance)
        let order = try request[Self.sort]
        let page: ListPage<Row>
        var coverage: FleetCoverage?
        switch query.scope {
        case .instance:
            page = try await self.page(request, query)
        case .fleet:
            let reading = try await self.fleet.inspect(request, as: ListPage<Row>.self)
            page = .merged(reading.locals.map(\.local), order: order, limit: query.limit)
            coverage = reading.coverage
        }
        let answer = ListAnswer(
            name: Self.rowsName,
            rows: page.rows,
            cursor: query.cursor(after: page, order),
            coverage: coverage
        )
        return .momentary(ManagementJSON.encode(answer), "application/json")
    }

    private func page(_ request: HTTPRequest, _ query: ListQuery) async throws -> ListPage<Row> {
        var window = ListWindow<Row>(order: try request[Self.sort], limit: query.limit, after: query.after)
        try await self.read(request, into: &window)
        return window.page()
    }
}

/// A page as it is answered.
private struct ListAnswer<Row: ListRow>: Encodable {
    let name: String
    let rows: [Row]
    let cursor: String?
    let coverage: FleetCoverage?

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) {
            self.stringValue = stringValue
        }

        init?(intValue: Int) {
            nil
        }
    }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Key.self)
        try members.encode(self.rows, forKey: Key(stringValue: self.name))
        try members.encodeIfPresent(self.cursor, forKey: Key(stringValue: "cursor"))
        try members.encodeIfPresent(self.coverage?.isComplete, forKey: Key(stringValue: "complete"))
        try members.encodeIfPresent(self.coverage?.unanswered, forKey: Key(stringValue: "unanswered"))
    }
}
