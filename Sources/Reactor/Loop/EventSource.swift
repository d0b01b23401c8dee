/// The source of an event, in the 64 bits that epoll keeps for each descriptor and returns with its events.
enum EventSource: Equatable {
    case mailbox
    case listener(number: UInt32)
    /// The socket of a client: its place in the slab, and the generation of the socket in that place.
    ///
    /// An event may be fetched before its socket leaves and handled afterwards, so the place alone is not enough.
    case socket(slot: UInt32, generation: UInt32)

    init(token: UInt64) {
        let number = UInt32(truncatingIfNeeded: token)
        let generation = UInt32(truncatingIfNeeded: token >> 32)
        if generation != 0 {
            self = .socket(slot: number, generation: generation)
        } else {
            self = number == 0 ? .mailbox : .listener(number: number)
        }
    }

    var token: UInt64 {
        switch self {
        case .mailbox: 0
        case .listener(let number): UInt64(number)
        case .socket(let slot, let generation): UInt64(generation) << 32 | UInt64(slot)
        }
    }
}
