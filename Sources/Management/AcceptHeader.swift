package import HTTP
import Notation

/// What an `Accept` or `Accept-Encoding` field requests: ranges with parameters and weights (RFC 9110 section 12.5).
package struct AcceptHeader: Sendable {
    struct Range: Sendable {
        let type: String
        let subtype: String
        let parameters: [String: String]
        let weight: Double
    }

    /// A media type that can be offered; a range must not contradict its parameters.
    package struct Offer: Sendable {
        package let type: String
        package let subtype: String
        package let version: String?

        package init(_ type: String, _ subtype: String, version: String? = nil) {
            self.type = type
            self.subtype = subtype
            self.version = version
        }
    }

    private let ranges: [Range]

    /// Reads a field: several lines count as one, and invalid elements are skipped.
    ///
    /// Without `Accept` every type is acceptable; without the other fields, only what is always acceptable.
    package init(_ headers: HTTPHeaders, _ name: String = "Accept") {
        let text = headers[name] ?? (name == "Accept" ? "*/*" : "")
        self.ranges = text.splitOutsideQuotes(at: ",").compactMap { element in
            let pieces = element.splitOutsideQuotes(at: ";").map(\.withoutBlanks)
            guard let range = pieces.first?.lowercased(), !range.isEmpty else { return nil }
            let names = range.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            var parameters: [String: String] = [:]
            for piece in pieces.dropFirst() {
                let pair = piece.split(separator: "=", maxSplits: 1)
                guard pair.count == 2 else { continue }
                parameters[pair[0].withoutBlanks.lowercased()] = pair[1].withoutBlanks.unquoted
            }
            let weight = parameters.removeValue(forKey: "q").map { Double($0) ?? 0 } ?? 1
            return Range(
                type: String(names[0]),
                subtype: names.count == 2 ? String(names[1]) : "",
                parameters: parameters,
                weight: weight.isFinite ? min(1, max(0, weight)) : 0
            )
        }
    }

    /// The index of the offer that is preferred most; `nil` if none is acceptable.
    ///
    /// With equal weights, the more specific one wins, then the one named first, then the first offer.
    package func best(of offers: [Offer]) -> Int? {
        var best: (offer: Int, weight: Double, exactness: Int, place: Int)?
        for (index, offer) in offers.enumerated() {
            var match: (weight: Double, exactness: Int, place: Int)?
            for (place, range) in self.ranges.enumerated() {
                guard let exactness = range.exactness(for: offer) else { continue }
                if match.map({ exactness > $0.exactness }) ?? true { match = (range.weight, exactness, place) }
            }
            guard let match, match.weight > 0 else { continue }
            let isBetter = best.map { best in
                (match.weight, match.exactness, best.place) > (best.weight, best.exactness, match.place)
            }
            if isBetter ?? true { best = (index, match.weight, match.exactness, match.place) }
        }
        return best?.offer
    }

    /// Whether a content coding is preferred at least as much as none.
    package func prefers(coding: String) -> Bool {
        func weight(_ name: String) -> Double? { self.ranges.first { $0.type == name }?.weight }
        guard let wanted = weight(coding) ?? weight("*"), wanted > 0 else { return false }
        return wanted >= (weight("identity") ?? 0)
    }
}

extension AcceptHeader.Range {
    /// `nil` if the range does not include the offer; higher if the range is more specific.
    fileprivate func exactness(for offer: AcceptHeader.Offer) -> Int? {
        switch (self.type, self.subtype) {
        case ("*", "*"): return 0
        case (offer.type, "*"): return 1
        case (offer.type, offer.subtype):
            guard let version = self.parameters["version"] else { return 2 }
            return version == offer.version ? 3 : nil
        default: return nil
        }
    }
}

extension StringProtocol {
    fileprivate func splitOutsideQuotes(at separator: Character) -> [String] {
        var pieces = [""]
        var isQuoted = false
        for character in self {
            if character == "\"" { isQuoted.toggle() }
            if character == separator, !isQuoted {
                pieces.append("")
            } else {
                pieces[pieces.count - 1].append(character)
            }
        }
        return pieces
    }
}

extension String {
    fileprivate var unquoted: String {
        self.count >= 2 && self.first == "\"" && self.last == "\"" ? String(self.dropFirst().dropLast()) : self
    }
}
