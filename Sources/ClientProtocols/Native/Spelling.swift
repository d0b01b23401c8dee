/// Guesses what somebody meant to write.
enum Spelling {
    /// `; did you mean publish?`, or nothing where no word is near.
    static func suggestion(for given: String, among words: [String]) -> String {
        guard let near = words.first(where: { self.isNear(given, $0) }) else { return "" }
        return "; did you mean \(near)?"
    }

    /// Whether one change, missing or extra letter, or two swapped ones, makes `given` to `right`; case does not count.
    static func isNear(_ given: String, _ right: String) -> Bool {
        let left = Array(given.lowercased().utf8.prefix(64))
        let right = Array(right.lowercased().utf8)
        guard left != right else { return true }
        guard abs(left.count - right.count) <= 1 else { return false }
        var front = 0
        while front < min(left.count, right.count), left[front] == right[front] {
            front += 1
        }
        let restOfLeft = Array(left[front...])
        let restOfRight = Array(right[front...])
        if left.count == right.count {
            let swapped =
                restOfLeft.count > 1 && restOfLeft[0] == restOfRight[1] && restOfLeft[1] == restOfRight[0]
                && restOfLeft.dropFirst(2) == restOfRight.dropFirst(2)
            return swapped || restOfLeft.dropFirst() == restOfRight.dropFirst()
        }
        return left.count > right.count
            ? restOfLeft.dropFirst().elementsEqual(restOfRight) : restOfLeft.elementsEqual(restOfRight.dropFirst())
    }
}
