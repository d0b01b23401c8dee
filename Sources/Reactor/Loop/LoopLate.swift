/// An event loop did not do what it was asked to in time, or has ended.
package struct LoopLate: Error, Equatable, Sendable, CustomStringConvertible {
    package let loop: String
    package var description: String { "\(self.loop) does not answer" }

    package init(loop: String) {
        self.loop = loop
    }
}
