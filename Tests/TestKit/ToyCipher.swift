package import Reactor

/// A cipher that anybody can break, with all the features of a real one.
///
/// Its records have a header (kind, length, number) and at most 1 KiB, xored with a key from the client's hello. A
/// server can seal once it has that hello, and answers it. A record that asks must be answered at once. Goodbye is a
/// record too. Records that are out of order, cut or repeated are a failure.
package final class ToyCipher: Cipher {
    package enum Role {
        case client
        case server
    }

    private enum Kind: UInt8 {
        case hello = 72
        case welcome = 87
        case data = 68
        case question = 63
        case answer = 33
        case goodbye = 71
    }

    package static let largestRecord = 1024
    package static let headerBytes = 5

    /// Our records for the peer, in order.
    package private(set) var answers = 0
    package private(set) var isWelcome = false
    package private(set) var hasHeardGoodbye = false
    package private(set) var isReady = false
    private let role: Role
    private var key: UInt8 = 0
    private var isKeyed = false
    private var sealed: UInt16 = 0
    private var opened: UInt16 = 0
    /// The beginning of a record.
    private var incoming: [UInt8] = []

    package init(_ role: Role) {
        self.role = role
    }

    package func begin(saying output: inout OutputSpan<UInt8>) {
        guard self.role == .client else { return }
        _ = self.write(.hello, [0x5A], into: &output)
        self.key = 0x5A
        self.isKeyed = true
        self.isReady = true
    }

    package func open(
        _ sealed: Span<UInt8>,
        into plain: inout OutputSpan<UInt8>,
        saying output: inout OutputSpan<UInt8>
    ) -> CipherInput {
        for place in sealed.indices {
            self.incoming.append(sealed[place])
        }
        var start = 0
        defer { self.incoming.removeFirst(start) }
        while !self.hasHeardGoodbye, self.incoming.count - start >= ToyCipher.headerBytes {
            let length = Int(self.incoming[start + 1]) << 8 | Int(self.incoming[start + 2])
            let number = UInt16(self.incoming[start + 3]) << 8 | UInt16(self.incoming[start + 4])
            guard number == self.opened, length <= ToyCipher.largestRecord else { return .failed }
            let end = start + ToyCipher.headerBytes + length
            guard end <= self.incoming.count else { break }
            guard let kind = Kind(rawValue: self.incoming[start]) else { return .failed }
            var body: [UInt8] = []
            for place in start + ToyCipher.headerBytes..<end {
                body.append(self.incoming[place] ^ self.key)
            }
            start = end
            self.opened &+= 1
            guard self.take(kind, body, into: &plain, saying: &output) else { return .failed }
        }
        return self.hasHeardGoodbye ? .ended : .open
    }

    private func take(
        _ kind: Kind,
        _ body: [UInt8],
        into plain: inout OutputSpan<UInt8>,
        saying output: inout OutputSpan<UInt8>
    ) -> Bool {
        if kind == .hello {
            guard self.role == .server, !self.isKeyed, body.count == 1 else { return false }
            self.key = body[0]
            self.isKeyed = true
            self.isReady = true
            return self.write(.welcome, [], into: &output)
        }
        guard self.isKeyed else { return false }
        switch kind {
        case .hello: return false
        case .welcome: self.isWelcome = true
        case .data:
            for byte in body {
                plain.append(byte)
            }
        case .question: return self.write(.answer, body, into: &output)
        case .answer: self.answers += 1
        case .goodbye: self.hasHeardGoodbye = true
        }
        return true
    }

    package func seal(_ plain: Span<UInt8>, into record: inout OutputSpan<UInt8>) -> Int {
        var body: [UInt8] = []
        for place in 0..<min(plain.count, ToyCipher.largestRecord) {
            body.append(plain[place])
        }
        return self.write(.data, body, into: &record) ? body.count : 0
    }

    package func sayGoodbye(_ output: inout OutputSpan<UInt8>) {
        _ = self.write(.goodbye, [], into: &output)
    }

    private func write(_ kind: Kind, _ body: [UInt8], into output: inout OutputSpan<UInt8>) -> Bool {
        guard output.freeCapacity >= ToyCipher.headerBytes + body.count else { return false }
        output.append(kind.rawValue)
        for shift in [8, 0] {
            output.append(UInt8(truncatingIfNeeded: body.count >> shift))
        }
        for shift in [8, 0] {
            output.append(UInt8(truncatingIfNeeded: self.sealed >> UInt16(shift)))
        }
        self.sealed &+= 1
        for byte in body {
            output.append(byte ^ self.key)
        }
        return true
    }
}

// For the peer's end, which uses arrays.
extension ToyCipher {
    package func begin() -> [UInt8] {
        [UInt8](capacity: 64) { self.begin(saying: &$0) }
    }

    /// As many records as the bytes need.
    package func seal(_ bytes: [UInt8]) -> [UInt8] {
        var sealed: [UInt8] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(ToyCipher.largestRecord))
            rest = rest.dropFirst(piece.count)
            sealed += [UInt8](capacity: piece.count + ToyCipher.headerBytes) { _ = self.seal(piece.span, into: &$0) }
        }
        return sealed
    }

    package func open(_ sealed: [UInt8]) -> (plain: [UInt8], said: [UInt8], input: CipherInput) {
        var said: [UInt8] = []
        var input = CipherInput.open
        let plain = [UInt8](capacity: sealed.count + ToyCipher.largestRecord) { plain in
            said = [UInt8](capacity: 64 * 1024) { said in
                input = self.open(sealed.span, into: &plain, saying: &said)
            }
        }
        return (plain, said, input)
    }

    /// Asks something that the other side's cipher must answer.
    package func ask(_ body: [UInt8]) -> [UInt8] {
        [UInt8](capacity: body.count + ToyCipher.headerBytes) { _ = self.write(.question, body, into: &$0) }
    }

    package func goodbye() -> [UInt8] {
        [UInt8](capacity: ToyCipher.headerBytes) { self.sayGoodbye(&$0) }
    }
}
