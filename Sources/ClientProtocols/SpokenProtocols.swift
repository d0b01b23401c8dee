package import Instruments
package import Messaging

/// The languages that this gateway speaks.
package enum SpokenProtocols {
    /// The first is spoken with clients that offer no subprotocol.
    package static let all: [any ClientProtocol.Type] = [Plain.self, Native.self]

    /// By their names: each has its entry in `all`.
    package static let byName = PerCase<ProtocolName, any ClientProtocol.Type> { name in
        guard let language = all.first(where: { $0.name == name }) else {
            preconditionFailure("every protocol has its entry in SpokenProtocols.all")
        }
        return language
    }

    package static let traits = PerCase<ProtocolName, ProtocolTraits> { byName[$0].traits }

    package static var subprotocols: [String] { self.all.flatMap { $0.subprotocols } }

    /// The language of the first subprotocol of an offer, in the client's order, that is spoken here; a `bearer.` entry
    /// never is.
    ///
    /// - Returns: `nil` where something is offered and nothing of it is spoken.
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
