/// The ciphers of a loop's connections, by slot, and their working memory; empty while there are none.
final class CipherTable {
    private var sockets: [CipheredSocket?] = []
    private(set) lazy var room = CipherRoom()

    func socket(at slot: UInt32) -> CipheredSocket? {
        slot < self.sockets.count ? self.sockets[Int(slot)] : nil
    }

    func set(_ socket: CipheredSocket, at slot: UInt32) {
        while self.sockets.count <= slot {
            self.sockets.append(nil)
        }
        self.sockets[Int(slot)] = socket
    }

    func remove(at slot: UInt32) -> CipheredSocket? {
        slot < self.sockets.count ? exchange(&self.sockets[Int(slot)], with: nil) : nil
    }
}
