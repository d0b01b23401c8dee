package import Instruments
package import Messaging

/// The languages that this gateway speaks.
package enum SpokenProtocols {
    /// The first one is used for clients that offer no subprotocol.
    package static let all: [any ClientProtocol.Type] = [Plain.self, Native.self]

    /// By name; each has its entry in `all`.
    package static let byName = PerCase<ProtocolName, any ClientProtocol.Type> { name in
        guard let language = all.first(where: { $0.name == name }) else {
            preconditionFailure("every protocol has its entry in SpokenProtocols.all")
        }
        return language
    }

    package static let traits = PerCase<ProtocolName, ProtocolTraits> { byName[$0].traits }

    package static var subprotocols: [String] { self.all.flatMap { $0.subprotocols } }

    /// The language of the first offered subprotocol, in the client's order, that is spoken here; never of a `bearer.`
    /// entry.
    ///
    /// - Returns: `nil` if something is offered and none of it is spoken here.
    package static func choose(
        of offers: [String]
    ) -> (language: any ClientProtocol.Type, subprotocol: String?)? {
        guard !offers.isEmpty else { return (self.all[0], nil) }
        for offer in offers {
            if let language = self.all.first(where: { $0.subprotocols.contains(offer) }) { return (language, offer) }
        }
        return nil
    }
}
