import Foundation

/// The name of this process among its peers.
enum InstanceName {
    /// The pod's name in Kubernetes (its host name there), elsewhere `<host name>-<management port>`, so that several
    /// instances on one machine can be told apart.
    static func make(
        managementPort: UInt16,
        environment: [String: String] = ProcessInfo.processInfo.environment,
        hostName: String = ProcessInfo.processInfo.hostName
    ) -> String {
        if environment["KUBERNETES_SERVICE_HOST"] != nil {
            return environment["POD_NAME"] ?? environment["HOSTNAME"] ?? hostName
        }
        return "\(hostName)-\(managementPort)"
    }
}
