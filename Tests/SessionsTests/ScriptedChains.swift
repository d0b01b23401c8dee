import Instruments
import Messaging

/// Chains that several instances share, which answer claims when the test says so.
final class ScriptedChains: SharedChains {
    private struct State: Sendable {
        var canClaim = true
        var requests: [ChainRequest] = []
    }

    let origin = BusOrigin(high: 1, low: 1)
    private let state = Lock(State())

    var canClaim: Bool {
        get { self.state.withLock { $0.canClaim } }
        set { self.state.withLock { $0.canClaim = newValue } }
    }

    func carryOut(_ requests: [ChainRequest]) {
        self.state.withLock { $0.requests += requests }
    }

    /// What was asked since the last time.
    func take() -> [ChainRequest] {
        self.state.withLock { state in
            defer { state.requests = [] }
            return state.requests
        }
    }

    /// Answers everything that was claimed since the last time.
    ///
    /// - Returns: How many claims that were.
    @discardableResult
    func answer(_ answer: ChainAnswer) -> Int {
        var count = 0
        for case .claim(_, let claimed) in self.take() {
            claimed(answer)
            count += 1
        }
        return count
    }
}

extension ChainRequest {
    /// Everything but the answer, as text for comparing.
    var summary: String {
        switch self {
        case .write(let key, let record, let validity): "write \(key.name) \(record.place) \(validity)"
        case .keep(let key, let record, let validity): "keep \(key.name) \(record.place) \(validity)"
        case .forget(let key, let isUsed): "forget \(key.name) \(isUsed)"
        case .claim(let key, _): "claim \(key.name)"
        case .giveBack(let key, let record): "giveBack \(key.name) \(record.place)"
        }
    }
}
