internal import ByteKernels

/// Puts a body of unknown length into chunks (RFC 9112 section 7.1).
package enum ChunkedEncoder {
    /// Appends `data` as one chunk; nothing if it is empty, since an empty chunk ends a body.
    package static func append(_ data: Span<UInt8>, to bytes: inout [UInt8]) {
        guard data.count > 0 else { return }
        bytes.reserveCapacity(bytes.count + data.count + 20)
        bytes.append(contentsOf: String(data.count, radix: 16).utf8)
        bytes.append(HTTPByte.carriageReturn)
        bytes.append(HTTPByte.lineFeed)
        bytes.append(copying: data)
        bytes.append(HTTPByte.carriageReturn)
        bytes.append(HTTPByte.lineFeed)
    }

    /// Appends `data` as it is, for a body that ends with its connection.
    package static func appendBare(_ data: Span<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(copying: data)
    }

    /// Appends the end of a body, without trailers.
    package static func appendEnd(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: "0\r\n\r\n".utf8)
    }
}
