package import HTTPServer
package import Management
package import Observability
package import Sessions
package import Settings
package import Transport

/// All settings of a gateway; reading them declares them.
package struct GatewaySettings: Sendable {
    /// Anonymous users who may name themselves, the demo page, `/echo`, human-readable logs.
    package let isForDevelopment: Bool
    package let publicListener: ListenerSettings
    package let managementListener: ListenerSettings
    package let management: ManagementSettings
    package let engine: EngineSettings
    package let broker: BrokerSettings
    package let cluster: ClusterSettings
    package let sessions: SessionSettings
    package let http: HTTPServerLimits
    package let transport: TransportSettings
    package let drain: DrainSettings
    package let series: SeriesSettings
    package let log: LogSettings
    /// A fingerprint of all effective values, for `config_info`.
    package let fingerprint: String

    /// Keys in which instances of one fleet may differ, for example on one machine.
    private static let ownKeys: Set<String> = ["public.host", "public.port", "management.host", "management.port"]

    /// - Parameter isToServe: Whether a gateway will run with them. To only talk to a gateway, it is not necessary to
    ///   say who may connect.
    package init(from settings: inout SettingsReader, isForDevelopment: Bool, isToServe: Bool = true) {
        self.isForDevelopment = isForDevelopment
        self.publicListener = ListenerSettings(
            "public",
            port: 8080,
            isForDevelopment: isForDevelopment,
            from: &settings,
            "client connections"
        )
        self.managementListener = ListenerSettings(
            "management",
            port: 9090,
            isForDevelopment: isForDevelopment,
            from: &settings,
            "operators, probes and Prometheus"
        )
        self.management = ManagementSettings(from: &settings)
        self.engine = EngineSettings(from: &settings)
        self.broker = BrokerSettings(from: &settings)
        self.cluster = ClusterSettings(from: &settings)
        self.sessions = SessionSettings(from: &settings)
        self.http = HTTPServerLimits(from: &settings)
        self.transport = TransportSettings(from: &settings)
        self.drain = DrainSettings(from: &settings)
        self.series = SeriesSettings(from: &settings)
        Self.readAuthentication(from: &settings, mustBeSet: isToServe && !isForDevelopment)
        self.log = LogSettings(from: &settings, isForDevelopment: isForDevelopment)
        self.fingerprint = settings.fingerprint(leavingOut: Self.ownKeys)
        if self.publicListener.port != 0, self.publicListener.port == self.managementListener.port {
            settings.refuse("management.port", "must differ from public.port")
        }
    }

    /// Anonymous users are only let in if an operator has said so.
    private static func readAuthentication(from settings: inout SettingsReader, mustBeSet: Bool) {
        let mode = settings.optionalString(
            "auth.mode",
            shownDefault: "none: the gateway does not start without --dev",
            "Who may connect; anonymous lets everybody in, each as a user of its own."
        )
        if let mode, mode != "anonymous" {
            settings.refuse("auth.mode", "must be anonymous, the only mode of this build")
        } else if mode == nil, mustBeSet, !settings.isFileUnreadable {
            settings.refuse(
                "auth.mode",
                "must be set to anonymous to let everybody in, or start with --dev to try things"
            )
        }
    }
}
