import Foundation
import Instruments
import Observability
import Reactor
import UnixSignals

extension Gateway {
    /// Runs a gateway until a signal ends it.
    ///
    /// SIGTERM and SIGINT drain; a second SIGINT quits at once with 130. SIGHUP ends nothing.
    ///
    /// - Returns: The process's exit code: 0 after a drain, 1 where it could not start or failed.
    package static func run(settings: GatewaySettings) async -> Int32 {
        // Until somebody listens for it, too.
        signal(SIGHUP, SIG_IGN)
        if let shortage = Self.shortage(for: settings) {
            FileHandle.standardError.write(Data("atalaya: \(shortage)\n".utf8))
            // To return may take a thread of the task pool, and there may be none.
            exit(1)
        }
        let writer = LogWriter(
            format: settings.log.format,
            instance: InstanceName.make(managementPort: settings.managementListener.port)
        )
        defer { writer.finish() }
        let log = EventLog(threshold: settings.log.level, sink: writer)
        let gateway: Gateway
        do throws(GatewayFault) {
            gateway = try Gateway(settings, log: log, writer: writer)
            writer.rename(gateway.instance)
        } catch {
            log.write(GatewayEvent.failedToStart, [(.error, .text("\(error)"))])
            FileHandle.standardError.write(Data("atalaya: \(error)\n".utf8))
            return 1
        }
        gateway.start()
        await gateway.serveUntilSignal()
        return 0
    }

    /// What the system does not let the process have, although it is needed; `nil` if it has everything.
    private static func shortage(for settings: GatewaySettings) -> String? {
        ProcessLimits.raiseDescriptors()
        let descriptors = ProcessLimits.descriptors
        guard descriptors >= DescriptorShares.minimum else {
            return "\(descriptors) file descriptors are too few; raise the limit (ulimit -n, LimitNOFILE) to at least "
                + "\(DescriptorShares.minimum), better to some more than the clients it is to hold"
        }
        do throws(ReactorError) {
            // One for each loop, the management listener, the log and the broker; the others are those of libraries.
            try ProcessLimits.tryThreads(settings.engine.loops + 8)
        } catch {
            return "\(error)"
        }
        return nil
    }

    /// Waits for the first signal, then lets the clients go; a second SIGINT meanwhile ends the process at once.
    private func serveUntilSignal() async {
        await withTaskGroup(of: Void.self) { tasks in
            let (told, tell) = AsyncStream<Void>.makeStream()
            tasks.addTask {
                var isTold = false
                for await signal in await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup) {
                    guard signal != .sighup else {
                        self.log.write(GatewayEvent.nothingToReload)
                        continue
                    }
                    if isTold, signal == .sigint {
                        exit(130)
                    }
                    isTold = true
                    tell.yield()
                }
            }
            for await _ in told {
                break
            }
            await self.drain.run()
            await self.stop()
            tasks.cancelAll()
        }
    }
}
