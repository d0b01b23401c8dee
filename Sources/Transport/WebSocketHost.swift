import HTTPServer
package import Instruments
import Messaging
package import Reactor
package import Sessions
import WebSocket

/// What the WebSocket connections of one event loop share.
package final class WebSocketHost {
    package let loop: EventLoop
    package let registry: SessionRegistry
    package let settings: TransportSettings
    package let handshakes: HandshakeLog
    let frames = FrameEncoder(role: .server)
    package private(set) var rejected = PerCase<HandshakeRejection, UInt64>(repeating: 0)
    private var taken = HandshakeDurations()
    /// Set once the instance accepts no more clients.
    package var isDraining = false
    /// The text of the current answer and its frame; reused by all connections.
    var text: [UInt8] = []
    var frame: [UInt8] = []
    /// Publishers that are not read while the instance's send queues are too full.
    private var held: [ConnectionHandle] = []

    package init(loop: EventLoop, registry: SessionRegistry, settings: TransportSettings) {
        self.loop = loop
        self.registry = registry
        self.settings = settings
        self.handshakes = HandshakeLog(registry.log)
    }

    func noteRejected(_ refusal: UpgradeRefusal, _ peer: SocketAddress) {
        self.rejected[refusal.reason] += 1
        self.handshakes.rejected(refusal, peer)
    }

    /// How long handshakes took until their 101.
    package var durations: HandshakeDurations { self.taken }

    func noteOpened(_ exchange: HTTPExchange, as name: ProtocolName) {
        self.taken.observe(
            name,
            clientCame: exchange.clientCame,
            requestBegan: exchange.requestBegan,
            at: self.loop.now
        )
    }

    /// Makes a publisher wait while the instance holds too much unsent data.
    func holdBack(_ publisher: Session) {
        guard self.loop.hasQueuePressure else { return }
        publisher.hold(.pressure)
        self.held.append(publisher.handle)
    }
}

extension WebSocketHost: PressureObserver {
    package func pressureChanged(_ hasPressure: Bool) {
        guard !hasPressure else { return }
        let held = self.held
        self.held = []
        for publisher in held {
            self.registry.session(of: publisher)?.release(.pressure)
        }
    }
}

@available(*, unavailable) extension WebSocketHost: Sendable {}
