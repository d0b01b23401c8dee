/// A piece of a JSON document that is put together by hand, such as the description of this interface.
package indirect enum JSONNode: Sendable, Equatable {
    case text(String)
    case integer(Int)
    case decimal(Double)
    case flag(Bool)
    case list([JSONNode])
    case object([String: JSONNode])
}

extension JSONNode: Encodable {
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .integer(let number): try container.encode(number)
        case .decimal(let number): try container.encode(number)
        case .flag(let flag): try container.encode(flag)
        case .list(let nodes): try container.encode(nodes)
        case .object(let members): try container.encode(members)
        }
    }
}

extension JSONNode: ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    package init(stringLiteral text: String) {
        self = .text(text)
    }

    package init(arrayLiteral nodes: JSONNode...) {
        self = .list(nodes)
    }

    package init(dictionaryLiteral members: (String, JSONNode)...) {
        self = .object(Dictionary(members) { _, last in last })
    }
}
