/// Carries a value that belongs to a loop through closures and tasks elsewhere; it can only be read on its loop.
package struct LoopBound<Value>: @unchecked Sendable {
    // Safe to send: `value` can only be read on the loop's own thread; reading it elsewhere ends the process.
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
