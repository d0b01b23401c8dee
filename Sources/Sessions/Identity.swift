package import Messaging

/// Who a client says it is.
package enum ClientUser: Equatable, Sendable {
    /// Not known yet: its first command will say.
    case unnamed
    /// A user of its own.
    case anonymous
    case named(UserID)
}

/// Who is at the other end, and how it connected.
package struct Identity: Sendable {
    package let connection: ConnectionID
    /// `nil` until the client has a name.
    package let user: UserID?
    package let isAnonymous: Bool
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
        self.isAnonymous = user == .anonymous
        self.user =
            switch user {
            case .unnamed: nil
            case .anonymous: UserID(anonymous: connection)
            case .named(let user): user
            }
    }

    private init(_ other: Identity, user: UserID) {
        self.connection = other.connection
        self.user = user
        self.isAnonymous = other.isAnonymous
        self.protocolName = other.protocolName
        self.transport = other.transport
        self.remoteAddress = other.remoteAddress
    }

    /// The same connection's, which continues an earlier one of this user.
    func resumed(_ user: UserID) -> Identity {
        Identity(self, user: user)
    }

    /// The identity of the same connection, now that its user is known.
    func named(_ user: ClientUser) -> Identity {
        Identity(
            connection: self.connection,
            user: user,
            protocolName: self.protocolName,
            transport: self.transport,
            remoteAddress: self.remoteAddress
        )
    }
}
