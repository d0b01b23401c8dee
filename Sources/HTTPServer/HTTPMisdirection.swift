package import HTTP

/// A request for a path that is not there, or by a method that the path does not support.
///
/// The client hears of "this path"; whoever reads the log wants to know which. The query is left out, since it may hold
/// secrets.
package struct HTTPMisdirection: Error, CustomStringConvertible {
    package let method: HTTPMethod
    package let path: String
    package let status: HTTPStatus

    package var description: String {
        let path = self.path.isEmpty ? "a target without a path" : self.path
        return self.status == .notFound ? "there is nothing at \(path)" : "\(path) does not support \(self.method.name)"
    }
}
