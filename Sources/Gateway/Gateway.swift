package import Instruments
import Management
import Messaging
package import Observability
package import Reactor
import Rooms
import Sessions

/// A whole gateway: builds the parts from settings, starts them in order, drains them in reverse.
package final class Gateway: Sendable {
    package static let version = Version.number

    package let instance: String
    /// Where clients connect, with the real port if 0 was asked for.
    package let publicAddress: SocketAddress
    package let managementAddress: SocketAddress

    let log: EventLog
    let drain: Drain
    private let broker: any Broker
    private let hub: RoomHub
    private let clients: [ClientLoop]
    private let management: ManagementLoop

    /// Claims the ports, builds everything and starts listening.
    ///
    /// - Parameter writer: The writer whose dropped lines are counted; `nil` if the log goes nowhere.
    package init(_ settings: GatewaySettings, log: EventLog, writer: LogWriter? = nil) throws(GatewayFault) {
        var publicPort = try settings.publicListener.claim("public")
        var managementPort = try settings.managementListener.claim("management")
        self.log = log
        self.publicAddress = publicPort.address
        self.managementAddress = managementPort.address
        self.instance = InstanceName.make(managementPort: managementPort.address.port)

        let directory = RoomDirectory()
        let users = UserDirectory()
        let budget = QueueBudget(limit: settings.engine.queueTotalBytes)
        do throws(ReactorError) {
            self.broker = try Brokers.make(
                settings.broker,
                instance: self.instance,
                key: settings.cluster.key(managementToken: settings.management.token),
                loopIndex: settings.engine.loops + 1,
                log: log
            )
            let shared = ClientLoop.Shared(
                instance: self.instance,
                settings: settings,
                directory: directory,
                broker: self.broker,
                reconnects: ReconnectStore(window: settings.sessions.reconnectWindow),
                users: users,
                budget: budget,
                log: log
            )
            var clients: [ClientLoop] = []
            for index in 0..<settings.engine.loops {
                clients.append(try ClientLoop(index: index, shared))
            }
            self.clients = clients
        } catch {
            throw GatewayFault(engine: error)
        }
        self.drain = Drain(self.clients, settings.drain, log: log)
        self.hub = RoomHub(directory: directory, budget: budget)
        self.hub.connect(self.clients.map(\.shard))
        self.management = try ManagementLoop(
            index: settings.engine.loops,
            settings,
            clients: self.clients,
            directory: directory,
            users: users,
            instance: self.instance,
            broker: self.broker,
            requests: self.hub.requests,
            drain: self.drain,
            writer: writer,
            log: log
        )
        do throws(ReactorError) {
            for client in self.clients {
                try client.listen(on: try publicPort.open(), log: log)
            }
            try self.management.listen(on: try managementPort.open(), log: log)
        } catch {
            throw GatewayFault(engine: error)
        }
    }

    /// Starts everything: first operators are answered, then the broker connects, then clients are accepted.
    package func start() {
        self.management.start()
        self.broker.start(delivering: self.hub, answering: self.management.desk)
        for client in self.clients {
            client.loop.start()
        }
        self.management.noteStarted()
        self.log.write(
            GatewayEvent.started,
            [
                (.address, .text("\(self.publicAddress)")),
                (.managementAddress, .text("\(self.managementAddress)")),
                (.broker, .text(self.broker.name)),
                (.loops, .integer(Int64(self.clients.count))),
                (.version, .text(Version.number)),
            ]
        )
    }

    /// Ends everything at once; open connections are cut.
    ///
    /// After a drain there are none.
    package func stop() async {
        for client in self.clients {
            client.loop.stop()
        }
        for client in self.clients {
            client.loop.join()
        }
        self.broker.stop()
        // Broker, hub and shards refer to each other.
        self.hub.connect([])
        await self.management.stop()
        self.log.write(GatewayEvent.stopped)
    }
}
