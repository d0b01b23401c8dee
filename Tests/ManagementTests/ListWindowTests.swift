import Instruments
import TestKit
import Testing

@testable import Management

/// A row of lists in tests.
struct NumberRow: ListRow, Equatable {
    enum Order: UInt8, Vocabulary {
        case size, name
        var label: String { self == .size ? "size" : "name" }
    }

    static let usualOrder = Order.size
    static let schema = Schema.record("Number", "", [])

    let name: String
    let size: Double

    func place(in order: Order) -> ListPlace {
        order == .size ? ListPlace(largestFirst: self.size, self.name) : ListPlace(byName: self.name)
    }
}

@Suite struct ListWindowTests {
    /// Rows with many equal sizes, in an order of their own.
    private func rows(_ count: Int, seed: UInt64 = 7) -> [NumberRow] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { NumberRow(name: "r\($0)", size: Double(Int.random(in: 0..<10, using: &random))) }
            .shuffled(using: &random)
    }

    private func page(_ rows: [NumberRow], _ order: NumberRow.Order, limit: Int, after: ListPlace?) -> ListPage<
        NumberRow
    > {
        var window = ListWindow<NumberRow>(order: order, limit: limit, after: after)
        for row in rows { window.offer(row) }
        return window.page()
    }

    @Test(arguments: [NumberRow.Order.size, .name], [1, 3, 7, 100, 200])
    func `page after page shows each row once, in order`(order: NumberRow.Order, limit: Int) throws {
        let rows = self.rows(100)
        let expected = rows.sorted { $0.place(in: order) < $1.place(in: order) }
        var seen: [NumberRow] = []
        var after: ListPlace?
        while true {
            let page = self.page(rows, order, limit: limit, after: after)
            #expect(page.rows.count <= limit)
            seen += page.rows
            guard page.hasMore else { break }
            after = try #require(page.rows.last).place(in: order)
        }
        #expect(seen == expected)
    }

    @Test func `an empty list has one empty page`() {
        let page = self.page([], .size, limit: 5, after: nil)
        #expect(page.rows.isEmpty)
        #expect(!page.hasMore)
    }

    @Test func `names that differ in their bytes only are different places`() {
        let (composed, decomposed) = (ListPlace(byName: "\u{e9}"), ListPlace(byName: "e\u{301}"))
        #expect(composed != decomposed)
        #expect(decomposed < composed)
    }

    @Test(arguments: [1, 2, 5, 40])
    func `pages of several instances make pages of all, whatever each could tell`(limit: Int) throws {
        let order = NumberRow.Order.size
        let all = self.rows(60)
        let expected = all.sorted { $0.place(in: order) < $1.place(in: order) }
        let instances = [Array(all[0..<5]), Array(all[5..<6]), Array(all[6..<60]), []]
        // The first instance tells little at once.
        let bytes = [60, 10_000, 600, 100]
        var seen: [NumberRow] = []
        var after: ListPlace?
        for _ in 0..<200 {
            let pages = zip(instances, bytes).map { rows, bytes in
                self.page(rows, order, limit: limit, after: after).fitting(bytes: bytes)
            }
            let page = ListPage.merged(pages, order: order, limit: limit)
            #expect(page.rows.count <= limit)
            seen += page.rows
            guard page.hasMore else { break }
            after = try #require(page.rows.last).place(in: order)
        }
        #expect(seen == expected)
    }

    @Test func `what does not fit is cut, but one row is always told`() {
        let page = self.page(self.rows(50), .name, limit: 50, after: nil)
        let cut = page.fitting(bytes: 200)
        #expect(cut.hasMore)
        #expect((1..<50).contains(cut.rows.count))
        #expect(ManagementJSON.encode(cut).count <= 200)
        #expect(cut.rows == Array(page.rows.prefix(cut.rows.count)))
        #expect(page.fitting(bytes: 1).rows.count == 1)
        #expect(!page.fitting(bytes: 1 << 20).hasMore)
    }
}
