/// The first few of many values in some order, without sorting them all.
///
/// A heap whose top is the last of those kept, so a value that comes too late in the order costs one comparison.
package struct Foremost<Value: Sendable>: Sendable {
    private let limit: Int
    private let comesBefore: @Sendable (Value, Value) -> Bool
    private var heap: [Value] = []

    /// - Parameters:
    ///   - limit: How many are kept.
    ///   - comesBefore: Whether the first comes before the second; never both ways around.
    package init(_ limit: Int, by comesBefore: @escaping @Sendable (Value, Value) -> Bool) {
        self.limit = limit
        self.comesBefore = comesBefore
    }

    package mutating func offer(_ value: Value) {
        guard self.limit > 0 else { return }
        if self.heap.count < self.limit {
            self.heap.append(value)
            self.rise()
        } else if self.comesBefore(value, self.heap[0]) {
            self.heap[0] = value
            self.sink()
        }
    }

    /// Those kept, in order.
    package var inOrder: [Value] { self.heap.sorted(by: self.comesBefore) }

    private mutating func rise() {
        var place = self.heap.count - 1
        while place > 0, self.comesBefore(self.heap[(place - 1) / 2], self.heap[place]) {
            self.heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    private mutating func sink() {
        var place = 0
        while true {
            var last = place
            for child in [2 * place + 1, 2 * place + 2] where child < self.heap.count {
                if self.comesBefore(self.heap[last], self.heap[child]) {
                    last = child
                }
            }
            guard last != place else { return }
            self.heap.swapAt(place, last)
            place = last
        }
    }
}
