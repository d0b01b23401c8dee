/// First in, first out.
struct Queue<Element> {
    private var elements: [Element?] = []
    private var first = 0

    var count: Int { self.elements.count - self.first }

    mutating func append(_ element: Element) {
        self.elements.append(element)
    }

    mutating func popFirst() -> Element? {
        guard self.first < self.elements.count else { return nil }
        let element = self.elements[self.first].take()
        self.first += 1
        // What was taken is cut off once it is the greater part, so an element is moved about once.
        if self.first == self.elements.count {
            self.elements.removeAll(keepingCapacity: self.first <= 4096)
            self.first = 0
        } else if self.first >= 1024, self.first * 2 > self.elements.count {
            self.elements.removeFirst(self.first)
            self.first = 0
        }
        return element
    }
}

extension Queue: Sendable where Element: Sendable {}
