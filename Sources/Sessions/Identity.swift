package import Messaging

/// Who a client says it is.
package enum ClientUser: Equatable, Sendable {
    /// Nobody yet: its first command says.
    case unnamed
    /// A user of its own.
    case anonymous
    case named(UserID)
}

/// Who is at the other end, and how it came here.
package struct Identity: Sendable {
    package let connection: ConnectionID
    /// `nil` until the client has a name.
    package private(set) var user: UserID?
    package private(set) var isAnonymous = false
    package let protocolName: ProtocolName
    package let transport: TransportName
    package let remoteAddress: String

    package init(
        connection: ConnectionID,
        user: ClientUser,
        protocolName: ProtocolName,
        transport: TransportName,
        remoteAddress: String
    ) {
        self.connection = connection
        self.protocolName = protocolName
        self.transport = transport
        self.remoteAddress = remoteAddress
        self.name(user)
    }

    mutating func name(_ user: ClientUser) {
        self.isAnonymous = user == .anonymous
        switch user {
        case .unnamed: self.user = nil
        case .anonymous: self.user = UserID(anonymous: self.connection)
        case .named(let user): self.user = user
        }
    }
}
