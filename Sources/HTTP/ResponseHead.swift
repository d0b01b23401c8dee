internal import ByteKernels

/// The status line and the fields of an answer.
package struct ResponseHead: Sendable {
    package var status: HTTPStatus
    package var headers: HTTPHeaders

    package init(status: HTTPStatus, headers: HTTPHeaders = [:]) {
        self.status = status
        self.headers = headers
    }

    /// Appends the head as it goes over the wire, including the empty line.
    ///
    /// No field is added.
    package func write(into bytes: inout [UInt8]) {
        Self.writeStatusLine(self.status, into: &bytes)
        self.headers.write(into: &bytes)
        bytes.append(HTTPByte.carriageReturn)
        bytes.append(HTTPByte.lineFeed)
    }

    /// Appends `HTTP/1.1 200 OK` and the line end.
    package static func writeStatusLine(_ status: HTTPStatus, into bytes: inout [UInt8]) {
        bytes.append(contentsOf: "HTTP/1.1 ".utf8)
        for divisor: UInt16 in [100, 10, 1] {
            bytes.append(UInt8(ascii: "0") + UInt8(status.code / divisor % 10))
        }
        bytes.append(HTTPByte.space)
        bytes.append(contentsOf: status.reasonPhrase.utf8)
        bytes.append(HTTPByte.carriageReturn)
        bytes.append(HTTPByte.lineFeed)
    }
}

extension HTTPHeaders {
    /// Appends each field as a line, without the empty line at the end.
    package func write(into bytes: inout [UInt8]) {
        let source = self.bytes.span
        for field in self.fields {
            bytes.append(copying: source.extracting(field.name))
            bytes.append(HTTPByte.colon)
            bytes.append(HTTPByte.space)
            bytes.append(copying: source.extracting(field.value))
            bytes.append(HTTPByte.carriageReturn)
            bytes.append(HTTPByte.lineFeed)
        }
    }
}
