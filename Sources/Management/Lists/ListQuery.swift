import HTTP
package import HTTPServer

/// What a request says about the page of a list that it wants.
package struct ListQuery: Sendable {
    package static let limit = Parameter.integer(
        "limit",
        in: 1...1000,
        default: 100,
        "How many rows the answer has at most."
    )
    package static let cursor = Parameter<ListCursor?>(
        "cursor",
        in: .query,
        .text(),
        default: .some(nil),
        "The `cursor` of the page before; the other parameters must be the same."
    ) { text throws(ParameterFault) in
        try ListCursor(text)
    }

    /// What an instance tells another in one page, in bytes: less than what fits into an answer of the fleet.
    package static let fleetBytes = 200 * 1024

    package let limit: Int
    /// Only what follows it is wanted; `nil` for the beginning.
    package let after: ListPlace?
    package let scope: FleetScope
    private let list: String

    /// - Parameter instance: The name of this instance.
    package init(_ request: HTTPRequest, instance: String) throws(HTTPProblem) {
        self.limit = try request[Self.limit]
        self.scope = try request[Parameter<FleetScope>.scope]
        self.list = ListCursor.list(of: request, instance: self.scope == .fleet ? nil : instance)
        let cursor = try request[Self.cursor]
        guard cursor == nil || cursor?.list == self.list else {
            throw HTTPProblem(
                .badRequest,
                "this cursor belongs to another list, instance, sort, filter or scope; begin anew without a cursor",
                members: [("parameter", "cursor")]
            )
        }
        self.after = cursor?.place
    }

    /// What the next page is asked for with; `nil` if there is none.
    package func cursor<Row: ListRow>(after page: ListPage<Row>, _ order: Row.Order) -> String? {
        guard page.hasMore, let last = page.rows.last else { return nil }
        return ListCursor(list: self.list, place: last.place(in: order)).text
    }
}
