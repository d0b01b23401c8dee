/// The first of several answers to one question; later ones are ignored.
package final class FirstValue<Value: Sendable>: Sendable {
    private enum State: Sendable {
        case nothingYet
        case awaited(CheckedContinuation<Value, Never>)
        case given(Value)
    }

    private let state = Lock(State.nothingYet)

    package init() {}

    package func give(_ value: Value) {
        let waiting = self.state.withLock { state -> CheckedContinuation<Value, Never>? in
            switch state {
            case .nothingYet:
                state = .given(value)
                return nil
            case .awaited(let continuation):
                state = .given(value)
                return continuation
            case .given:
                return nil
            }
        }
        waiting?.resume(returning: value)
    }

    /// Awaited by one task, once.
    package var value: Value {
        get async {
            await withCheckedContinuation { continuation in
                let given = self.state.withLock { state -> Value? in
                    if case .given(let value) = state { return value }
                    state = .awaited(continuation)
                    return nil
                }
                if let given { continuation.resume(returning: given) }
            }
        }
    }
}
