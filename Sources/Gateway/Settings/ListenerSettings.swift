package import Notation
import Reactor
import Settings

/// The address and port of one listener, for clients or for operators.
package struct ListenerSettings: Sendable {
    /// `nil` for all addresses, IPv4 and IPv6.
    package let host: IPAddress?
    package let port: UInt16

    init(_ group: String, port: UInt16, isForDevelopment: Bool, from settings: inout SettingsReader, _ whose: String) {
        self.host = settings.address(
            "\(group).host",
            default: isForDevelopment ? .loopback : nil,
            shownDefault: "all addresses, IPv4 and IPv6; 127.0.0.1 with --dev",
            "Address to bind for \(whose)."
        )
        self.port = UInt16(
            settings.int(
                "\(group).port",
                default: Int(port),
                atLeast: 0,
                atMost: 65535,
                "Port for \(whose); 0 picks a free one."
            )
        )
    }
}

extension ListenerSettings {
    /// Claims the port, or says why it cannot.
    func claim(_ group: String) throws(GatewayFault) -> ListeningPort {
        do throws(ReactorError) {
            return try ListeningPort.claim(host: self.host.map { "\($0)" }, port: self.port)
        } catch {
            if case .addressInUse(let address) = error {
                throw .portTaken(listener: group, address: address)
            }
            throw .cannotListen(listener: group, reason: "\(error)")
        }
    }
}
