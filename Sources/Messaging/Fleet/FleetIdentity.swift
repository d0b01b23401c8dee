/// How an instance is known to its fleet.
package struct FleetIdentity: Sendable {
    package let origin: BusOrigin
    /// Its name, in a form allowed in messages.
    package let instance: String
    /// The version of its build.
    package let build: String
    let key: FleetKey?

    /// - Parameters:
    ///   - instance: Any name: characters not allowed in messages are replaced.
    ///   - build: Likewise.
    ///   - key: `nil`: nothing is signed, and no commands are sent or obeyed.
    package init(origin: BusOrigin = .random(), instance: String, build: String, key: FleetKey?) {
        self.origin = origin
        self.instance = FleetMessage.fit(instance, atMost: FleetMessage.maximumNameBytes)
        self.build = FleetMessage.fit(build, atMost: FleetMessage.maximumBuildBytes)
        self.key = key
    }

    /// The answers to a question that could not even be put to this instance.
    package var unheard: FleetAnswers {
        FleetAnswers([(self.instance, .refused(.failed))], isEverybody: false)
    }
}

/// A message on its way to the bus, if it matters what becomes of it.
package enum FleetPost: Hashable, Sendable {
    case question(FleetNonce)
    case reply(FleetTicket)
    case other
}

/// What must be logged about the fleet.
package enum FleetNote: Equatable, Sendable {
    case peerCame(String, build: String)
    case peerLeft(String)
    case peerLost(String)
    case rejected(FleetRejection)
    case questionRefused
}
