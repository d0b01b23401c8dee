import ByteKernels
import Foundation
import HTTP
import HTTPServer

/// Where the next page of a list begins; a text for clients, who pass it back as it is.
///
/// Belongs to one list with one order, filter and scope, and for a list of one instance to that instance.
package struct ListCursor: Codable, Sendable {
    /// Of what makes the list what it is.
    let list: String
    let place: ListPlace

    var text: String {
        let bytes = ManagementJSON.encode(self)
        return Base64.url.encode(bytes.span)
    }

    init(list: String, place: ListPlace) {
        self.list = list
        self.place = place
    }

    init(_ text: String) throws(ParameterFault) {
        let bytes = Array(text.utf8)
        guard bytes.count <= 2048, let decoded = Base64.url.decode(bytes.span),
            let cursor = try? JSONDecoder().decode(ListCursor.self, from: Data(decoded))
        else { throw ParameterFault("what this list gave as cursor, unchanged") }
        self = cursor
    }

    /// The fingerprint of the list that a request asks for.
    ///
    /// - Parameter instance: The instance whose list it is; `nil` for the fleet's.
    static func list(of request: HTTPRequest, instance: String?) -> String {
        var items: [String] = []
        request.head.target.forEachQueryItem { name, value in
            if name != "cursor", name != "limit" { items.append("\(name.utf8.count):\(name)=\(value)") }
        }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for text in [request.head.target.path, instance ?? ""] + items.sorted() {
            for byte in Array(text.utf8) + [0] {
                hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
            }
        }
        return String(hash, radix: 16)
    }
}
