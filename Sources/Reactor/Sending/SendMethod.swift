/// How the same bytes get to many connections.
package enum SendMethod: String, CaseIterable, Sendable {
    /// io_uring where the kernel lets us, otherwise `send`.
    case auto
    /// One `send(2)` a member: the reference.
    case send
    /// The sends of a tick in one system call.
    case ioUring = "io_uring"
}
