package import Instruments

/// One row of a list: what is shown of one room, user or connection.
package protocol ListRow: DescribedJSON, Decodable {
    /// What a list can be sorted by.
    associatedtype Order: Vocabulary

    /// What it is sorted by if nothing is said.
    static var usualOrder: Order { get }

    func place(in order: Order) -> ListPlace
}

/// Where a row stands in a sorted list: no two rows have the same place.
package struct ListPlace: Comparable, Codable, Sendable {
    /// The larger one comes first.
    package let number: Double
    /// Decides between equal numbers: the bytes that sort first come first.
    package let id: String

    package init(largestFirst number: Double, _ id: String) {
        self.number = number
        self.id = id
    }

    package init(byName id: String) {
        self.init(largestFirst: 0, id)
    }

    package static func < (left: ListPlace, right: ListPlace) -> Bool {
        left.number == right.number
            ? left.id.utf8.lexicographicallyPrecedes(right.id.utf8) : left.number > right.number
    }

    package static func == (left: ListPlace, right: ListPlace) -> Bool {
        left.number == right.number && left.id.utf8.elementsEqual(right.id.utf8)
    }
}
