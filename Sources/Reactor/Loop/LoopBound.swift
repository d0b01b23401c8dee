/// Carries a value that belongs to a loop through closures and tasks elsewhere; only on its loop it can be had.
package struct LoopBound<Value>: @unchecked Sendable {
    // Safe to send: `value` is handed out on the loop's own thread alone, and asking elsewhere ends the process.
    private let held: Value
    package let loop: EventLoop

    package init(_ value: Value, on loop: EventLoop) {
        self.held = value
        self.loop = loop
    }

    package var value: Value {
        self.loop.assertInside()
        return self.held
    }
}
