/// A value that a request may bring in its path or query: reading it is declared once, and described from that.
package struct Parameter<Value: Sendable>: DeclaredParameter {
    package let declaration: ParameterDeclaration
    /// What counts where the request has none; `nil` if it must have one.
    let fallback: Value?
    let read: @Sendable (String) throws(ParameterFault) -> Value

    /// - Parameters:
    ///   - default: What counts where the request has none; `nil` if it must have one.
    ///   - shownDefault: That value as the description shows it.
    ///   - sentence: What it does, for who calls this interface.
    ///   - read: Gets the decoded text.
    package init(
        _ name: String,
        in place: ParameterDeclaration.Place,
        _ schema: Schema,
        default fallback: Value?,
        shownDefault: JSONNode? = nil,
        _ sentence: String,
        read: @escaping @Sendable (String) throws(ParameterFault) -> Value
    ) {
        self.fallback = fallback
        self.read = read
        self.declaration = ParameterDeclaration(
            name: name,
            place: place,
            schema: schema,
            isRequired: fallback == nil,
            shownDefault: shownDefault,
            sentence: sentence
        ) { text in
            do throws(ParameterFault) {
                _ = try read(text)
                return nil
            } catch {
                return error
            }
        }
    }
}

/// Why a text is not a value of its parameter.
package struct ParameterFault: Error, Sendable {
    /// What it must be, such as `a whole number from 1 to 1000`.
    package let remedy: String
    /// What was probably meant.
    package let suggestion: String?

    package init(_ remedy: String, suggestion: String? = nil) {
        self.remedy = remedy
        self.suggestion = suggestion
    }
}

/// A parameter without its type.
package protocol DeclaredParameter: Sendable {
    var declaration: ParameterDeclaration { get }
}

/// What is said about a parameter in the description and in problems.
package struct ParameterDeclaration: Sendable {
    package enum Place: String, Sendable {
        case path
        case query
    }

    package let name: String
    package let place: Place
    package let schema: Schema
    package let isRequired: Bool
    let shownDefault: JSONNode?
    let sentence: String
    /// What is wrong with a text; `nil` if nothing is.
    let fault: @Sendable (String) -> ParameterFault?
}
