/// The part of a sorted list that is asked for, filled with rows that come in any order.
///
/// Holds no more than twice the rows that are asked for, however many are offered.
package struct ListWindow<Row: ListRow>: Sendable {
    package let order: Row.Order
    private let limit: Int
    /// Only what follows it is wanted; `nil` for the beginning.
    package let after: ListPlace?
    private var rows: [(place: ListPlace, row: Row)] = []
    /// What comes after it is beyond the window; set once more rows than fit have been offered.
    private var bound: ListPlace?

    /// - Parameter after: Only what follows it is wanted; `nil` for the beginning.
    package init(order: Row.Order, limit: Int, after: ListPlace? = nil) {
        self.order = order
        self.limit = limit
        self.after = after
    }

    /// How many of the first rows are enough: the page, and one that tells whether there are more.
    package var enough: Int { self.limit + 1 }

    /// Whether a row at this place is wanted at all.
    package func wants(_ place: ListPlace) -> Bool {
        if let after = self.after, place <= after { return false }
        if let bound = self.bound, place > bound { return false }
        return true
    }

    package mutating func offer(_ row: Row) {
        let place = row.place(in: self.order)
        guard self.wants(place) else { return }
        self.rows.append((place, row))
        if self.rows.count >= 2 * (self.limit + 1) {
            self.cut()
        }
    }

    /// What has been offered, sorted and cut to size.
    package mutating func page() -> ListPage<Row> {
        self.cut()
        let rows = self.rows.prefix(self.limit).map(\.row)
        return ListPage(rows: rows, hasMore: self.rows.count > self.limit)
    }

    /// Keeps one more than is asked for, which tells that there are more.
    private mutating func cut() {
        self.rows.sort { $0.place < $1.place }
        guard self.rows.count > self.limit + 1 else { return }
        self.rows.removeLast(self.rows.count - self.limit - 1)
        self.bound = self.rows.last?.place
    }
}

/// Rows in order, and whether others follow.
package struct ListPage<Row: ListRow>: Codable, Sendable {
    package private(set) var rows: [Row]
    package private(set) var hasMore: Bool

    /// Drops rows at the end until the whole is short enough to be passed on.
    func fitting(bytes limit: Int) -> ListPage {
        var page = self
        while page.rows.count > 1, ManagementJSON.encode(page).count > limit {
            page.rows.removeLast(page.rows.count / 2)
            page.hasMore = true
        }
        return page
    }

    /// One page of what several instances have.
    ///
    /// If an instance has more than it told, nothing that comes after its last row can be shown yet.
    static func merged(_ pages: [ListPage], order: Row.Order, limit: Int) -> ListPage {
        let bound = pages.filter(\.hasMore).compactMap { $0.rows.last?.place(in: order) }.min()
        var window = ListWindow<Row>(order: order, limit: limit)
        var isCut = bound != nil
        for row in pages.flatMap(\.rows) {
            if let bound, row.place(in: order) > bound {
                isCut = true
            } else {
                window.offer(row)
            }
        }
        var page = window.page()
        page.hasMore = page.hasMore || isCut
        return page
    }
}
