import Instruments

/// The other instances of the fleet that have been heard from recently.
struct FleetPeers: Sendable {
    struct Peer: Sendable {
        let origin: BusOrigin
        var heartbeat: FleetHeartbeat
        var heardAt: Instant
    }

    private let limits: FleetLimits
    /// By name: a process with the name of an earlier one is taken for its successor.
    private var peers: [String: Peer] = [:]

    init(limits: FleetLimits) {
        self.limits = limits
    }

    var isEmpty: Bool { self.peers.isEmpty }

    /// How long ago each was last heard from, by name.
    func ages(at now: Instant) -> [FleetStatus.Peer] {
        self.peers.map { FleetStatus.Peer(instance: $0.key, age: now - $0.value.heardAt) }
            .sorted { $0.instance < $1.instance }
    }

    /// The names of those that are not in the list.
    func names(without origins: Set<BusOrigin>) -> [String] {
        self.peers.filter { !origins.contains($0.value.origin) }.map(\.key)
    }

    /// Takes a heartbeat.
    ///
    /// - Returns: Whether the process is new.
    mutating func heard(_ heartbeat: FleetHeartbeat, of instance: String, _ origin: BusOrigin, at now: Instant) -> Bool
    {
        let known = self.peers[instance]
        guard known != nil || self.peers.count < self.limits.peers else { return false }
        self.peers[instance] = Peer(origin: origin, heartbeat: heartbeat, heardAt: now)
        return known?.origin != origin
    }

    /// Takes any other message as a sign of life.
    mutating func heard(of instance: String, _ origin: BusOrigin, at now: Instant) {
        guard self.peers[instance]?.origin == origin else { return }
        self.peers[instance]?.heardAt = now
    }

    /// A peer has announced its end.
    ///
    /// - Returns: Whether it was known.
    mutating func left(_ instance: String, _ origin: BusOrigin) -> Bool {
        guard self.peers[instance]?.origin == origin else { return false }
        self.peers[instance] = nil
        return true
    }

    /// Forgets those that have not been heard from for too long.
    ///
    /// - Parameter since: Since when this instance has been able to hear anything; peers are not forgotten for silence
    ///   before that.
    /// - Returns: Their names.
    mutating func forgetLost(since: Instant, at now: Instant) -> [String] {
        let oldest = self.limits.forgetAfter
        let lost = self.peers.filter { now - max($0.value.heardAt, since) >= oldest }.map(\.key)
        for instance in lost {
            self.peers[instance] = nil
        }
        return lost.sorted()
    }
}
