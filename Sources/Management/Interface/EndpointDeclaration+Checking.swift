import HTTP
package import HTTPServer
import Notation

extension EndpointDeclaration {
    /// Refuses a request whose parameters are not as declared.
    func check(_ request: HTTPRequest) throws(HTTPProblem) {
        var seen: Set<String> = []
        for (name, value) in self.ignoresOtherParameters ? [] : request.queryItems {
            guard let parameter = self.parameters.first(where: { $0.place == .query && $0.name == name }) else {
                throw self.unknown(name)
            }
            guard seen.insert(name).inserted else {
                throw HTTPProblem(parameter: name, "\(name) is given more than once; give it once")
            }
            if let fault = parameter.fault(value) {
                throw HTTPProblem(fault, name, value)
            }
        }
        for parameter in self.parameters where parameter.place == .path {
            let value = request.parameters[parameter.name]
            if let fault = parameter.fault(value) {
                throw HTTPProblem(fault, parameter.name, value)
            }
        }
        for parameter in self.parameters where parameter.place == .query && parameter.isRequired {
            guard seen.contains(parameter.name) else {
                throw HTTPProblem(parameter: parameter.name, "\(parameter.name) is missing: \(parameter.sentence)")
            }
        }
    }

    private func unknown(_ name: String) -> HTTPProblem {
        let known = self.parameters.filter { $0.place == .query }.map(\.name)
        let remedy =
            known.isEmpty
            ? "this path takes no query parameters" : "this path takes \(known.joined(separator: ", "))"
        let question = Suggestion.question(Suggestion.nearest(to: name, among: known))
        return HTTPProblem(
            parameter: name.shortened,
            "\(QuotedText.quoted(name.shortened)) is no parameter here\(question.isEmpty ? "; " + remedy : question)"
        )
    }
}

extension HTTPProblem {
    fileprivate init(parameter: String, _ detail: String) {
        self.init(.badRequest, detail, members: [("parameter", parameter)])
    }

    init(_ fault: ParameterFault, _ name: String, _ value: String) {
        let question = Suggestion.question(fault.suggestion)
        self.init(
            parameter: name,
            "\(name) is \(QuotedText.quoted(value.shortened)), but must be \(fault.remedy)\(question)"
        )
    }
}

extension HTTPRequest {
    /// The value of a parameter that the endpoint declares.
    package subscript<Value>(parameter: Parameter<Value>) -> Value {
        get throws(HTTPProblem) {
            let name = parameter.declaration.name
            let text =
                parameter.declaration.place == .path
                ? self.parameters[name] : self.head.target.queryValue(name)
            guard let text else {
                if let fallback = parameter.fallback { return fallback }
                throw HTTPProblem(parameter: name, "\(name) is missing: \(parameter.declaration.sentence)")
            }
            do throws(ParameterFault) {
                return try parameter.read(text)
            } catch {
                throw HTTPProblem(error, name, text)
            }
        }
    }

    fileprivate var queryItems: [(name: String, value: String)] {
        var items: [(name: String, value: String)] = []
        self.head.target.forEachQueryItem { items.append((name: $0, value: $1)) }
        return items
    }
}

extension String {
    /// What a client wrote, short enough for a sentence.
    var shortened: String {
        self.unicodeScalars.count <= 100 ? self : String(self.unicodeScalars.prefix(100)) + "…"
    }
}
