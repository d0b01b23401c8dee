/// The two versions this codec speaks; any other is refused.
package enum HTTPVersion: Sendable {
    case http10
    case http11
}
