/// Did you mean: the name in a list that is closest to what was written.
package enum Suggestion {
    /// Longer than any name; what was written may be of any length.
    private static let longest = 100

    /// The closest of `names`, or `nil` if none is close enough to be what was meant.
    ///
    /// Case and separators are ignored (`heartbeat_interval` is `heartbeat.interval`). A transposition is one edit;
    /// one edit is allowed, and one more for every five letters. Failing that, a name without its beginning
    /// (`interval`) or with something before it (`gateway.heartbeat.interval`), if only one name fits.
    package static func nearest(to written: String, among names: some Sequence<String>) -> String? {
        guard written.utf8.count <= Self.longest else { return nil }
        let wanted = Self.letters(of: written)
        guard !wanted.isEmpty else { return nil }
        let allowed = 1 + wanted.count / 5
        var best: (name: String, distance: Int)?
        var sameEnding: [String] = []
        for name in names where name != written {
            let letters = Self.letters(of: name)
            if abs(letters.count - wanted.count) <= allowed {
                let distance = Self.distance(wanted, letters)
                if distance <= allowed, distance < min(letters.count, best?.distance ?? .max) {
                    best = (name, distance)
                }
            }
            if name.hasSuffix("." + written) || written.hasSuffix("." + name) {
                sameEnding.append(name)
            }
        }
        return best?.name ?? (sameEnding.count == 1 ? sameEnding.first : nil)
    }

    /// `; did you mean publish?`, for the end of an error message; empty if nothing is close.
    package static func question(_ name: String?) -> String {
        name.map { "; did you mean \($0)?" } ?? ""
    }

    private static func letters(of name: String) -> [Character] {
        name.lowercased().filter { $0.isLetter || $0.isNumber }
    }

    /// The number of edits (insert, delete, replace, swap of neighbours) between the two.
    static func distance(_ from: [Character], _ to: [Character]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...to.count)
        for row in 1..<(from.count + 1) {
            var current = [row] + Array(repeating: 0, count: to.count)
            for column in 1..<(to.count + 1) {
                let same = from[row - 1] == to[column - 1]
                var edits = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (same ? 0 : 1))
                let swapped =
                    row > 1 && column > 1 && from[row - 1] == to[column - 2] && from[row - 2] == to[column - 1]
                if swapped {
                    edits = min(edits, beforeLast[column - 2] + 1)
                }
                current[column] = edits
            }
            beforeLast = last
            last = current
        }
        return last[to.count]
    }
}
