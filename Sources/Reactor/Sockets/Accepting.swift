import CLinux

/// One listening socket of a loop.
final class Listener {
    let descriptor: Descriptor
    let accept: (AcceptedSocket) -> (any SocketHandler)?
    let failed: ((AcceptFailure) -> Void)?

    init(
        descriptor: consuming Descriptor,
        accept: @escaping (AcceptedSocket) -> (any SocketHandler)?,
        failed: ((AcceptFailure) -> Void)?
    ) {
        self.descriptor = descriptor
        self.accept = accept
        self.failed = failed
    }
}

/// What a loop keeps for its listening sockets.
struct Accepting {
    var listeners: [UInt32: Listener] = [:]
    var lastListener: UInt32 = 0
    /// A descriptor to be given up when no others are left; -1 while that is the case.
    var spare: Int32 = -1
    /// The first descriptor that clients may not have.
    ///
    /// The kernel hands out the lowest free number, so this one is given only when all those below it are in use.
    var ceiling = Int32.max
    var accepted: UInt64 = 0
    /// How often a listener had to pause.
    var failures: UInt64 = 0
    var refused: UInt64 = 0
}
