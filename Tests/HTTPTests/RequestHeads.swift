import TestKit

@testable import HTTP

/// Reads one head from `text`, in one piece.
func readHead(_ text: String, limits: HTTPLimits = HTTPLimits()) -> Result<RequestHead, HTTPError> {
    readHead(Array(text.utf8), limits: limits)
}

func readHead(_ bytes: [UInt8], limits: HTTPLimits = HTTPLimits()) -> Result<RequestHead, HTTPError> {
    var parser = RequestHeadParser(limits: limits)
    do throws(HTTPError) {
        switch try parser.read(bytes.span) {
        case .head(let head, _): return .success(head)
        case .needsMore: return .failure(.malformedRequestLine(at: -1))
        }
    } catch {
        return .failure(error)
    }
}

/// Reads heads and nothing else from pieces; what each head used is dropped, and the rest is read again.
func readHeads(_ pieces: [[UInt8]], limits: HTTPLimits = HTTPLimits()) throws(HTTPError) -> [RequestHead] {
    var parser = RequestHeadParser(limits: limits)
    var heads: [RequestHead] = []
    for piece in pieces {
        var rest = piece
        while !rest.isEmpty {
            guard case .head(let head, let used) = try parser.read(rest.span) else { break }
            heads.append(head)
            rest.removeFirst(used)
        }
    }
    return heads
}

/// What distinguishes one head from another, as text.
func summary(_ head: RequestHead) -> String {
    let fields = (0..<head.headers.count).map { "\(head.headers.name(at: $0))=\(head.headers.value(at: $0))" }
    return "\(head.method.name) \(head.target.text) \(head.version) \(head.framing) \(fields)"
}

extension Array where Element == UInt8 {
    /// Cut at random places.
    func cut(using random: inout SeededGenerator) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var rest = self[...]
        while !rest.isEmpty {
            let count = Int.random(in: 1...Swift.max(1, rest.count / 2), using: &random)
            pieces.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return pieces
    }
}
